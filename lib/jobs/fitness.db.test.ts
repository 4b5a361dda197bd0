import { randomBytes } from "node:crypto";
import { expect, test, vi } from "vitest";
import { findUnfit, openFitness } from "@/lib/jobs/fitness";
import { db } from "@/lib/platform/db";
import { keyProblem, loadInstanceSecret } from "@/lib/platform/instance-secret";
import { ringFrom } from "@/lib/platform/key-ring";
import { log } from "@/lib/platform/log";
import { schemaProblem } from "@/lib/platform/schema";
import { seal } from "@/lib/platform/secret-box";
import { useDatabase } from "@/lib/testing/database";

useDatabase();

const otherRing = ringFrom(randomBytes(32).toString("base64"), "ENCRYPTION_KEY");
/** As an installation with another key has it. */
const sealOtherwise = () =>
  db().instanceSecret.updateMany({ data: { sealedSecret: seal("sessions", "s", otherRing) } });

test("a worker is fit with the key of the installation, and before anything was sealed", async () => {
  expect(await findUnfit()).toBeNull();
  await loadInstanceSecret();
  expect(await keyProblem()).toBeNull();
  await sealOtherwise();
  expect(await keyProblem()).toMatch(
    /^The encryption key here is not the one of this installation: .* Set ENCRYPTION_KEY/,
  );
  await db().instanceSecret.deleteMany();
});

test("a worker of an older version than the database, and one of a newer, are not fit", async () => {
  const applied = (
    await db().$queryRaw<{ name: string }[]>`SELECT migration_name AS name FROM _prisma_migrations`
  ).map(({ name }) => name);
  expect(await schemaProblem(applied)).toBeNull();
  const last = applied.toSorted().at(-1) ?? "";
  expect(await schemaProblem(applied.filter((name) => name !== last))).toBe(
    `The database was changed by a newer version of Tidegate (${last}). Install that version here too.`,
  );
  expect(await schemaProblem([...applied, "29990101000000_later"])).toMatch(
    /^The database lacks changes that this version needs \(29990101000000_later\)\./,
  );
  // one that was begun and never ended is not there
  await db()
    .$executeRaw`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = ${last}`;
  expect(await schemaProblem(applied)).toContain(`lacks changes that this version needs (${last})`);
  await db()
    .$executeRaw`UPDATE _prisma_migrations SET finished_at = now() WHERE migration_name = ${last}`;
});

test("what changes while it works is noticed, and said once", async () => {
  const said = vi.spyOn(log, "error").mockImplementation(() => undefined);
  const again = vi.spyOn(log, "info").mockImplementation(() => undefined);
  await loadInstanceSecret();
  const fitness = openFitness();
  expect(fitness.isFit()).toBe(false);
  expect(await fitness.check()).toBe(true);
  await sealOtherwise();
  for (let looks = 0; looks < 3; looks += 1) expect(await fitness.check()).toBe(false);
  expect(fitness.isFit()).toBe(false);
  expect(said).toHaveBeenCalledTimes(1);
  await db().instanceSecret.deleteMany();
  expect(await fitness.check()).toBe(true);
  expect(again).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});

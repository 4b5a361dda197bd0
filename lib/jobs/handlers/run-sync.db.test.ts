// How the handler ends a run whose own failure the config database refuses.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { handleRunSync } from "@/lib/jobs/handlers/run-sync";
import { db } from "@/lib/platform/db";
import { log } from "@/lib/platform/log";
import { claimRun, requestRun } from "@/lib/runs/mutations";
import { useDatabase } from "@/lib/testing/database";
import { makeConnection, makeMember } from "@/prisma/factories/world";

useDatabase();

const never = new AbortController().signal;
let runId: string;
beforeEach(async () => {
  const { teamId } = await makeMember();
  // its credentials are empty, so that its run can't even begin
  const requested = await requestRun(teamId, await makeConnection(teamId));
  if (!requested) throw new Error("no run");
  runId = requested.runId;
});
afterEach(async () => {
  vi.restoreAllMocks();
  await db().$executeRawUnsafe("ALTER TABLE run DROP CONSTRAINT IF EXISTS refused");
});
const refuse = (condition: string) =>
  db().$executeRawUnsafe(`ALTER TABLE run ADD CONSTRAINT refused CHECK (${condition}) NOT VALID`);
const taken = async () => {
  const claim = await claimRun(runId);
  if (!claim) throw new Error("not claimed");
  return claim;
};
const found = () => db().run.findUniqueOrThrow({ where: { id: runId } });

test("a failure that can be written is", async () => {
  await handleRunSync(await taken(), never);
  expect(await found()).toMatchObject({ state: "failed", attempt: 1 });
  expect(JSON.stringify((await found()).error)).not.toContain("could not be written");
});

test("one that can't be written ends the run all the same, by the same worker, with a line in the log", async () => {
  const lines = vi.spyOn(log, "error").mockImplementation(() => undefined);
  await refuse("error IS NULL OR error->>'message' LIKE '%could not be written down.'");
  await handleRunSync(await taken(), never);
  expect(await found()).toMatchObject({
    state: "failed",
    attempt: 1,
    leaseUntil: null,
    error: { message: "The run failed, and why could not be written down." },
  });
  expect(lines).toHaveBeenCalledWith(
    expect.objectContaining({ runId, of: expect.any(String) as string }),
    "how a run ended could not be written down",
  );
});

test("nothing can be written: the worker doesn't fail, and leaves the run to the next", async () => {
  const lines = vi.spyOn(log, "error").mockImplementation(() => undefined);
  await refuse("state <> 'failed'");
  await handleRunSync(await taken(), never);
  expect(await found()).toMatchObject({ state: "running" });
  expect(lines).toHaveBeenCalledTimes(3);
});

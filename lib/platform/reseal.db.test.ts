import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { db } from "@/lib/platform/db";
import { currentRing, keyFrom } from "@/lib/platform/key-ring";
import { keysInUse, resealAll, sealedColumns } from "@/lib/platform/reseal";
import { open, seal } from "@/lib/platform/secret-box";
import { useDatabase } from "@/lib/testing/database";
import { makeCredential, makeMember } from "@/prisma/factories/world";

useDatabase();

const dir = mkdtempSync(join(tmpdir(), "tidegate-ring-"));
const file = join(dir, "encryption-key");
const key = () => randomBytes(32).toString("base64");
const [old, fresh] = [key(), key()];
beforeAll(() => {
  delete process.env.ENCRYPTION_KEY;
  process.env.ENCRYPTION_KEY_FILE = file;
  writeFileSync(file, `${old}\n`);
});
afterAll(() => rmSync(dir, { recursive: true }));

test("the list names every column of the database that holds something sealed, and no other", async () => {
  const found = await db().$queryRaw<
    { place: string }[]
  >`SELECT table_name || '.' || column_name AS place FROM information_schema.columns WHERE table_schema = 'public' AND column_name LIKE 'sealed%'`;
  expect(found.map(({ place }) => place).sort()).toEqual(
    sealedColumns.map(({ table, column }) => `${table}.${column}`).sort(),
  );
});

test("a key put in front of the file while all runs seals from then on; all is wrapped anew, and then the old key is needed no more", async () => {
  const { teamId } = await makeMember();
  const ids: string[] = [];
  for (let n = 0; n < 1_200; n++)
    ids.push(await makeCredential(teamId, { name: `c${n}`, secret: { password: `p${n}` } }));
  expect(await keysInUse()).toEqual(new Map([[keyFrom(old).id, 1_200]]));

  writeFileSync(file, `${fresh}\n${old}\n`);
  expect(currentRing().map(({ id }) => id)).toEqual([keyFrom(fresh).id, keyFrom(old).id]);
  expect(await resealAll()).toEqual({ resealed: 1_200, failed: [] });
  expect(await keysInUse()).toEqual(new Map([[keyFrom(fresh).id, 1_200]]));
  expect(await resealAll()).toEqual({ resealed: 0, failed: [] });

  for (const [n, id] of ids.entries()) {
    const { sealedSecret } = await db().credential.findUniqueOrThrow({
      where: { id },
      select: { sealedSecret: true },
    });
    expect(open(id, sealedSecret, [keyFrom(fresh)])).toEqual({ password: `p${n}` });
  }
});

test("what does not open is named, left as it was, and holds up nothing else", async () => {
  const { teamId } = await makeMember();
  const [lost, [first]] = [keyFrom(key()), currentRing()];
  const make = async (sealedSecret: string) => {
    const id = await makeCredential(teamId);
    await db().credential.update({ where: { id }, data: { sealedSecret } });
    return id;
  };
  const strange = seal("another row", { password: "x" }, [lost]);
  const unknown = await make(strange);
  const moved = await make(
    seal("another row", { password: "x" }, [first, keyFrom(old)]).replace(
      first.id,
      keyFrom(old).id,
    ),
  );
  const { failed } = await resealAll();
  expect(failed).toHaveLength(2);
  expect(failed.join("\n")).toContain(
    `credential ${unknown}: A secret was sealed with the key ${lost.id}`,
  );
  expect(failed.join("\n")).toContain(`credential ${moved}`);
  expect((await db().credential.findUniqueOrThrow({ where: { id: unknown } })).sealedSecret).toBe(
    strange,
  );
});

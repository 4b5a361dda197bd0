import { expect, test } from "vitest";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { useDatabase } from "@/lib/testing/database";

useDatabase();

const FOREIGN = "a\0b\uD83D";
const VISIBLE = "a␀b\uFFFD";

test("no write and no search fails for what a text holds: in columns, lists, JSON, and within a transaction", async () => {
  const id = newId();
  const team = { id, name: FOREIGN, slug: id };
  await db().team.create({ data: team });
  expect(await db().team.findFirst({ where: { name: FOREIGN } })).toMatchObject({ name: VISIBLE });
  const draft = { role: "source", kind: "redshift", createdBy: FOREIGN, teamId: id };
  await db().$transaction(async (tx) => {
    await tx.draft.create({
      data: { id, ...draft, data: { [FOREIGN]: [FOREIGN, { a: FOREIGN }] } },
    });
    await tx.draft.updateMany({ where: { id }, data: { kind: FOREIGN } });
  });
  expect(await db().draft.findUniqueOrThrow({ where: { id } })).toMatchObject({
    createdBy: VISIBLE,
    kind: VISIBLE,
    data: { [VISIBLE]: [VISIBLE, { a: VISIBLE }] },
  });
});

test("dates and nulls go through as they are", async () => {
  const id = newId();
  const at = new Date("2026-01-02T03:04:05.678Z");
  await db().team.create({ data: { id, name: "Team", slug: id, logo: null, createdAt: at } });
  expect(await db().team.findUniqueOrThrow({ where: { id } })).toMatchObject({
    logo: null,
    createdAt: at,
  });
});

import { describe, expect, test } from "vitest";
import { db, isDatabaseAway } from "@/lib/platform/db";
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

describe("what says that the database is away, and what says something of what was sent", () => {
  const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => expect.unreachable("it worked"),
      (error: unknown) => error,
    );
  const raised = (state: string) =>
    failureOf(
      db().$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${state}'; END $$`),
    );

  test.each(["57P03", "57P01", "57P02", "53300", "53100", "25006", "40001", "08006", "58030"])(
    "away: %s",
    async (state) => {
      expect(isDatabaseAway(await raised(state))).toBe(true);
    },
  );
  test.each(["22021", "22001", "23505", "23514", "42P01", "42703", "54000"])(
    "of what was sent: %s",
    async (state) => {
      expect(isDatabaseAway(await raised(state))).toBe(false);
    },
  );
  test("a connection that ends, also within a transaction", async () => {
    const end = "SELECT pg_terminate_backend(pg_backend_pid())";
    expect(isDatabaseAway(await failureOf(db().$executeRawUnsafe(end)))).toBe(true);
    const within = db().$transaction(async (tx) => {
      await tx.$executeRawUnsafe(end).catch(() => undefined);
      await tx.team.count();
    });
    expect(isDatabaseAway(await failureOf(within))).toBe(true);
  });
  test("a fault of our own code is none of these", async () => {
    expect(isDatabaseAway(new TypeError("undefined is not a function"))).toBe(false);
    expect(isDatabaseAway("away")).toBe(false);
    const unknown = db().team.findFirst({ where: { nothing: 1 } as object });
    expect(isDatabaseAway(await failureOf(unknown))).toBe(false);
  });
});

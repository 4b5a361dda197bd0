import { expect, test } from "vitest";
import { listAudit, readAudit } from "@/lib/audit/data";
import { audit, sweepAudit } from "@/lib/audit/mutations";
import { auditCursorSchema, cursorOf, filterOf } from "@/lib/audit/schema";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { useDatabase } from "@/lib/testing/database";
import { makeMember } from "@/prisma/factories/world";

useDatabase();

const DAY_MS = 24 * 3600_000;
const line = {
  action: "changed",
  subjectType: "source",
  subjectId: null,
  subjectName: "People",
} as const;

test("an entry can't be changed, deleted or truncated, by whatever way", async () => {
  const actor = await makeMember();
  await audit(undefined, actor, line);
  const entry = await db().auditEntry.findFirstOrThrow({ where: { teamId: actor.teamId } });
  await expect(
    db().auditEntry.update({ where: { id: entry.id }, data: { actorName: "Somebody else" } }),
  ).rejects.toThrow(/append-only/);
  await expect(db().auditEntry.delete({ where: { id: entry.id } })).rejects.toThrow(/append-only/);
  await expect(db().$executeRaw`TRUNCATE audit_entry`).rejects.toThrow(/append-only/);
  await expect(db().team.delete({ where: { id: actor.teamId } })).rejects.toThrow(/append-only/);
  // not even under the retention's own setting, while it is young
  await expect(
    db().$transaction(async (tx) => {
      await tx.$executeRaw`SELECT set_config('tidegate.audit_days', '30', true)`;
      await tx.auditEntry.delete({ where: { id: entry.id } });
    }),
  ).rejects.toThrow(/append-only/);
  await expect(
    db().$transaction(async (tx) => {
      await tx.$executeRaw`SELECT set_config('tidegate.audit_days', '0', true)`;
      await tx.auditEntry.delete({ where: { id: entry.id } });
    }),
  ).rejects.toThrow(/append-only/);
  expect(await db().auditEntry.findUnique({ where: { id: entry.id } })).toEqual(entry);
});

test("what is older than AUDIT_DAYS goes, and that it went is an entry", async () => {
  const actor = await makeMember();
  const row = (days: number) => ({
    id: newId(),
    teamId: actor.teamId,
    actorId: actor.userId,
    actorName: actor.name,
    action: "changed",
    subjectType: "source",
    subjectName: `${days} days`,
    at: new Date(Date.now() - days * DAY_MS),
  });
  await db().auditEntry.createMany({ data: [row(400), row(366), row(364), row(1)] });
  await sweepAudit({ now: () => new Date() });
  const left = await listAudit(actor.teamId, filterOf({}));
  expect(left.map(({ subjectName }) => subjectName)).toEqual(["Audit log", "1 days", "364 days"]);
  expect(left[0]).toMatchObject({
    action: "deleted",
    actorId: null,
    actorName: "Tidegate",
    detail: { entries: 2, olderThanDays: 365 },
  });
});

test("pages follow on each other without a gap, also where many entries are of one moment", async () => {
  const actor = await makeMember();
  const at = new Date("2026-03-01T10:00:00Z");
  await db().auditEntry.createMany({
    data: Array.from({ length: 1_203 }, (_, n) => ({
      id: newId(),
      teamId: actor.teamId,
      actorId: actor.userId,
      actorName: actor.name,
      action: "changed",
      subjectType: "source",
      subjectName: `n${n}`,
      at,
    })),
  });
  const seen = new Set<string>();
  for (let after = undefined as string | undefined; ;) {
    const page = await listAudit(
      actor.teamId,
      filterOf({}),
      after ? auditCursorSchema.parse(after) : undefined,
    );
    for (const { id } of page) seen.add(id);
    const last = page.at(-1);
    if (!last) break;
    after = cursorOf(last);
  }
  expect(seen.size).toBe(1_203);
  let exported = 0;
  for await (const entry of readAudit(actor.teamId, filterOf({})))
    exported += seen.has(entry.id) ? 1 : 0;
  expect(exported).toBe(1_203);
});

test("search and filters are the server's, wildcards are plain text, and another team's entries are not found", async () => {
  const [actor, stranger] = [
    await makeMember({ name: "Ida" }),
    await makeMember({ name: "Strange" }),
  ];
  await audit(undefined, actor, { ...line, subjectName: "100% of it" });
  await audit(undefined, actor, {
    ...line,
    subjectType: "run",
    subjectName: "Nightly",
    result: "failed",
  });
  await audit(undefined, stranger, { ...line, subjectName: "100% of theirs" });
  const names = async (params: Record<string, string>) =>
    (await listAudit(actor.teamId, filterOf(params))).map(({ subjectName }) => subjectName);
  expect(await names({ q: "100%" })).toEqual(["100% of it"]);
  expect(await names({ q: "%" })).toEqual(["100% of it"]);
  expect(await names({ q: "_" })).toEqual([]);
  expect(await names({ q: "ida" })).toHaveLength(2);
  expect(await names({ result: "failed" })).toEqual(["Nightly"]);
  expect(await names({ what: "run" })).toEqual(["Nightly"]);
  expect(await names({ what: "'; DROP TABLE audit_entry --" })).toHaveLength(2);
  expect(await names({ who: stranger.userId })).toEqual([]);
  expect(await names({ from: "2001-01-01", to: "2001-01-02" })).toEqual([]);
});

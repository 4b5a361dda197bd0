import { expect, test } from "vitest";
import { db } from "@/lib/platform/db";
import { spend, sweepLimits, tryWithin } from "@/lib/platform/rate-limit";
import { ok, refused } from "@/lib/platform/result";
import { useDatabase } from "@/lib/testing/database";

useDatabase();

const wrong = () => Promise.resolve(refused("wrong"));
const right = () => Promise.resolve(ok(null));

test("the sixth wrong try of an account from an address is refused, with the time to wait; others go on", async () => {
  const tries = async (count: number, key: string) => {
    const told: string[] = [];
    for (let at = 0; at < count; at += 1) {
      const outcome = await tryWithin([["sign-in", key]], wrong);
      told.push(outcome.ok ? "in" : outcome.reason);
    }
    return told;
  };
  const told = await tries(10, "mira|1.1.1.1");
  expect(told.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "wrong"));
  for (const reason of told.slice(5))
    expect(reason).toMatch(/^Too many tries\. Try again in (\d+ minutes|\d+ seconds)\.$/);
  expect(await tries(1, "mira|2.2.2.2")).toEqual(["wrong"]);
});

test("tries at the same moment count too", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => tryWithin([["sign-in", "at-once"]], wrong)),
  );
  expect(outcomes.filter((outcome) => !outcome.ok && outcome.reason === "wrong")).toHaveLength(5);
});

test("a right try forgives the wrong ones before it, but not those of others from the same address", async () => {
  for (let at = 0; at < 4; at += 1)
    await tryWithin(
      [
        ["sign-in", "forgiven"],
        ["sign-in by address", "3.3.3.3"],
      ],
      wrong,
    );
  expect(
    await tryWithin(
      [
        ["sign-in", "forgiven"],
        ["sign-in by address", "3.3.3.3"],
      ],
      right,
    ),
  ).toEqual(ok(null));
  for (let at = 0; at < 5; at += 1)
    expect(await tryWithin([["sign-in", "forgiven"]], wrong)).toMatchObject({ reason: "wrong" });
  for (let at = 0; at < 26; at += 1)
    expect(await spend("sign-in by address", "3.3.3.3")).toEqual(ok(null));
  expect(await spend("sign-in by address", "3.3.3.3")).toMatchObject({ ok: false });
});

test("a window ends, and what is kept says neither who nor from where", async () => {
  for (let at = 0; at < 6; at += 1) await spend("link", "ann@example.com");
  const rows = await db().rateLimit.findMany();
  expect(rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toMatch(/ann@example|1\.1\.1\.1/);
  await db().rateLimit.updateMany({ data: { expire: new Date(Date.now() - 1000) } });
  expect(await tryWithin([["sign-in", "mira|1.1.1.1"]], wrong)).toMatchObject({ reason: "wrong" });
  await sweepLimits();
  expect(await db().rateLimit.count()).toBe(1);
});

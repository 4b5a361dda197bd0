import { beforeEach, expect, test } from "vitest";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { askedBy, enterWarehouse, streamAskedBy, takePlaces } from "@/lib/platform/places";
import { ok, type Result } from "@/lib/platform/result";
import { useDatabase } from "@/lib/testing/database";

useDatabase();
beforeEach(() => db().rateLimit.deleteMany());

/** Requests that are under way until they are told to end. */
function requests() {
  const ends: (() => void)[] = [];
  const under = (userId: string, teamId: string, address: string): Promise<Result<null>> =>
    new Promise((entered, fail) => {
      askedBy({ userId, teamId }, async () => {
        entered(await enterWarehouse(address));
        await new Promise<void>((end) => ends.push(end));
      }).catch(fail);
    });
  return {
    under,
    endAll: async () => {
      for (const end of ends.splice(0)) end();
      await new Promise((done) => setImmediate(done));
    },
  };
}
const count = (outcomes: Result<unknown>[]) => outcomes.filter((outcome) => outcome.ok).length;
const many = <T>(times: number, make: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, (_, at) => make(at)));

test("of 150 requests of one person at once eight use the warehouse; the others hear when to try again", async () => {
  const { under, endAll } = requests();
  const outcomes = await many(150, () => under("ann", "team", "warehouse:5439"));
  expect(count(outcomes)).toBe(8);
  expect(outcomes.find(({ ok: isOk }) => !isOk)).toEqual({
    ok: false,
    reason:
      "You have asked the warehouse for much at once, and it is still busy. Try again in 2 seconds.",
    retryAfterS: 2,
  });
  await endAll();
  expect(await under("ann", "team", "warehouse:5439")).toEqual(ok(null));
  await endAll();
});

test("a team has its own limit, and a warehouse has one for all teams", async () => {
  const { under, endAll } = requests();
  const [team, other] = [newId(), newId()];
  const ofTeam = await many(40, (at) => under(`person-${at}`, team, `host-${at}:5439`));
  expect(count(ofTeam)).toBe(24);
  expect(await under("somebody", other, "host-0:5439")).toEqual(ok(null));
  await endAll();
  const ofWarehouse = await many(40, (at) => under(`person-${at}`, `team-${at}`, "one:5439"));
  expect(count(ofWarehouse)).toBe(16);
  expect(await under("somebody", "a team", "another:5439")).toEqual(ok(null));
  await endAll();
});

test("a request that uses a warehouse several times counts once; what a worker does isn't counted", async () => {
  const { under, endAll } = requests();
  await many(7, () => under("ann", "team", "warehouse:5439"));
  const again = await askedBy({ userId: "ann", teamId: "team" }, () =>
    many(5, () => enterWarehouse("warehouse:5439")),
  );
  expect(count(again)).toBeGreaterThan(0);
  expect(count(await many(50, () => enterWarehouse("warehouse:5439")))).toBe(50);
  await endAll();
});

test("a place is given back when the work throws, and when a stream is left in the middle", async () => {
  for (let round = 0; round < 20; round += 1)
    await expect(
      askedBy({ userId: "ann", teamId: "team" }, async () => {
        expect(await enterWarehouse("warehouse:5439")).toEqual(ok(null));
        throw new Error("lost");
      }),
    ).rejects.toThrow("lost");
  for (let round = 0; round < 20; round += 1) {
    async function* checks() {
      yield await enterWarehouse("warehouse:5439");
      yield ok(null);
    }
    for await (const outcome of streamAskedBy({ userId: "ann", teamId: "team" }, checks())) {
      expect(outcome).toEqual(ok(null));
      break;
    }
  }
});

test("so many in a minute, however few at once: with the time to wait", async () => {
  let refusal: Result<null> = ok(null);
  let served = 0;
  while (refusal.ok && served < 1_000) {
    refusal = await askedBy({ userId: "ann", teamId: "team" }, () => enterWarehouse("w:1"));
    served += refusal.ok ? 1 : 0;
  }
  expect(served).toBe(300);
  expect(refusal).toMatchObject({ reason: expect.stringContaining("Try again in") });
  expect(refusal.ok ? 0 : refusal.retryAfterS).toBeGreaterThan(0);
});

test("ten live views of a person, a hundred of a team; a view that was closed twice frees one place", () => {
  const stream = (person: string) =>
    takePlaces([
      ["stream of person", person],
      ["stream of team", "team"],
    ]);
  const mine = Array.from({ length: 600 }, () => stream("vera"));
  expect(count(mine)).toBe(10);
  const [first] = mine;
  if (!first?.ok) throw new Error("no place");
  first.value();
  first.value();
  expect(count([stream("vera"), stream("vera")])).toBe(1);
  const others = Array.from({ length: 30 }, (_, at) => stream(`p${Math.floor(at / 10)}`));
  expect(count(others)).toBe(30);
});

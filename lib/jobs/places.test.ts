import { expect, test } from "vitest";
import { openPlaces } from "@/lib/jobs/places";

const fail = (error: unknown) => {
  throw error;
};
const settled = () => new Promise<void>((done) => setImmediate(done));

/** A heap of work whose pieces end when they are told to. */
function heap(pieces: number) {
  const open: (() => void)[] = [];
  let looks = 0;
  return {
    open,
    looks: () => looks,
    add: (more: number) => (pieces += more),
    take: async () => {
      looks += 1;
      if (pieces === 0) return null;
      pieces -= 1;
      return () => new Promise<void>((done) => open.push(done));
    },
  };
}

test("one look where nothing is due", async () => {
  const work = heap(0);
  const places = openPlaces(4, work.take, fail);
  places.wake();
  await settled();
  expect(work.looks()).toBe(1);
});

test("as many at once as there are places; each goes on by itself until nothing is due", async () => {
  const work = heap(10);
  const places = openPlaces(4, work.take, fail);
  places.wake();
  await settled();
  expect(work.open).toHaveLength(4);
  for (let ended = 0; ended < 10; ended += 1) {
    work.open.shift()?.();
    await settled();
  }
  await places.stop();
  expect(work.open).toHaveLength(0);
});

test("what becomes due while a place is about to find nothing is found by that place", async () => {
  let answer: (work: (() => Promise<void>) | null) => void = () => undefined;
  let looks = 0;
  const done: string[] = [];
  const places = openPlaces(
    1,
    () => {
      looks += 1;
      return new Promise((found) => (answer = found));
    },
    fail,
  );
  places.wake();
  places.wake(); // the only place is looking
  answer(null);
  await settled();
  expect(looks).toBe(2);
  answer(async () => void done.push("late"));
  await settled();
  expect(done).toEqual(["late"]);
  answer(null);
  await places.stop();
});

test("a look or a piece that throws is reported, and the next wake looks again", async () => {
  const errors: unknown[] = [];
  const answers: (() => Promise<(() => Promise<void>) | null>)[] = [
    () => Promise.reject(new Error("no database")),
    async () => () => Promise.reject(new Error("a bad piece")),
    async () => null,
  ];
  const places = openPlaces(
    1,
    () => (answers.shift() ?? (async () => null))(),
    (error) => errors.push(error),
  );
  places.wake();
  await settled();
  places.wake();
  await settled();
  expect(errors.map(String)).toEqual(["Error: no database", "Error: a bad piece"]);
  places.wake();
  await settled();
  expect(answers).toHaveLength(0);
});

test("stop takes nothing more and waits for what is under way", async () => {
  const work = heap(2);
  const places = openPlaces(1, work.take, fail);
  places.wake();
  await settled();
  let isOver = false;
  const stopping = places.stop().then(() => (isOver = true));
  await settled();
  expect(isOver).toBe(false);
  work.open.shift()?.();
  await stopping;
  places.wake();
  await settled();
  expect(work.open).toHaveLength(0);
});

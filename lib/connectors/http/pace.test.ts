import { expect, test } from "vitest";
import { SyncError } from "@/lib/platform/errors";
import type { HttpAnswer } from "./errors";
import { openPace } from "./pace";

const never = new AbortController().signal;
const answered = (status: number): HttpAnswer => ({ status, text: "" });
/** Requests that end when the test says so. */
const receiver = (pace: ReturnType<typeof openPace>, signal = never) => {
  const open: ((status: number) => void)[] = [];
  const send = () =>
    pace.send(
      () => new Promise<HttpAnswer>((done) => open.push((status) => done(answered(status)))),
      signal,
    );
  const turn = () => new Promise(setImmediate);
  /** Answers the `n` oldest, and waits until what follows is under way. */
  const answer = async (status: number, n = open.length) => {
    for (const end of open.splice(0, n)) end(status);
    await turn();
  };
  return { open, send, answer, turn };
};

test("no more than allowed are under way, and the others follow in order", async () => {
  const { open, send, answer, turn } = receiver(openPace({ start: 3, most: 3 }));
  const all = Promise.all(Array.from({ length: 7 }, send));
  await turn();
  expect(open).toHaveLength(3);
  await answer(200, 1);
  expect(open).toHaveLength(3);
  while (open.length > 0) await answer(200);
  expect(await all).toHaveLength(7);
});

test.each([429, 503])(
  "%d halves what is sent at once, once for all that were under way; what is accepted lets it grow again",
  async (status) => {
    const pace = openPace({ start: 8, most: 8 });
    const { open, send, answer, turn } = receiver(pace);
    const all = Promise.all(Array.from({ length: 200 }, send));
    await turn();
    await answer(status);
    expect(open).toHaveLength(4);
    await answer(status);
    await answer(status);
    await answer(status);
    await answer(status);
    expect(open).toHaveLength(1); // and never fewer
    const seen = [];
    while (open.length > 0) {
      seen.push(open.length);
      await answer(200);
    }
    expect(seen.slice(0, 3)).toEqual([1, 2, 2]);
    expect(Math.max(...seen)).toBe(8);
    expect(await all).toHaveLength(200);
  },
);

test("a receiver that can't be heard is sent less too; one that answers with 500 is not", async () => {
  const pace = openPace({ start: 8, most: 8 });
  await pace
    .send(() => Promise.reject(new SyncError("lost", "transient")), never)
    .catch(() => undefined);
  expect(pace.limit()).toBe(4);
  await pace.send(() => Promise.resolve(answered(500)), never);
  expect(pace.limit()).toBe(4);
});

test("a far receiver gets more at once than to begin with, a near one doesn't", async () => {
  for (const [ms, limit] of [
    [50, 16],
    [1, 4],
  ] as const) {
    let now = 0;
    const pace = openPace({ start: 4, most: 16 }, () => now);
    const { open, send, answer, turn } = receiver(pace);
    const all = Promise.all(Array.from({ length: 400 }, send));
    await turn();
    while (open.length > 0) {
      now += ms;
      await answer(200);
    }
    await all;
    expect(pace.limit()).toBe(limit);
  }
});

test("nobody sends in a pause that the receiver asked for", async () => {
  const pace = openPace({ start: 2, most: 2 });
  const { open, send, answer, turn } = receiver(pace);
  let end = () => {};
  pace.hold(
    new Promise<void>((over) => {
      end = over;
    }),
  );
  const both = Promise.all([send(), send()]);
  await turn();
  expect(open).toHaveLength(0);
  end();
  await turn();
  expect(open).toHaveLength(2);
  await answer(200);
  await both;
});

test("who waits for room is let go when the run ends, and takes no room with them", async () => {
  const pace = openPace({ start: 1, most: 1 });
  const controller = new AbortController();
  const { open, send, answer, turn } = receiver(pace, controller.signal);
  const first = send();
  const second = send();
  await turn();
  controller.abort(new Error("cancelled by Ada"));
  await expect(second).rejects.toThrow("cancelled by Ada");
  await answer(200);
  await first;
  const third = receiver(pace);
  const sent = third.send();
  await third.turn();
  expect(third.open).toHaveLength(1);
  await third.answer(200);
  await sent;
  expect(open).toHaveLength(0);
});

test("more go at once where even the quickest answer is far, not where a busy worker finds most of them late", async () => {
  const grown = async (times: number[]) => {
    let at = 0;
    let sent = 0;
    const pace = openPace({ start: 1, most: 2 }, () => at);
    for (let n = 0; n < 200; n += 1)
      await pace.send(() => {
        at += times[sent++ % times.length]!;
        return Promise.resolve(answered(200));
      }, never);
    return pace.limit();
  };
  expect(await grown([50])).toBe(2);
  expect(await grown([50, 50, 2, 50])).toBe(1);
});

import { expect, test, vi } from "vitest";
import { listenForWork, wakeWorkers } from "@/lib/jobs/queue";
import { db } from "@/lib/platform/db";
import { log } from "@/lib/platform/log";
import { useDatabase } from "@/lib/testing/database";

useDatabase();

/** A listener, and a promise of its next notification. */
function listener() {
  let heard: () => void = () => undefined;
  const notifications = listenForWork(() => heard());
  return { notifications, next: () => new Promise<void>((done) => (heard = done)) };
}

test("every worker hears that there is work", async () => {
  const workers = [listener(), listener()];
  for (const { notifications } of workers) await notifications.check();
  const heard = workers.map(({ next }) => next());
  await wakeWorkers();
  await Promise.all(heard);
  for (const { notifications } of workers) await notifications.stop();
});

test("a connection that was lost is made anew by the next check, and a worker listens once however often it checks", async () => {
  vi.spyOn(log, "warn").mockImplementation(() => undefined);
  const listening = () => db().$queryRaw<{ pid: number }[]>`
    SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`;
  const { notifications, next } = listener();
  await notifications.check();
  await notifications.check();
  const [only, ...others] = await listening();
  expect(others).toEqual([]);
  await db().$executeRaw`SELECT pg_terminate_backend(${only?.pid})`;
  await expect
    .poll(async () => {
      await notifications.check();
      return (await listening()).map(({ pid }) => pid === only?.pid);
    })
    .toEqual([false]);
  const heard = next();
  await wakeWorkers();
  await heard;
  await notifications.stop();
  await expect.poll(listening).toEqual([]);
  vi.restoreAllMocks();
});

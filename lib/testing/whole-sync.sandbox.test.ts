// The whole path, nothing faked but the run's store: rows of a warehouse → events at a receiver.
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DestinationConnector } from "@/lib/connectors/contract/destination";
import { destinationConnector } from "@/lib/connectors/registry";
import { redshiftSource, type RedshiftSource } from "@/lib/connectors/redshift/source";
import { identifier } from "@/lib/connectors/redshift/sql";
import { defaultMapping } from "@/lib/event/rules";
import { systemClock } from "@/lib/platform/clock";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import {
  never,
  openWarehouse,
  receivedEvents,
  sandboxEndpoints,
  setEventFaults,
  setFaults,
  warehouseModes,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { selectionOf } from "@/lib/event/selection";
import { runSync } from "@/lib/engine/run-sync";

describe.each(warehouseModes)("$mode, $isolation", (modes) => {
  let warehouse: Warehouse;
  let source: RedshiftSource;
  let destination: DestinationConnector;
  let writeKey: string;
  let ids: { connectionId: string; sourceId: string };
  let table: string;
  let fence: number;
  const at = () => `${identifier(warehouse.schema)}.${identifier(table)}`;

  beforeAll(async () => {
    warehouse = await openWarehouse(modes);
    source = redshiftSource(warehouse.config, warehouse.secret);
  });
  afterAll(() => warehouse.drop());
  beforeEach(async () => {
    writeKey = `wk-${randomUUID()}`;
    ids = { connectionId: randomUUID(), sourceId: randomUUID() };
    table = `people_${randomUUID().slice(0, 8)}`;
    fence = 0;
    destination = await destinationConnector(
      "tracking-api",
      { url: sandboxEndpoints().events.url },
      { writeKey },
    );
    await warehouse.admin(
      `CREATE TABLE ${at()} (id bigint, email varchar(64), "address.city" varchar(40), credit numeric(38,9), tags super, seen timestamp)`,
    );
    await warehouse.admin(
      `INSERT INTO ${at()} VALUES (0, 'p0@example.com', 'Zürich 🏔', 0.1, JSON_PARSE('{"n":1}'), '2026-01-02 03:04:05.678901')`,
    );
  });
  afterEach(async () => {
    await setEventFaults([]);
    await setFaults(warehouse.config.user, []);
    await destination.close();
  });
  /** Doubles the table's rows. */
  const grow = async (to: number) => {
    for (let size = 1; size < to; size *= 2)
      await warehouse.admin(
        `INSERT INTO ${at()} SELECT id + ${size}, 'p' || CAST(id + ${size} AS varchar) || '@example.com', "address.city", credit, tags, seen FROM ${at()}`,
      );
  };
  const sync = async (store: FakeRunStore, runId: string, signal: AbortSignal = never) => {
    const mapping = defaultMapping(await source.columns(warehouse.schema, table, never));
    const selection = selectionOf(mapping, { schema: warehouse.schema, table, keys: ["id"] });
    return runSync({
      source,
      destination,
      selection,
      mapping,
      mode: "upsert",
      cursor: null,
      onlyKeys: null,
      deletes: { percent: 10, allowed: 0 },
      rawNumbers: false,
      logDays: 0,
      ids: { ...ids, runId },
      fence: ++fence,
      refusedBefore: 0,
      store,
      clock: systemClock,
      signal,
    });
  };
  const keysOf = (events: Record<string, unknown>[]) =>
    events.map(({ recordId }) => Number(recordId)).sort((a, b) => a - b);
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

  test("rows become identify events, once; then only what has changed", async () => {
    await grow(2_048);
    const runId = randomUUID();
    expect(await sync(new FakeRunStore(), runId)).toEqual({
      read: 2_048,
      delivered: 2_048,
      unchanged: 0,
      rejected: 0,
    });
    const events = await receivedEvents(writeKey);
    expect(keysOf(events)).toEqual(upTo(2_048));
    expect(events.find(({ recordId }) => recordId === "0")).toMatchObject({
      type: "identify",
      channel: "sources",
      userId: "p0@example.com",
      recordId: "0",
      traits: {
        id: 0,
        email: "p0@example.com",
        address: { city: "Zürich 🏔" },
        credit: 0.1,
        tags: { n: 1 },
        seen: "2026-01-02T03:04:05.678901Z",
      },
      context: {
        sources: { job_id: `${ids.sourceId}/Syncher`, task_id: table, job_run_id: runId },
      },
    });
    await warehouse.admin(`UPDATE ${at()} SET credit = 7 WHERE id IN (3, 5)`);
    expect(await sync(new FakeRunStore(), randomUUID())).toEqual({
      read: 2_048,
      delivered: 2,
      unchanged: 2_046,
      rejected: 0,
    });
    expect(keysOf((await receivedEvents(writeKey)).slice(2_048))).toEqual([3, 5]);
    expect(await sync(new FakeRunStore(), randomUUID())).toEqual({
      read: 2_048,
      delivered: 0,
      unchanged: 2_048,
      rejected: 0,
    });
  });

  test("rows that can't be delivered are reported, the others arrive, and the corrected ones follow", async () => {
    await grow(8);
    await warehouse.admin(`UPDATE ${at()} SET email = NULL WHERE id = 2`);
    await warehouse.admin(`UPDATE ${at()} SET id = 4 WHERE id = 5`);
    await warehouse.admin(
      `UPDATE ${at()} SET tags = JSON_PARSE('"' || REPEAT('x', 40000) || '"') WHERE id = 7`,
    );
    const store = new FakeRunStore();
    expect(await sync(store, randomUUID())).toEqual({
      read: 8,
      delivered: 4,
      unchanged: 0,
      rejected: 4,
    });
    expect([...store.rejected.values()].map(({ key, code }) => `${key} ${code}`).sort()).toEqual([
      "2 no-identity",
      "4 duplicate-key",
      "4 duplicate-key",
      "7 event-too-large",
    ]);
    await warehouse.admin(`UPDATE ${at()} SET email = 'p2@example.com' WHERE id = 2`);
    expect(await sync(new FakeRunStore(), randomUUID())).toEqual({
      read: 8,
      delivered: 1,
      unchanged: 4,
      rejected: 3,
    });
  });

  test("a receiver that stumbles: nothing is lost, and a redelivery is the same message", async () => {
    await grow(4_096);
    await setEventFaults([
      { writeKey, times: 2, status: 500 },
      { writeKey, times: 2, status: 429, retryAfter: "0" },
      { writeKey, times: 2, drop: "after" },
      { writeKey, times: 1, drop: "before" },
    ]);
    expect(await sync(new FakeRunStore(), randomUUID())).toEqual({
      read: 4_096,
      delivered: 4_096,
      unchanged: 0,
      rejected: 0,
    });
    const events = await receivedEvents(writeKey);
    expect(events.length).toBeGreaterThan(4_096); // accepted, and the answer lost
    const byMessage = new Map(events.map((event) => [event.messageId, event]));
    expect(keysOf([...byMessage.values()])).toEqual(upTo(4_096));
  });

  test("workers that are stopped anywhere: the next goes on, and a receiver that deduplicates has each row once", async () => {
    await grow(4_096);
    const store = new FakeRunStore();
    const runId = randomUUID();
    for (const stopAfter of [1, 2, 3]) {
      const controller = new AbortController();
      let saved = 0;
      store.before = (method) => {
        if (method === "progress" && ++saved > stopAfter) controller.abort(new Error("stopped"));
      };
      await setEventFaults([{ writeKey, delayMs: 40 }]);
      await sync(store, runId, controller.signal).catch((error: unknown) =>
        expect(error).toMatchObject({ message: "stopped" }),
      );
    }
    store.before = () => undefined;
    await setEventFaults([]);
    expect(await sync(store, runId)).toEqual({
      read: 4_096,
      delivered: 4_096,
      unchanged: 0,
      rejected: 0,
    });
    const byMessage = new Map(
      (await receivedEvents(writeKey)).map((event) => [event.messageId, event]),
    );
    expect(keysOf([...byMessage.values()])).toEqual(upTo(4_096));
    expect(await sync(new FakeRunStore(), randomUUID())).toMatchObject({
      delivered: 0,
      unchanged: 4_096,
    });
  });

  const moments = ["plan", "extract", "load", "commit"].flatMap((stage) => [
    `${stage} started`,
    `${stage} finished`,
  ]);
  test.each([...moments, "the commit's answer"])(
    "killed at: %s; the next worker goes on, and each row has come once or as the same message",
    async (moment) => {
      await grow(2_048);
      const store = new FakeRunStore();
      const runId = randomUUID();
      let dead = false;
      store.before = (_, argument) => {
        if (!dead && argument !== moment) return;
        dead = true;
        throw new Error("killed");
      };
      if (moment === "the commit's answer") {
        const { changes } = source;
        source.changes = async (...args) => {
          const set = await changes(...args);
          return {
            ...set,
            commit: async (...settled) => {
              await set.commit(...settled);
              dead = true;
              throw new Error("killed");
            },
          };
        };
        await expect(sync(store, runId)).rejects.toThrow("killed");
        source.changes = changes;
      } else await expect(sync(store, runId)).rejects.toThrow("killed");
      dead = false;
      store.before = () => undefined;
      expect(await sync(store, runId)).toEqual({
        read: 2_048,
        delivered: 2_048,
        unchanged: 0,
        rejected: 0,
      });
      const byMessage = new Map(
        (await receivedEvents(writeKey)).map((event) => [event.messageId, event]),
      );
      expect(keysOf([...byMessage.values()])).toEqual(upTo(2_048));
      expect(await sync(new FakeRunStore(), randomUUID())).toMatchObject({
        delivered: 0,
        unchanged: 2_048,
      });
      expect(
        await warehouse.admin(
          "SELECT tablename FROM pg_catalog.pg_tables WHERE tablename LIKE 'tidegate_delta_%'",
        ),
      ).toEqual([]);
    },
  );

  const conflict = {
    code: "XX000",
    message: "1023",
    detail: "Serializable isolation violation on table - 1",
  };
  const TRIES = 5;

  test("conflicts (1023) on three commits in ten: every sync succeeds within five tries", async () => {
    source = redshiftSource(warehouse.config, warehouse.secret, () => Promise.resolve());
    await setFaults(warehouse.config.user, [
      { match: "COMMIT", probability: 0.3, error: conflict },
    ]);
    for (let n = 1; n <= 12; n += 1) {
      await warehouse.admin(`UPDATE ${at()} SET credit = ${n}`);
      const store = new FakeRunStore();
      const runId = randomUUID();
      const tried = async (left: number): Promise<unknown> =>
        sync(store, runId).catch((error: unknown) => {
          expect(error).toMatchObject({ fault: "transient", detail: { code: "1023" } });
          return left > 1 ? tried(left - 1) : Promise.reject(error as Error);
        });
      expect(await tried(TRIES)).toMatchObject({ delivered: 1 });
    }
    const events = await receivedEvents(writeKey);
    expect(new Set(events.map(({ traits }) => (traits as { credit: number }).credit))).toEqual(
      new Set(Array.from({ length: 12 }, (_, n) => n + 1)),
    );
  });

  test("conflicts on every commit: the sync fails with that reason, after five tries, and nothing counts as delivered", async () => {
    source = redshiftSource(warehouse.config, warehouse.secret, () => Promise.resolve());
    await setFaults(warehouse.config.user, [{ match: "COMMIT", error: conflict }]);
    await expect(sync(new FakeRunStore(), randomUUID())).rejects.toMatchObject({
      fault: "transient",
      detail: {
        code: "1023",
        serverText: expect.stringContaining("Serializable isolation violation") as string,
      },
    });
    await setFaults(warehouse.config.user, []);
    expect(await sync(new FakeRunStore(), randomUUID())).toMatchObject({
      delivered: 1,
      unchanged: 0,
    });
  });
});

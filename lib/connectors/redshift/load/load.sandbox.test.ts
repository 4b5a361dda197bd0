// Rows into a table of the sandbox: what lands, what is left behind, and what a worker that dies leaves to the next.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { LoadRequest, TableLoad } from "@/lib/connectors/contract/rows";
import type { Bucket } from "@/lib/connectors/s3/client";
import { SyncError } from "@/lib/platform/errors";
import { pageOf, type ChangedRow } from "@/lib/testing/changes";
import { runLoad } from "@/lib/testing/run-load";
import {
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  setFaults,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { openRedshift, type RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { openRedshiftLoad, removeStaged, type LoadTools } from "./load";
import { fenceTable } from "./load-sql";
import { loadDefaults, type LoadOptions } from "@/lib/connectors/redshift/spec";

let warehouse: Warehouse;
let staging: ReturnType<typeof openStaging>;
let table: string;
let connectionId: string;
let fence: number;

beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());
beforeEach(() => {
  staging = openStaging();
  table = `people_${randomUUID().slice(0, 8)}`;
  connectionId = randomUUID();
  fence = 0;
});

const columns: ColumnInfo[] = [
  { name: "id", type: "bigint", kind: "bigint" },
  { name: "name", type: "varchar(20)", kind: "text" },
  { name: "credit", type: "numeric(38,9)", kind: "decimal" },
  { name: "seen", type: "timestamp", kind: "timestamp" },
];
type Values = [string, string | null, string | null, string | null];
const row = (seq: number, cells: Values, mark?: string): ChangedRow => ({
  seq,
  key: cells[0],
  messageId: "0".repeat(32),
  cells,
  ...(mark && { isDelete: true as const }),
});
const rows = (count: number, from = 1, name = "p"): ChangedRow[] =>
  Array.from({ length: count }, (_, index) =>
    row(from + index, [
      String(from + index),
      `${name}${from + index}`,
      "0.1",
      "2026-01-02 03:04:05.678901",
    ]),
  );

type Opened = { load: TableLoad; request: LoadRequest };
function open(
  runId: string,
  change: {
    options?: Partial<LoadOptions>;
    tools?: Partial<LoadTools>;
    request?: Partial<LoadRequest>;
  } = {},
): Opened {
  const request: LoadRequest = {
    connectionId,
    runId,
    fence: ++fence,
    table,
    columns,
    order: [],
    keys: ["id"],
    oneRowPerKey: true,
    ...change.request,
  };
  const tools: LoadTools = {
    open: openSession,
    bucket: staging.bucket,
    staging: staging.config,
    stagingSecret: staging.secret,
    options: { ...loadDefaults, targetSchema: warehouse.schema, ...change.options },
    warehouse: "sandbox",
    delay: async () => undefined,
    ...change.tools,
  };
  return { load: openRedshiftLoad(tools, request), request };
}
const openSession = (signal: AbortSignal) =>
  openRedshift(
    warehouse.config,
    warehouse.secret,
    { statementTimeoutMs: 0, hide: [staging.secret.secretAccessKey] },
    signal,
  );

const run = (runId: string, batch: ChangedRow[], change?: Parameters<typeof open>[1]) =>
  runLoad(open(runId, change).load, batch);
const target = () => `"${warehouse.schema}"."${table}"`;
const held = () => warehouse.admin(`SELECT id, name, credit, seen FROM ${target()} ORDER BY id`);
const files = async () =>
  (await staging.bucket.list(staging.config.prefix, never)).map(({ key }) => key);
const cells = (batch: ChangedRow[]) =>
  batch.map(({ cells: [id, name, credit, seen] }) => [
    id,
    name,
    credit && Number(credit).toFixed(9),
    seen,
  ]);

test("rows land once, then only what has changed, and nothing is left behind", async () => {
  expect(await run(randomUUID(), rows(500))).toMatchObject({ loaded: 500, rejected: [], parts: 1 });
  expect(await held()).toEqual(cells(rows(500)));
  const changed = rows(100, 451, "q").map((each, index) => ({ ...each, seq: index + 1 }));
  expect(await run(randomUUID(), changed)).toMatchObject({ loaded: 100 });
  expect(await held()).toEqual([...cells(rows(450)), ...cells(changed)]);
  expect(await files()).toEqual([]);
  // a session that was closed takes its temporary tables with it a moment later
  await expect
    .poll(() =>
      warehouse.admin(
        "SELECT tablename FROM pg_catalog.pg_tables WHERE LEFT(CAST(tablename AS varchar), 9) = 'tidegate_'",
      ),
    )
    .toEqual([]);
});

test("every value is what it was: NULL and empty text apart, quotes, lines, other scripts, all digits", async () => {
  const hostile: Values[] = [
    ["1", "", null, null],
    ["2", null, "-99999999999999999999999999999.999999999", "0001-01-01 00:00:00"],
    ["9223372036854775807", 'a "q", b\nc\r\n;', "0.000000001", "9999-12-31 23:59:59.999999"],
    ["-9223372036854775808", "  उ 🏔 \\N ", "0.100000000", "2026-11-20 12:00:00.1"],
    ["5", "NULL", "0", "2026-11-20 12:00:00"],
    ["6", "\\", "1", null],
    ["7", '"', "1", null],
    ["8", "tab\there", "1", null],
  ];
  const batch = hostile.map((each, index) => row(index + 1, each));
  for (const [at, oneRowPerKey] of [
    [1, true],
    [2, false],
  ] as const) {
    expect(
      await run(randomUUID(), batch, { request: { oneRowPerKey } }),
      `time ${at}`,
    ).toMatchObject({ loaded: 8, rejected: [] });
    const found = new Map((await held()).map((each) => [each[0], each]));
    expect([...found.keys()]).toHaveLength(8);
    for (const [id, name] of hostile) expect(found.get(id)?.[1]).toBe(name);
    expect(found.get("2")).toEqual([
      "2",
      null,
      "-99999999999999999999999999999.999999999",
      "0001-01-01 00:00:00",
    ]);
    expect(found.get("9223372036854775807")?.slice(2)).toEqual([
      "0.000000001",
      "9999-12-31 23:59:59.999999",
    ]);
    expect(found.get("1")?.slice(1)).toEqual(["", null, null]);
  }
});

test("deletes go, and of several versions of a key the newest counts, whatever came between", async () => {
  await run(randomUUID(), rows(6));
  const told = [
    row(1, ["1", "old", null, null]),
    row(2, ["1", "new", null, null]),
    row(3, ["2", "p2", null, null], "delete"),
    row(4, ["2", "again", null, null]),
    row(5, ["3", "dies", null, null]),
    row(6, ["3", "dies", null, null], "delete"),
    row(7, ["4", "p4", null, null], "delete"),
    row(8, ["77", "p77", null, null], "delete"), // never was there
  ];
  expect(await run(randomUUID(), told, { request: { oneRowPerKey: false } })).toMatchObject({
    loaded: 4,
    deleted: 4,
  });
  expect((await held()).map(([id, name]) => [id, name])).toEqual([
    ["1", "new"],
    ["2", "again"],
    ["5", "p5"],
    ["6", "p6"],
  ]);
});

test("keys of several columns", async () => {
  const request = { keys: ["id", "name"] };
  await run(randomUUID(), [row(1, ["1", "a", "1", null]), row(2, ["1", "b", "2", null])], {
    request,
  });
  await run(randomUUID(), [row(1, ["1", "b", "3", null]), row(2, ["2", "b", "4", null])], {
    request,
  });
  expect(
    (await held()).map(([id, name, credit]) => `${id}${name}${Number(credit)}`).sort(),
  ).toEqual(["1a1", "1b3", "2b4"]);
});

// ── Crashes ──────────────────────────────────────────────────────────────────

class Killed extends Error {}
/** A session that ends the worker at a statement: before it, or after it with the answer lost. */
function killing(
  match: RegExp,
  when: "before" | "after",
): (signal: AbortSignal) => Promise<RedshiftSession> {
  return async (signal) => {
    const session = await openSession(signal);
    const at = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
      if (!match.test(sql)) return work();
      if (when === "before") throw new Killed(sql);
      await work();
      throw new Killed(sql);
    };
    return {
      ...session,
      query: (sql, s) => at(sql, () => session.query(sql, s)),
      execute: (sql, s) => at(sql, () => session.execute(sql, s)),
      transaction: async (work, s) => {
        const value = await session.transaction(async () => {
          const result = await work();
          if (match.test("COMMIT") && when === "before" && batchUnderWay)
            throw new Killed("COMMIT");
          return result;
        }, s);
        if (match.test("COMMIT") && when === "after" && batchUnderWay) throw new Killed("COMMIT");
        return value;
      },
    };
  };
}
let batchUnderWay = false;
const killedBucket = (bucket: Bucket, at: number): Bucket => {
  let puts = 0;
  return {
    ...bucket,
    put: (key, body, signal) =>
      ++puts === at ? Promise.reject(new Killed(key)) : bucket.put(key, body, signal),
  };
};

const crashes: [string, () => Partial<LoadTools>][] = [
  ["in the first PUT", () => ({ bucket: killedBucket(staging.bucket, 1) })],
  [
    "between two PUTs",
    () => ({
      bucket: killedBucket(staging.bucket, 3),
      limits: { textBytes: 2_000, chunkBytes: 500 },
    }),
  ],
  ["between PUT and COPY", () => ({ open: killing(/^COPY/, "before") })],
  ["in COPY", () => ({ open: killing(/^COPY/, "after") })],
  ["before DELETE", () => ({ open: killing(/^DELETE FROM/, "before") })],
  ["between DELETE and INSERT", () => ({ open: killing(/^DELETE FROM/, "after") })],
  ["after INSERT", () => ({ open: killing(/^INSERT INTO .*SELECT/s, "after") })],
  ["before COMMIT", () => ({ open: killing(/^COMMIT/, "before") })],
  ["after COMMIT, before the answer", () => ({ open: killing(/^COMMIT/, "after") })],
];

test.each(crashes)(
  "a worker that dies %s: the next one ends with exactly the expected table",
  async (_, tools) => {
    await run(randomUUID(), rows(300));
    const changed = rows(200, 201, "q").map((each, index) => ({ ...each, seq: index + 1 }));
    const runId = randomUUID();
    const { load } = open(runId, { tools: tools() });
    await load.prepare(never);
    batchUnderWay = true;
    await expect(
      (async () => {
        await load.stage(pageOf(changed), never);
        await load.commit({ seq: 200, rejectedSoFar: 0, onRejected: async () => undefined }, never);
      })(),
    ).rejects.toThrow();
    batchUnderWay = false;
    // the process is gone: no cleanup
    expect(await run(runId, changed)).toMatchObject({ loaded: 200, rejected: [] });
    expect(await held()).toEqual([...cells(rows(200)), ...cells(changed)]);
    expect(await files()).toEqual([]);
  },
);

/** Everything a load does outside its process, each numbered; the worker dies at one of them, before or after it. */
function dyingAt(
  nth: number,
  when: "before" | "after",
): { tools: Partial<LoadTools>; done(): number } {
  let at = 0;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    at += 1;
    if (at > nth || (at === nth && when === "before")) throw new Killed(String(at)); // a dead one does nothing more
    const value = await work();
    if (at === nth) throw new Killed(String(at));
    return value;
  };
  const { bucket } = staging;
  return {
    done: () => at,
    tools: {
      limits: { textBytes: 500, chunkBytes: 200 },
      bucket: {
        ...bucket,
        put: (...all) => step(() => bucket.put(...all)),
        list: (...all) => step(() => bucket.list(...all)),
        remove: (...all) => step(() => bucket.remove(...all)),
      },
      open: async (signal) => {
        const session = await openSession(signal);
        return {
          ...session,
          query: (sql, s) => step(() => session.query(sql, s)),
          execute: (sql, s) => step(() => session.execute(sql, s)),
          transaction: (work, s) => step(() => session.transaction(work, s)),
        };
      },
    },
  };
}

test("a worker killed at every step there is, before and after it: always exactly the expected table, and an empty bucket", async () => {
  const before = rows(30);
  const changed = [
    ...rows(20, 21, "q").map((each, index) => ({ ...each, seq: index + 2 })),
    row(22, ["1", "p1", null, null], "delete"),
  ];
  changed.unshift(row(1, ["2", "p2", null, null], "delete"));
  await run(randomUUID(), before);
  let rounds = 0;
  for (let nth = 1, isOver = false; !isOver; nth += 1) {
    for (const when of ["before", "after"] as const) {
      await run(randomUUID(), before);
      const runId = randomUUID();
      const dying = dyingAt(nth, when);
      const outcome = await (async () => {
        const { load } = open(runId, { tools: dying.tools });
        await load.prepare(never);
        await load.stage(pageOf(changed), never);
        await load.commit({ seq: 22, rejectedSoFar: 0, onRejected: async () => undefined }, never);
      })().then(
        () => "done",
        () => "killed",
      );
      isOver ||= outcome === "done" && dying.done() < nth;
      rounds += 1;
      expect(await run(runId, changed), `killed ${when} step ${nth}`).toMatchObject({
        loaded: 20,
        deleted: 2,
        rejected: [],
      });
      expect((await held()).map(([id, name]) => `${id}${name}`)).toEqual(
        [...before.slice(2, 20), ...changed.slice(1, 21)].map(
          ({ cells: [id, name] }) => `${id}${name}`,
        ),
      );
      expect(await files()).toEqual([]);
    }
  }
  expect(rounds).toBeGreaterThanOrEqual(50);
}, 300_000);

test("an answer to COMMIT that is lost changes nothing: the same worker finds it done", async () => {
  let lost = 0;
  const losing = async (signal: AbortSignal): Promise<RedshiftSession> => {
    const session = await openSession(signal);
    return {
      ...session,
      transaction: async (work, s) => {
        const value = await session.transaction(work, s);
        if (batchUnderWay && lost++ === 0)
          throw new SyncError("The connection was lost.", "transient", { code: "CONNECTION_LOST" });
        return value;
      },
    };
  };
  const { load } = open(randomUUID(), { tools: { open: losing } });
  await load.prepare(never);
  await load.stage(pageOf(rows(50)), never);
  batchUnderWay = true;
  const report = await load.commit(
    { seq: 50, rejectedSoFar: 0, onRejected: async () => undefined },
    never,
  );
  batchUnderWay = false;
  expect(report).toMatchObject({ checkpoint: { seq: 50, loaded: 50 } });
  expect(lost).toBe(2);
  await load.cleanup();
  expect(await held()).toEqual(cells(rows(50)));
});

test("an answer to a COMMIT that is lost while the table is made ready: asked again on another connection", async () => {
  for (const nth of [1, 2]) {
    // of the fence, of the table
    let commits = 0;
    let sessions = 0;
    const losing = async (signal: AbortSignal): Promise<RedshiftSession> => {
      const session = await openSession(signal);
      sessions += 1;
      let isLost = false;
      const alive = <T>(work: () => Promise<T>): Promise<T> =>
        isLost
          ? Promise.reject(
              new SyncError("The connection was lost.", "transient", { code: "CONNECTION_LOST" }),
            )
          : work();
      return {
        ...session,
        query: (sql, s) => alive(() => session.query(sql, s)),
        transaction: (work, s) =>
          alive(async () => {
            const value = await session.transaction(work, s);
            isLost = ++commits === nth;
            return alive(async () => value);
          }),
      };
    };
    table = `lost_${nth}_${table}`;
    connectionId = randomUUID();
    expect(await run(randomUUID(), rows(20), { tools: { open: losing } })).toMatchObject({
      loaded: 20,
    });
    expect(commits).toBeGreaterThan(nth);
    expect(sessions).toBeGreaterThanOrEqual(3); // made ready twice, loaded once
    expect(await held()).toEqual(cells(rows(20)));
  }
});

test("a warehouse that isn't there is not asked again and again: the run waits for it", async () => {
  let tries = 0;
  const away = async () => {
    tries += 1;
    throw new SyncError("Nothing answers.", "transient", { code: "CONNECT_TIMEOUT" });
  };
  await expect(
    open(randomUUID(), { tools: { open: away } }).load.prepare(never),
  ).rejects.toMatchObject({ detail: { code: "CONNECT_TIMEOUT" } });
  expect(tries).toBe(1);
});

test("files of dead workers go, those of a later one stay: whoever is slow may still be here when it loads", async () => {
  const under = `${staging.config.prefix}/${connectionId}`;
  const named = [
    `${under}/run-1/1-rows-1-00001.csv.gz`,
    `${under}/run-1/2-rows-1-00001.csv.gz`,
    `${under}/run-2/3-rows-1.manifest`,
  ];
  for (const key of named) await staging.bucket.put(key, Buffer.from("x"), never);
  await removeStaged(staging.bucket, staging.config, connectionId, 2, never);
  expect(await files()).toEqual(named.slice(2));
  await removeStaged(staging.bucket, staging.config, connectionId, 3, never);
  expect(await files()).toEqual([]);
});

test("a worker that was taken over can't commit", async () => {
  const runId = randomUUID();
  const { load: zombie } = open(runId);
  await zombie.prepare(never);
  await zombie.stage(pageOf(rows(10, 1, "zombie")), never);
  await run(runId, rows(10));
  await expect(
    zombie.commit({ seq: 10, rejectedSoFar: 0, onRejected: async () => undefined }, never),
  ).rejects.toMatchObject({ detail: { code: "FENCED" } });
  await zombie.cleanup();
  expect(await held()).toEqual(cells(rows(10)));
  expect(
    await warehouse.admin(`SELECT fence, seq FROM ${fenceTable(warehouse.schema, table)}`),
  ).toEqual([["2", "10"]]);
});

// ── What doesn't fit ─────────────────────────────────────────────────────────

const long = (text: string) => [
  row(1, ["1", "fits", null, null]),
  row(2, ["2", text, null, null]),
  row(3, ["3", "उ".repeat(6), null, null]),
];

test("a text that is too long: rejected with its column and length, cut at a whole character, or the column is made longer", async () => {
  const text = "उ".repeat(7); // 21 bytes into 20
  const rejected = await run(randomUUID(), long(text));
  expect(rejected).toMatchObject({
    loaded: 2,
    rejected: [
      {
        seq: 2,
        key: "2",
        column: "name",
        code: "text-too-long",
        reason: "The text in “name” has 21 bytes; the column takes at most 20.",
      },
    ],
  });
  expect((await held()).map(([id]) => id)).toEqual(["1", "3"]);
  expect(await run(randomUUID(), long(text), { options: { overflow: "cut" } })).toMatchObject({
    loaded: 3,
    rejected: [],
  });
  expect((await held())[1]?.[1]).toBe("उ".repeat(6));
  expect(await run(randomUUID(), long(text), { options: { overflow: "widen" } })).toMatchObject({
    loaded: 3,
    rejected: [],
  });
  expect((await held())[1]?.[1]).toBe(text);
  const most = "x".repeat(65_535);
  expect(await run(randomUUID(), long(most), { options: { overflow: "widen" } })).toMatchObject({
    loaded: 3,
  });
  expect((await held())[1]?.[1]).toBe(most);
  expect(
    await run(randomUUID(), long(`${most}y`), { options: { overflow: "widen" } }),
  ).toMatchObject({ loaded: 2, rejected: [{ seq: 2, column: "name" }] });
});

test("a key is never cut: rows that would become one row are rejected, whatever is set for texts", async () => {
  await warehouse.admin(`CREATE TABLE ${target()} (code varchar(6), name varchar(20))`);
  await warehouse.admin(`GRANT ALL ON TABLE ${target()} TO "${warehouse.config.user}"`);
  await warehouse.admin(`ALTER TABLE ${target()} OWNER TO "${warehouse.config.user}"`);
  const request = {
    keys: ["code"],
    columns: [
      { name: "code", type: "varchar(20)", kind: "text" as const },
      { name: "name", type: "varchar(20)", kind: "text" as const },
    ],
  };
  const coded = (seq: number, code: string, name: string): ChangedRow => ({
    seq,
    key: code,
    messageId: "0".repeat(32),
    cells: [code, name],
  });
  const batch = [
    coded(1, "abcdef1", "first"),
    coded(2, "abcdef", "second"),
    coded(3, "abcdef2", "x".repeat(30)),
    coded(4, "short", "y".repeat(30)),
  ];
  expect(await run(randomUUID(), batch, { request, options: { overflow: "cut" } })).toMatchObject({
    loaded: 2,
    rejected: [
      { seq: 1, column: "code", code: "text-too-long" },
      { seq: 3, column: "code", code: "text-too-long" },
    ],
  });
  expect(await warehouse.admin(`SELECT code, name FROM ${target()} ORDER BY code`)).toEqual([
    ["abcdef", "second"],
    ["short", "y".repeat(20)],
  ]);
});

test("a table of another owner: the refusal names the owner and the statement that helps, and isn't tried again", async () => {
  const refused = async () => {
    try {
      await run(randomUUID(), rows(1));
      return null;
    } catch (error) {
      return error instanceof SyncError ? error : null;
    }
  };
  const user = `"${warehouse.config.user}"`;
  const grantOf = (error: SyncError | null): string =>
    /GRANT .*;/.exec(error?.detail.remedy ?? "")?.[0] ?? "";
  await warehouse.admin(
    `CREATE TABLE ${target()} (id bigint, name varchar(20), credit numeric(38,9), seen timestamp)`,
  );
  const withoutRights = await refused();
  expect(withoutRights).toMatchObject({ fault: "user-fixable" });
  expect(withoutRights?.message).toContain(
    `lacks INSERT, UPDATE, DELETE on ${warehouse.schema}.${table}, which belongs to “admin”.`,
  );
  await warehouse.admin(`GRANT UPDATE, DELETE ON ${target()} TO ${user}`);
  const withoutInsert = await refused();
  expect(withoutInsert?.message).toContain(`lacks INSERT on ${warehouse.schema}.${table}`);
  await warehouse.admin(grantOf(withoutInsert));
  expect(await run(randomUUID(), rows(1))).toMatchObject({ loaded: 1 });
  // its columns have to change, which its owner alone may do
  await warehouse.admin(`ALTER TABLE ${target()} DROP COLUMN seen`);
  const shared = await refused();
  expect(shared).toMatchObject({ fault: "user-fixable" });
  expect(shared?.message).toContain("which its owner “admin” alone may do");
  expect(shared?.detail.remedy).toContain(`ALTER TABLE ${target()} OWNER TO ${user};`);
  expect(shared?.detail.remedy).toContain(`ALTER TABLE ${target()} ADD COLUMN "seen" timestamp;`);
  await warehouse.admin(`ALTER TABLE ${target()} OWNER TO ${user}`);
  expect(await run(randomUUID(), rows(1))).toMatchObject({ loaded: 1 });
});

test("a value that COPY refuses: its row is recorded and the rest lands, or nothing does, and it says why", async () => {
  await warehouse.admin(
    `CREATE TABLE ${target()} (id bigint, name varchar(20), credit numeric(8,2), seen timestamp)`,
  );
  await warehouse.admin(`GRANT ALL ON TABLE ${target()} TO "${warehouse.config.user}"`);
  const narrow = { ...columns[2]!, type: "numeric(8,2)" };
  const request = { columns: [columns[0]!, columns[1]!, narrow, columns[3]!] };
  const batch = [
    row(1, ["1", "a", "1", null]),
    row(2, ["2", 'say "x"', "123456789.5", null]),
    row(3, ["3", "c", "3", "2026-02-30 00:00:00"]),
    row(4, ["4", "d", "4", null]),
  ];
  await expect(
    run(randomUUID(), batch, { options: { badRows: "fail" }, request }),
  ).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringMatching(
      /Redshift refused a value\. Line \d of \S+rows-.*credit.*123456789\.5/,
    ) as string,
  });
  expect(await held()).toEqual([]);
  expect(await files()).toEqual([]);
  const outcome = await run(randomUUID(), batch, { request });
  expect(outcome.loaded).toBe(2);
  expect(outcome.rejected).toMatchObject([
    { seq: 2, key: "2", column: "credit", code: "copy-refused" },
    { seq: 3, key: "3", column: "seen" },
  ]);
  expect((await held()).map(([id]) => id)).toEqual(["1", "4"]);
});

test("1023 at a commit is tried again, five times in all", async () => {
  let times = 0;
  const conflicting =
    (many: number) =>
    async (signal: AbortSignal): Promise<RedshiftSession> => {
      const session = await openSession(signal);
      return {
        ...session,
        query: (sql, s) => {
          if (/^COPY/.test(sql) && times++ < many)
            throw new SyncError(
              "Another transaction changed the same tables at the same time.",
              "transient",
              { code: "1023" },
            );
          return session.query(sql, s);
        },
      };
    };
  expect(await run(randomUUID(), rows(20), { tools: { open: conflicting(4) } })).toMatchObject({
    loaded: 20,
  });
  times = 0;
  await expect(
    run(randomUUID(), rows(20), { tools: { open: conflicting(99) } }),
  ).rejects.toMatchObject({ detail: { code: "1023" } });
  expect(times).toBe(5);
  expect(await held()).toEqual(cells(rows(20)));
});

test("with every text of a conflict: the batch is tried again as a whole", async () => {
  const texts = [
    "could not complete because of conflict with concurrent transaction",
    "could not open relation with OID 6134794",
    "table 3379442 dropped by concurrent transaction",
    "1018",
  ];
  await run(randomUUID(), rows(2));
  for (const [index, message] of texts.entries()) {
    const fault = { match: "INSERT INTO", times: 1, error: { code: "XX000", message } };
    await setFaults(warehouse.config.user, [fault]);
    const name = `n${index}`;
    expect(await run(randomUUID(), rows(2, 1, name))).toMatchObject({ loaded: 2 });
    expect(await held()).toEqual(cells(rows(2, 1, name)));
  }
  await setFaults(warehouse.config.user, []);
});

// ── The table changes ────────────────────────────────────────────────────────

test("new columns appear, gone ones stay with NULL, types widen by an added column and a copy, and no view is dropped", async () => {
  await run(randomUUID(), rows(3));
  const next: ColumnInfo[] = [
    columns[0]!,
    { name: "name", type: "varchar(20)", kind: "text" },
    { name: "Credit", type: "double precision", kind: "float" },
    { name: 'new "col"', type: "boolean", kind: "boolean" },
  ];
  const outcome = await run(
    randomUUID(),
    [row(1, ["2", "two", "2.5", "t"]), row(2, ["9", "nine", "9", "f"])],
    { request: { columns: next } },
  );
  expect(outcome).toMatchObject({ loaded: 2, rejected: [] });
  expect(
    await warehouse.admin(
      `SELECT id, name, credit, seen, "new ""col""" FROM ${target()} ORDER BY id`,
    ),
  ).toEqual([
    ["1", "p1", "0.100000000", "2026-01-02 03:04:05.678901", null],
    ["2", "two", "2.500000000", null, "t"],
    ["3", "p3", "0.100000000", "2026-01-02 03:04:05.678901", null],
    ["9", "nine", "9.000000000", null, "f"],
  ]);

  // an integer key that becomes a bigger one while a view looks on
  table = `wide_${table}`;
  connectionId = randomUUID();
  const small: ColumnInfo[] = [columns[0]!, { name: "n", type: "integer", kind: "integer" }];
  const cells2 = (seq: number, id: string, n: string) => row(seq, [id, n] as unknown as Values);
  await run(randomUUID(), [cells2(1, "1", "7")], { request: { columns: small } });
  const big: ColumnInfo[] = [columns[0]!, { name: "n", type: "bigint", kind: "bigint" }];
  await warehouse.admin(
    `CREATE VIEW "${warehouse.schema}"."look_${table}" AS SELECT n FROM ${target()}`,
  );
  await expect(
    run(randomUUID(), [cells2(1, "2", "9223372036854775807")], { request: { columns: big } }),
  ).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringContaining(`look_${table}`) as string,
    detail: { remedy: expect.stringContaining("DROP COLUMN") as string },
  });
  expect(await warehouse.admin(`SELECT n FROM "${warehouse.schema}"."look_${table}"`)).toEqual([
    ["7"],
  ]);
  await warehouse.admin(`DROP VIEW "${warehouse.schema}"."look_${table}"`);
  await run(randomUUID(), [cells2(1, "2", "9223372036854775807")], { request: { columns: big } });
  expect(await warehouse.admin(`SELECT id, n FROM ${target()} ORDER BY id`)).toEqual([
    ["1", "7"],
    ["2", "9223372036854775807"],
  ]);
});

test("a column of the sort and distribution key becomes wider, and is a part of both afterwards", async () => {
  await warehouse.admin(
    `CREATE TABLE ${target()} (id integer, name varchar(20), credit numeric(38,9), seen timestamp) DISTKEY (id) SORTKEY (id, name)`,
  );
  await warehouse.admin(`ALTER TABLE ${target()} OWNER TO "${warehouse.config.user}"`);
  await warehouse.admin(`INSERT INTO ${target()} VALUES (1, 'a', 1, NULL)`);
  const far = "9223372036854775807";
  expect(await run(randomUUID(), [row(1, [far, "b", "2", null])])).toMatchObject({ loaded: 1 });
  expect((await held()).map(([id, name]) => [id, name])).toEqual([
    ["1", "a"],
    [far, "b"],
  ]);
  expect(
    await warehouse.admin(
      `SELECT column_name, data_type, distkey, sortkey FROM svv_redshift_columns WHERE schema_name = '${warehouse.schema}' AND table_name = '${table}' AND sortkey <> 0 ORDER BY sortkey`,
    ),
  ).toEqual([
    ["id", "bigint", "t", "1"],
    ["name", "character varying(20)", "f", "2"],
  ]);
});

test("a boolean column that becomes a text keeps its values", async () => {
  const flag = (type: string, kind: "boolean" | "text"): ColumnInfo[] => [
    columns[0]!,
    { name: "active", type, kind },
  ];
  const cells2 = (seq: number, id: string, value: string | null) =>
    row(seq, [id, value] as unknown as Values);
  await run(randomUUID(), [cells2(1, "1", "t"), cells2(2, "2", "f"), cells2(3, "3", null)], {
    request: { columns: flag("boolean", "boolean") },
  });
  await run(randomUUID(), [cells2(1, "4", "maybe")], {
    request: { columns: flag("varchar(10)", "text") },
  });
  expect(await warehouse.admin(`SELECT id, active FROM ${target()} ORDER BY id`)).toEqual([
    ["1", "t"],
    ["2", "f"],
    ["3", null],
    ["4", "maybe"],
  ]);
});

test("a text column that a view uses can't be made longer: the view is named", async () => {
  const short = [columns[0]!, { ...columns[1]!, type: "varchar(5)" }, ...columns.slice(2)];
  await run(randomUUID(), [row(1, ["1", "a", "1", null])], { request: { columns: short } });
  await warehouse.admin(
    `CREATE VIEW "${warehouse.schema}"."look_${table}" AS SELECT name FROM ${target()}`,
  );
  await expect(
    run(randomUUID(), [row(1, ["2", "b", "1", null])], { options: { overflow: "widen" } }),
  ).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringContaining(`look_${table}`) as string,
  });
});

test("what no key can be in Redshift is refused before anything is made", async () => {
  const json: ColumnInfo[] = [{ name: "id", type: "super", kind: "json" }, ...columns.slice(1)];
  await expect(run(randomUUID(), rows(1), { request: { columns: json } })).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringContaining("“id” is super") as string,
  });
});

test("reserved words and names that bite are columns; two that would be one are refused before anything is written", async () => {
  const words = [
    "select",
    "order",
    "user",
    "table",
    "tag",
    "raw",
    "offset",
    "snapshot",
    "default",
    "group",
    'a"b',
    "a'b",
    "a;b--",
    "$$",
    "Ünï",
    "n".repeat(63),
    "oid",
  ];
  const named: ColumnInfo[] = [
    columns[0]!,
    ...words.map((name): ColumnInfo => ({ name, type: "varchar(10)", kind: "text" })),
  ];
  const values = ["1", ...words.map((_, at) => `v${at}`)] as unknown as Values;
  expect(await run(randomUUID(), [row(1, values)], { request: { columns: named } })).toMatchObject({
    loaded: 1,
  });
  expect(await run(randomUUID(), [row(1, values)], { request: { columns: named } })).toMatchObject({
    loaded: 1,
  });
  expect(await warehouse.admin(`SELECT "select", "_oid", "a""b" FROM ${target()}`)).toEqual([
    ["v0", "v16", "v10"],
  ]);
  table = `clash_${table}`;
  await expect(
    run(randomUUID(), [row(1, ["1", "a", "b"] as unknown as Values)], {
      request: {
        columns: [
          columns[0]!,
          { name: "Email", type: "varchar(9)", kind: "text" },
          { name: "email", type: "varchar(9)", kind: "text" },
        ],
      },
    }),
  ).rejects.toThrow("“Email” and “email”");
  expect(
    await warehouse.admin(`SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE tablename = '${table}'`),
  ).toEqual([["0"]]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import * as sql from "./changes-sql";
import { describeColumn, MAX_TEXT_BYTES } from "@/lib/connectors/redshift/catalog/columns";

const column = (
  name: string,
  dataType: string,
  maxLength: number | null = null,
  precision: number | null = null,
  scale: number | null = null,
) => describeColumn({ name, dataType, maxLength, precision, scale });
const hostile = `a"b'c\\d;--\n$$é`;
const connectionId = "0190c1f2-7d3e-7000-8000-0123456789ab";
const runId = "0190c1f2-7d3e-7000-8000-ba9876543210";
const plan: sql.DeltaPlan = {
  selection: {
    schema: "shop",
    table: hostile,
    columns: ["id", hostile, "price", "active", "bio", "tags", "photo", "place", "seen_at", "area"],
    keys: ["id"],
  },
  connectionId,
  runId,
  mappingHash: "0123456789abcdef",
  mode: "upsert",
  onlyKeys: null,
  kind: "whole",
  cursor: null,
  revision: 3,
  hasSnapshot: true,
  ignoringCase: new Set(),
  withDuplicates: false,
  columns: [
    column("id", "bigint"),
    column(hostile, "character varying", 100),
    column("price", "numeric", null, 18, 2),
    column("active", "boolean"),
    column("bio", "character varying", 65535),
    column("tags", "super"),
    column("photo", "binary varying", 64),
    column("place", "geometry"),
    column("seen_at", "timestamp with time zone"),
    column("area", "geography"),
  ],
  keys: [column("id", "bigint")],
};
const small: sql.DeltaPlan = { ...plan, columns: plan.columns.slice(0, 2) };
const cursor = {
  column: column("seen_at", "timestamp without time zone"),
  lookBackMinutes: 60,
  from: "2026-11-20 10:00:00.5",
};

test("every statement, with names that bite", async () => {
  const merge = sql.mergeSnapshot(connectionId, runId, 2, 0);
  const replace = (kept: Parameters<typeof sql.replaceSnapshot>[4], key: number | null = null) => {
    const { create, more } = sql.replaceSnapshot(
      connectionId,
      runId,
      ["bigint", "varchar(100)"],
      key,
      kept,
    );
    return [create, ...more].join(";\n");
  };
  const statements: Record<string, string> = {
    "state table": sql.createState(connectionId),
    "read state": sql.readState(connectionId),
    claim: [
      sql.lockState(connectionId),
      sql.insertState(connectionId, 7),
      sql.moveFence(connectionId, 7),
    ].join(";\n"),
    "drop a dead run's delta": sql.dropDelta(connectionId, runId),
    "delta: first run": sql.createDelta({ ...small, kind: "first", hasSnapshot: false }),
    "delta: upsert, every type": sql.createDelta(plan),
    "delta: upsert, by a text": sql.createDelta({
      ...small,
      selection: { ...plan.selection, keys: [hostile] },
      keys: small.columns.slice(1),
    }),
    "delta: upsert, keys of several rows": sql.createDelta({ ...small, withDuplicates: true }),
    "delta: upsert, another mapping": sql.createDelta({ ...small, kind: "first" }),
    "delta: mirror": sql.createDelta({ ...small, mode: "mirror" }),
    "delta: cursor": sql.createDelta({ ...small, kind: "part", cursor }),
    "delta: cursor with a time zone": sql.createDelta({
      ...small,
      kind: "part",
      cursor: { ...cursor, column: column("seen_at", "timestamp with time zone") },
    }),
    "delta: keys of two long texts": sql.createDelta({
      ...small,
      kind: "first",
      hasSnapshot: false,
      keys: [column("bio", "character varying", 65535), column("score", "double precision")],
    }),
    "delta: some keys, of two columns, one ignoring case": sql.createDelta({
      ...small,
      kind: "part",
      keys: small.columns,
      onlyKeys: ['["1","a\\"b"]', "x"],
      ignoringCase: new Set([hostile]),
    }),
    "dry run: counts": sql.countDryRun({ ...small, mode: "mirror", withDuplicates: true }),
    "dry run: samples": [
      sql.sampleDryRun({ ...small, withDuplicates: true }, "update", 10),
      sql.sampleBefore({ ...small, withDuplicates: true }, 10),
      sql.sampleUnchanged(small, 10),
    ].join(";\n"),
    "what is kept": [
      sql.ourTables,
      sql.countRows([sql.stateTable(connectionId), sql.logTable(connectionId)]),
      sql.tableSizes,
    ].join(";\n"),
    counts: [
      sql.countRead(plan),
      sql.countKnown(connectionId),
      sql.countDuplicates(plan),
      sql.countUnchanged(plan),
      sql.countDelta(plan, 1000),
      sql.countDelta(small, 1000),
    ].join(";\n"),
    "counts: cursor": [
      sql.countRead({ ...plan, kind: "part", cursor }),
      sql.countDelivered(connectionId, runId, true),
    ].join(";\n"),
    "record delta": sql.recordDelta(
      plan,
      { read: 9, unchanged: 5, toDeliver: 3, invalid: 1, inserts: 2, deletes: 0, known: 7 },
      "2026-11-20",
      512,
    ),
    "probe of letter case": sql.probeCase(connectionId, [1, 4]),
    page: sql.readPage(connectionId, runId, plan.columns, 1000, 2000),
    "commit: what was delivered": [
      ...sql.markRejected(connectionId, runId, [3, 5]),
      sql.countDelivered(connectionId, runId, false),
    ].join(";\n"),
    "commit: into the snapshot": [merge.remove, merge.insert].join(";\n"),
    "commit: a new snapshot": replace("nothing"),
    "commit: a new snapshot, mirror": replace("rejected keys"),
    "commit: a new snapshot, mirror, by a whole number": replace("rejected keys", 0),
    "commit: wider columns": [
      replace("rest"),
      sql.countRest(connectionId, runId),
      sql.countNext(connectionId),
    ].join(";\n"),
    "commit: state": [
      sql.commitState(connectionId, { runId, mappingHash: "m", kind: "part", cursor: null }),
      sql.commitState(connectionId, { runId, mappingHash: "m", kind: "whole", cursor: "2026" }),
    ].join(";\n"),
    "sync log": sql
      .writeLog(connectionId, runId, 30, "2026-11-20 10:00:00", [
        { seq: 3, reason: "it's bad" },
        { seq: 5, reason: "worse" },
      ])
      .join(";\n"),
    forget: [
      sql.tablesOfConnection(connectionId),
      sql.dropTable(sql.snapshotTable(connectionId)),
    ].join(";\n"),
  };
  await expect(
    Object.entries(statements)
      .map(([name, text]) => `── ${name}\n${text}\n`)
      .join("\n"),
  ).toMatchFileSnapshot("./changes-sql.golden.txt");
});

test("no concatenation of a row's hash can exceed Redshift's longest text", () => {
  const anyColumn = fc.constantFrom(
    ["integer", null],
    ["numeric", null],
    ["boolean", null],
    ["super", null],
    ["character varying", 10],
    ["character varying", 256],
    ["character varying", 30_000],
    ["character varying", MAX_TEXT_BYTES],
  ) as fc.Arbitrary<[string, number | null]>;
  fc.assert(
    fc.property(fc.array(anyColumn, { minLength: 1, maxLength: 60 }), (types) => {
      const columns = types.map(([type, length], index) => column(`c${index}`, type, length));
      const groups = sql.valueHashes(columns, (index) => `"c${index}"`);
      const hash = groups.join();
      // every column is hashed once
      for (const { name } of columns) expect(hash).toContain(`"${name}"`);
      for (const group of groups) {
        const bytes = columns
          .filter(({ name }) => group.includes(`"${name}"`))
          .reduce(
            (sum, { maxBytes }) => sum + (maxBytes + 8 > MAX_TEXT_BYTES ? 32 : maxBytes + 8),
            0,
          );
        expect(bytes).toBeLessThanOrEqual(MAX_TEXT_BYTES);
      }
    }),
  );
});

test("names of tables fit and stay apart", () => {
  expect(sql.snapshotTable(connectionId)).toBe(
    "tidegate_snapshot_0190c1f27d3e700080000123456789ab",
  );
  expect(sql.snapshotTable("not a uuid")).toMatch(/^tidegate_snapshot_[0-9a-f]{32}$/);
  expect(sql.deltaTable(connectionId, runId)).toBe(
    "tidegate_delta_0190c1f27d3e_0190c1f27d3e70008000ba9876543210",
  );
  expect(Buffer.byteLength(sql.deltaTable(connectionId, runId))).toBeLessThanOrEqual(127);
});

test("a long list of rejected rows becomes several statements", () => {
  const exclude = sql.markRejected(
    connectionId,
    runId,
    Array.from({ length: 25_001 }, (_, index) => index + 1),
  );
  expect(exclude).toHaveLength(3);
  expect(
    exclude
      .join()
      .match(/\d+/g)!
      .map(Number)
      .filter((seq) => seq === 25_001),
  ).toHaveLength(1);
});

import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type {
  ChangeSet,
  ChangeSetRequest,
  RowPage,
  StatementObserver,
} from "@/lib/connectors/contract/changes";
import { changeFields } from "@/lib/connectors/contract/changes";
import { realDelay } from "@/lib/connectors/retry";
import { fieldsOf, locate } from "@/lib/event/tuple";
import {
  denyS3,
  never,
  openStaging,
  openWarehouse,
  sandboxEndpoints,
  setFaults,
  statementsOf,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { readAll, syncedTables } from "@/lib/testing/synced-tables";
import { redshiftSource, type SourceUnload } from "@/lib/connectors/redshift/source";

let warehouse: Warehouse;
let tables: ReturnType<typeof syncedTables>;
const opened: ChangeSet[] = [];
const limits = { lookMs: 15_000, countMs: 60_000, dryRunMs: 60_000 };

beforeAll(async () => {
  warehouse = await openWarehouse();
  tables = syncedTables(warehouse, () => Promise.resolve());
});
afterAll(() => warehouse.drop());
afterEach(async () => {
  await setFaults(warehouse.config.user, []);
  await denyS3([]);
  for (const set of opened.splice(0)) await set.close();
  await tables.closeAll();
});

/** A bucket of its own for one test, and the source that unloads into it. */
function unloading(more: Partial<SourceUnload["config"]> & { partBytes?: number } = {}) {
  const { partBytes, ...config } = more;
  const staging = openStaging();
  const unload: SourceUnload = {
    config: { ...staging.config, fromRows: 1, ...config },
    secret: staging.secret,
    partBytes,
  };
  const source = redshiftSource(
    warehouse.config,
    warehouse.secret,
    () => Promise.resolve(),
    limits,
    unload,
  );
  return {
    unload,
    source,
    bucket: staging.bucket,
    prefix: staging.config.prefix,
    files: async () =>
      (await staging.bucket.list(`${staging.config.prefix}/`, never)).map(({ key }) => key),
    changes: async (request: ChangeSetRequest, observe?: StatementObserver) => {
      const set = await source.changes(request, never, observe);
      opened.push(set);
      return set;
    },
  };
}

const unloads = async () =>
  (await statementsOf(warehouse.config.user)).filter(({ sql }) => sql.startsWith("UNLOAD"));
const lastStatement = async () => (await statementsOf(warehouse.config.user)).at(-1)?.id ?? 0;

/** Every row of a change set as the bytes of its tuple. */
async function tuplesOf(set: ChangeSet, after = 0): Promise<string[]> {
  const fields = fieldsOf(changeFields.values + set.columns.length);
  const rows: string[] = [];
  const add = ({ rows: count, chunks }: RowPage) => {
    expect(chunks.reduce((sum, { at }) => sum + at.length, 0)).toBe(count);
    for (const { bytes, at } of chunks)
      for (const position of at)
        rows.push(
          Buffer.from(bytes.subarray(position, locate(bytes, position, fields))).toString("latin1"),
        );
  };
  for await (const page of set.read(after, never)) add(page);
  return rows;
}

const hostile = [
  "",
  " ",
  "a,b",
  'quo"te',
  '""',
  '"',
  "line\nbreak",
  "carriage\rreturn",
  "\r\n",
  "back\\slash",
  "\\",
  "\\N",
  "NULL",
  "null",
  "~null~",
  "'",
  "''",
  "tab\tand |",
  "𝄞 é 漢 उ 🏔",
  "trailing  ",
  '{"a":[1]}',
  "\u0001\u001f\u007f",
  "\ufeff",
  "0",
  "1",
];
const quoted = (text: string | null) =>
  text === null ? "NULL" : `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

test("both ways give the same bytes: every type, texts that bite, NULL beside empty text, rejected rows, keys of several columns", async () => {
  const { run, sql } = await tables.table(
    "id integer, a varchar(100), b varchar(100), small smallint, big bigint, num numeric(38,9), dbl float8, flt real, bool boolean, day date, tm time, tmz timetz, ts timestamp, tsz timestamptz, sup super, vb varbyte(20), ch char(6), long varchar(65535)",
    ["id", "a"],
  );
  const texts = [...hostile, null];
  const values = (index: number) => {
    const floats = [
      "0.1",
      "1e15",
      "123456789012345680",
      "-1e-7",
      "1.7976931348623157e308",
      "'NaN'",
      "'Infinity'",
      "0.30000000000000004",
      "-0.0",
      "5e-324",
    ];
    return [
      String(index),
      quoted(texts[index] ?? "key"),
      quoted(texts[(index * 7) % texts.length] ?? null),
      String(index - 10),
      "9223372036854775807",
      "12345678901234567890.123456789",
      floats[index % 3] ?? "0",
      ["1.1", "16777216", "1e-10", "3.4e38"][index % 4] ?? "0",
      ["true", "false", "NULL"][index % 3] ?? "NULL",
      "'2026-03-29'",
      "'01:02:03.000001'",
      "'01:02:03+02'",
      "'2026-03-29 01:30:00.5'",
      "'2026-03-29 01:30:00+01'",
      `JSON_PARSE(${quoted(JSON.stringify({ text: texts[index] ?? "", n: [1, 2.5, null] }))})`,
      index % 2 ? "TO_VARBYTE('a\"', 'utf8')" : "NULL",
      quoted("ab"),
      index === 3 ? `REPEAT('x"', 32767)` : quoted(texts[index] ?? null),
    ].join(", ");
  };
  await sql(`INSERT INTO $t VALUES ${texts.map((_, index) => `(${values(index)})`).join(", ")}`);
  await sql(
    "INSERT INTO $t (id, a) VALUES (NULL, 'no key'), (100, 'all else is NULL'), (7, ''), (7, '')",
  ); // rejected, and of NULLs
  const selection = (request: ChangeSetRequest) => ({
    ...request,
    selection: {
      ...request.selection,
      columns: [
        "id",
        "a",
        "b",
        "small",
        "big",
        "num",
        "dbl",
        "flt",
        "bool",
        "day",
        "tm",
        "tmz",
        "ts",
        "tsz",
        "sup",
        "vb",
        "ch",
        "long",
      ],
    },
  });
  const request = selection(run());
  const paged = await tables.changes(request);
  const expected = await tuplesOf(paged);
  expect(expected).toHaveLength(texts.length + 4);
  const { changes } = unloading({ partBytes: 2_000 });
  const set = await changes({ ...request, fence: 2 });
  expect(set.resumed).toBe(true);
  expect(await tuplesOf(set)).toEqual(expected);
  expect(set.readHow?.()).toMatch(/^by UNLOAD: \d+ files, [\d.]+ MB$/);
  for (const after of [1, 7, expected.length - 1, expected.length])
    expect(await tuplesOf(set, after)).toEqual(expected.slice(after));
});

test("floats keep every digit, also those a text of 15 has not", async () => {
  const { run, sql } = await tables.table("id integer, a float8, b real");
  const floats = [
    "0.1",
    "0.30000000000000004",
    "1e14",
    "1e15",
    "123456.789",
    "-1.0000000000000002",
    "1e-5",
    "0.0001",
    "'NaN'",
    "'Infinity'",
    "'-Infinity'",
    "1e299",
    "-0.0",
    "NULL",
  ];
  const reals = [
    "0.1",
    "1000000",
    "999999",
    "1.17549435e-38",
    "3.4028e37",
    "16777217",
    "'NaN'",
    "'-Infinity'",
    "0.0001",
    "1e-5",
    "-0.0",
    "NULL",
    "1.5",
    "7",
  ];
  await sql(
    `INSERT INTO $t VALUES ${floats.map((text, index) => `(${index}, ${text}, ${reals[index]})`).join(", ")}`,
  );
  const request = run();
  const expected = await tuplesOf(await tables.changes(request));
  const { changes } = unloading();
  const set = await changes({ ...request, fence: 2 });
  expect(await tuplesOf(set)).toEqual(expected);
  expect(set.readHow?.()).toContain("by UNLOAD");
  // one whose 15 digits may be no float: the whole set goes by pages
  await set.commit([], never);
  await sql("INSERT INTO $t VALUES (50, 1.7976931348623157e308, 1), (51, 5e-324, 2)");
  const extreme = await changes(run({ fence: 3 }));
  expect((await readAll(extreme)).map(({ cells }) => cells[1]).sort()).toEqual([
    "1.7976931348623157e+308",
    "5e-324",
  ]);
  expect(extreme.readHow?.()).toBeUndefined();
});

test("below the threshold pages are read, from it on the bucket; after the commit nothing is left in it", async () => {
  const { run, sql } = await tables.table("id integer, a varchar(10), b varchar(10)");
  await sql(
    "INSERT INTO $t SELECT 1, 'x', 'y' UNION ALL SELECT 2, 'x', 'y' UNION ALL SELECT 3, 'x', 'y'",
  );
  const { changes, files } = unloading({ fromRows: 3 });
  const before = (await unloads()).length;
  const first = await changes(run());
  expect(await readAll(first)).toHaveLength(3);
  expect(await files()).not.toEqual([]);
  await first.commit([], never);
  expect(await files()).toEqual([]);
  await sql("UPDATE $t SET a = 'z' WHERE id < 3");
  const second = await changes(run({ fence: 2 }));
  expect(await readAll(second)).toHaveLength(2);
  expect(second.readHow?.()).toBeUndefined();
  expect((await unloads()).length - before).toBe(1);
});

test("a killed worker's successor goes on from its checkpoint, and unloads nothing again", async () => {
  const { run, sql } = await tables.table("id integer, a varchar(200), b varchar(10)");
  await sql("INSERT INTO $t VALUES (0, 'x', 'y')");
  for (let doubled = 1; doubled < 1024; doubled *= 2)
    await sql(`INSERT INTO $t SELECT id + ${doubled}, REPEAT('v', 100), b FROM $t`);
  const { changes, files } = unloading({ partBytes: 20_000 });
  const request = run();
  const killed = await changes(request);
  const seen: number[] = [];
  for await (const { rows } of killed.read(0, never)) {
    seen.push(rows);
    if (seen.length === 2) break; // and is never heard of again
  }
  const checkpoint = seen.reduce((sum, rows) => sum + rows, 0);
  expect(checkpoint).toBeLessThan(1024);
  await killed.close();
  const unloaded = await files();
  const before = await lastStatement();
  const next = await changes({ ...request, fence: 2 });
  expect(next.resumed).toBe(true);
  const rest = await readAll(next, checkpoint - 5);
  expect(rest.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 1024 - checkpoint + 5 }, (_, index) => checkpoint - 4 + index),
  );
  expect(
    (await statementsOf(warehouse.config.user, before)).filter(({ sql: text }) =>
      text.startsWith("UNLOAD"),
    ),
  ).toEqual([]);
  expect(await files()).toEqual(unloaded);
  await next.commit([], never);
  expect(await files()).toEqual([]);
});

test("an UNLOAD that was not finished is removed and done again; files of dead runs go", async () => {
  const { run, sql, connectionId } = await tables.table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y')");
  const { changes, files, bucket, prefix } = unloading();
  const request = run();
  const half = `${prefix}/unload/${connectionId}/${request.runId}/v1-2-00000000/part=0/0000_part_00.gz`;
  const dead = `${prefix}/unload/${connectionId}/${randomUUID()}/v1-2-00000000/manifest`;
  const other = `${prefix}/unload/${randomUUID()}/x/v1-2-00000000/manifest`;
  for (const key of [half, dead, other]) await bucket.put(key, Buffer.from("half a file"), never);
  const set = await changes(request);
  expect(await readAll(set)).toHaveLength(2);
  const left = await files();
  expect(left).not.toContain(half);
  expect(left).not.toContain(dead);
  expect(left).toContain(other);
  await set.commit([], never);
  expect(await files()).toEqual([other]);
});

test("a run that is over, a pruned and a deleted connection leave no file", async () => {
  const { run, sql, connectionId } = await tables.table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y')");
  const { changes, files, source } = unloading();
  for (const end of [
    (request: ChangeSetRequest) => source.discard?.(connectionId, request.runId, never),
    () => source.prune(connectionId, never),
    () => source.forget(connectionId, never),
  ]) {
    const request = run({ fence: 3 });
    const set = await changes(request);
    await readAll(set);
    await set.close();
    opened.splice(opened.indexOf(set), 1);
    expect(await files()).not.toEqual([]);
    await end(request);
    expect(await files()).toEqual([]);
  }
});

test("a file that is gone, cut or of another row is never taken for the rows; the next try unloads anew", async () => {
  const { run, sql } = await tables.table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y'), (3, 'x', 'y')");
  const { changes, files, bucket } = unloading();
  const request = run();
  const damage: [string, (keys: string[]) => Promise<void>][] = [
    ["is gone", async ([key = ""]) => bucket.remove([key], never)],
    ["not what it has to be", async ([key = ""]) => bucket.put(key, Buffer.from("no gzip"), never)],
    [
      "not what it has to be",
      async ([a = "", b = ""]) => bucket.put(a, await bucket.get(b, never), never),
    ],
  ];
  for (const [index, [said, harm]] of damage.entries()) {
    const first = await changes({ ...request, fence: 10 + 2 * index });
    await readAll(first);
    await harm((await files()).filter((key) => key.endsWith(".gz")));
    const again = await changes({ ...request, fence: 11 + 2 * index });
    await expect(readAll(again)).rejects.toThrow(said);
    expect(await files()).toEqual([]);
  }
  expect(await readAll(await changes({ ...request, fence: 90 }))).toHaveLength(3);
});

test("what S3 refuses is told with what to do, and no secret is in a statement that is shown", async () => {
  const { run, sql } = await tables.table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
  const { s3 } = sandboxEndpoints();
  const statements: string[] = [];
  const observe: StatementObserver = (text) => {
    statements.push(text);
    return () => undefined;
  };
  const withKeys = unloading({ access: "keys", accessKeyId: s3.accessKeyId });
  const set = await withKeys.changes(run(), observe);
  expect(await readAll(set)).toHaveLength(1);
  const shown = statements.find((text) => text.startsWith("UNLOAD"));
  expect(shown).toContain(`ACCESS_KEY_ID '${s3.accessKeyId}' SECRET_ACCESS_KEY '***'`);
  expect(statements.join()).not.toContain(s3.secretAccessKey);

  const stranger = unloading({ roleArn: "arn:aws:iam::123456789012:role/Nobody" });
  await expect(readAll(await stranger.changes(run({ fence: 2 })))).rejects.toMatchObject({
    fault: "user-fixable",
    message: "The cluster may not assume the role arn:aws:iam::123456789012:role/Nobody.",
  });
  const denied = unloading();
  await denyS3([{ action: "PutObject", prefix: denied.prefix }]);
  await expect(readAll(await denied.changes(run({ fence: 3 })))).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringContaining("may not write to"),
    detail: { remedy: expect.stringContaining("s3:PutObject") },
  });
  await denyS3([{ action: "GetObject", prefix: denied.prefix }]);
  await expect(readAll(await denied.changes(run({ fence: 4 })))).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringContaining("GetObject on the bucket"),
  });
});

test("a cancel ends the UNLOAD, and so does it the reading of its parts", async () => {
  const { run, sql } = await tables.table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y')");
  const { changes, source } = unloading({ partBytes: 1 });
  await setFaults(warehouse.config.user, [{ match: "UNLOAD", delayMs: 60_000 }]);
  const request = run();
  const set = await changes(request);
  const stop = new AbortController();
  const reading = (async () => {
    for await (const { rows } of set.read(0, stop.signal)) expect(rows).toBe(0);
  })();
  const ended = expect(reading).rejects.toThrow("enough");
  await expect
    .poll(async () =>
      (await statementsOf(warehouse.config.user)).some(
        ({ sql: text }) => text.includes(request.runId) && text.startsWith("UNLOAD"),
      ),
    )
    .toBe(true);
  stop.abort(new Error("enough"));
  await ended;
  await setFaults(warehouse.config.user, []);
  const again = await changes({ ...request, fence: 2 });
  const cut = new AbortController();
  await expect(
    (async () => {
      for await (const { rows } of again.read(0, cut.signal)) {
        expect(rows).toBe(1);
        cut.abort(new Error("enough of it"));
      }
    })(),
  ).rejects.toThrow("enough of it");
  await source.discard?.(request.connectionId, request.runId, never);
});

test("the check: two rows go and come back, and each refusal is told by its own part", async () => {
  const { source, files, prefix, unload } = unloading();
  const results = async (of = source) => {
    const found: { id: string; status: string; summary: string; parts: string[] }[] = [];
    for await (const { id, status, summary, parts = [] } of of.checkUnload!(never))
      if (status !== "running")
        found.push({
          id,
          status,
          summary,
          parts: parts.map((part) => `${part.id} ${part.status}`),
        });
    return found;
  };
  expect((await results()).map(({ id, status }) => `${id} ${status}`)).toEqual([
    "connection passed",
    "bucket passed",
    "unload passed",
    "read passed",
    "clean-up passed",
  ]);
  expect(await files()).toEqual([]);
  await denyS3([{ action: "GetObject", prefix }]);
  expect((await results()).map(({ id, status }) => `${id} ${status}`)).toEqual([
    "connection passed",
    "bucket passed",
    "unload passed",
    "read failed",
    "clean-up passed",
  ]);
  await denyS3([{ action: "PutObject", prefix }]);
  const [, , refused] = await results();
  expect(refused).toMatchObject({ status: "failed", parts: ["write failed"] });
  await denyS3([]);
  const elsewhere = redshiftSource(warehouse.config, warehouse.secret, realDelay, limits, {
    ...unload,
    config: { ...unload.config, bucket: "no-such-bucket" },
  });
  expect((await results(elsewhere)).map(({ status }) => status)).toEqual([
    "passed",
    "failed",
    "skipped",
    "skipped",
    "skipped",
  ]);
  expect(await files()).toEqual([]);
});

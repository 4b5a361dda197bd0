// What lands is what was there: names, texts, numbers and dates at their limits, and rows that COPY refuses among many.
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { LoadRequest, TableDestination } from "@/lib/connectors/contract/rows";
import type { Delay } from "@/lib/connectors/retry";
import { pageOf, type ChangedRow } from "@/lib/testing/changes";
import { runLoad, type LoadOutcome } from "@/lib/testing/run-load";
import {
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  setFaults,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { redshiftDestination } from "@/lib/connectors/redshift/destination";
import { loadDefaults, type LoadOptions } from "@/lib/connectors/redshift/spec";

let warehouse: Warehouse;
let staging: ReturnType<typeof openStaging>;
let table: string;
let connectionId: string;
let fence: number;
const opened: TableDestination[] = [];

beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());
beforeEach(() => {
  staging = openStaging();
  table = `values_${randomUUID().slice(0, 8)}`;
  connectionId = randomUUID();
  fence = 0;
});
afterEach(async () => {
  await setFaults(warehouse.config.user, []);
  for (const destination of opened.splice(0)) await destination.close();
});

type Change = { options?: Partial<LoadOptions>; request?: Partial<LoadRequest>; delay?: Delay };
function open(
  columns: ColumnInfo[],
  { options, request, delay = async () => undefined }: Change = {},
) {
  const destination = redshiftDestination(
    {
      connection: warehouse.config,
      staging: staging.config,
      tables: { ...loadDefaults, targetSchema: warehouse.schema, ...options },
    },
    { connection: warehouse.secret, staging: staging.secret },
    delay,
    { textBytes: 8_000_000, chunkBytes: 1_000_000 },
  );
  opened.push(destination);
  return destination.openLoad({
    connectionId,
    runId: randomUUID(),
    fence: ++fence,
    table,
    columns,
    order: [],
    keys: ["id"],
    oneRowPerKey: true,
    ...request,
  });
}
const run = (columns: ColumnInfo[], rows: ChangedRow[], change?: Change): Promise<LoadOutcome> =>
  runLoad(open(columns, change), rows);

const column = (name: string, type: string, kind: ColumnInfo["kind"]): ColumnInfo => ({
  name,
  type,
  kind,
});
const id = column("id", "bigint", "bigint");
const row = (seq: number, cells: (string | null)[], mark?: "delete"): ChangedRow => ({
  seq,
  key: cells[0] ?? null,
  messageId: "0".repeat(32),
  cells,
  ...(mark && { isDelete: true as const }),
});
const numbered = (rows: (string | null)[][]): ChangedRow[] =>
  rows.map((cells, at) => row(at + 1, cells));
const target = () => `"${warehouse.schema}"."${table}"`;
const held = (what = "*") => warehouse.admin(`SELECT ${what} FROM ${target()} ORDER BY 1`);
const make = async (columns: string): Promise<void> => {
  await warehouse.admin(`CREATE TABLE ${target()} (${columns})`);
  await warehouse.admin(`GRANT ALL ON TABLE ${target()} TO "${warehouse.config.user}"`);
};

/** AWS's page "Reserved words", and the two that it says need quotation marks as aliases. */
const reserved =
  `AES128 AES256 ALL ALLOWOVERWRITE ANALYSE ANALYZE AND ANY ARRAY AS ASC AUTHORIZATION AZ64 BACKUP BETWEEN BINARY BLANKSASNULL BOTH
  BYTEDICT BZIP2 CASE CAST CHECK COLLATE COLUMN CONSTRAINT CREATE CREDENTIALS CROSS CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER
  CURRENT_USER_ID DEFAULT DEFERRABLE DEFLATE DEFRAG DELTA DELTA32K DESC DISABLE DISTINCT DO ELSE EMPTYASNULL ENABLE ENCODE ENCRYPT ENCRYPTION
  END EXCEPT EXPLICIT FALSE FOR FOREIGN FREEZE FROM FULL GLOBALDICT256 GLOBALDICT64K GRANT GROUP GZIP HAVING IDENTITY IGNORE ILIKE IN INITIALLY
  INNER INTERSECT INTERVAL INTO IS ISNULL JOIN LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP LUN LUNS LZO LZOP MINUS MOSTLY16 MOSTLY32 MOSTLY8
  NATURAL NEW NOT NOTNULL NULL NULLS OFF OFFLINE OFFSET OID OLD ON ONLY OPEN OR ORDER OUTER OVERLAPS PARALLEL PARTITION PERCENT PERMISSIONS PIVOT
  PLACING PRIMARY RAW READRATIO RECOVER REFERENCES REJECTLOG RESORT RESPECT RESTORE RIGHT SELECT SESSION_USER SIMILAR SNAPSHOT SOME SYSDATE SYSTEM
  TABLE TAG TDES TEXT255 TEXT32K THEN TIMESTAMP TO TOP TRAILING TRUE TRUNCATECOLUMNS UNION UNIQUE UNNEST UNPIVOT USER USING VERBOSE WALLET WHEN
  WHERE WITH WITHOUT START CONNECT`.split(/\s+/);

test("every reserved word is a column, in a table that is made, changed and deleted from", async () => {
  expect(reserved.length).toBeGreaterThanOrEqual(153);
  const columns = [id, ...reserved.map((word) => column(word, "varchar(40)", "text"))];
  const cells = (key: number, what: string) => [
    String(key),
    ...reserved.map((word) => `${what} ${word}`),
  ];
  // by key of another reserved word too, since keys stand in conditions of their own
  const request = { keys: ["id", "ORDER"] };
  const key = (number: number, what: string) => JSON.stringify([String(number), `${what} ORDER`]);
  const keyed = (rows: ChangedRow[], what: string) =>
    rows.map((each) => ({ ...each, key: key(Number(each.cells[0]), what) }));
  await run(columns, keyed(numbered([cells(1, "a"), cells(2, "a"), cells(3, "a")]), "a"), {
    request,
  });
  await run(
    columns,
    keyed(
      [
        row(
          1,
          cells(2, "a").map((cell, at) =>
            at > 0 && reserved[at - 1] !== "ORDER" ? `${cell}!` : cell,
          ),
        ),
        row(2, cells(3, "a"), "delete"),
      ],
      "a",
    ),
    { request: { ...request, oneRowPerKey: false } },
  );
  const names = reserved.map((word) => (word === "OID" ? "_oid" : word.toLowerCase()));
  expect(await held(["id", ...names.map((name) => `"${name}"`)].join(", "))).toEqual([
    cells(1, "a"),
    cells(2, "a").map((cell, at) => (at > 0 && reserved[at - 1] !== "ORDER" ? `${cell}!` : cell)),
  ]);
});

test("control characters and every script are the same bytes in the target", async () => {
  const controls = [
    ...Array.from({ length: 31 }, (_, at) => String.fromCharCode(at + 1)),
    "\u007f",
    "\u0085",
    "\u00a0",
    "\u200b",
    "\u200d",
    "\u202e",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\ufffd",
  ];
  const scripts = [
    "مرحبا بالعالم",
    "שלום",
    "สวัสดี",
    "नमस्ते",
    "こんにちは",
    "안녕하세요",
    "你好，世界",
    "Здравствуйте",
    "Γειά",
    "ქართული",
    "አማርኛ",
    "ཀ",
    "e\u0301",
    "é",
    "👩‍👩‍👧‍👦",
    "🏴\u{e0067}\u{e0062}\u{e007f}",
    "\u{10ffff}",
    "𝔘𝔫𝔦",
  ];
  const texts = [
    ...controls,
    ...controls.map((control) => `a${control}b${control}`),
    controls.join(""),
    ...scripts,
  ];
  const columns = [
    id,
    column("text", "varchar(4000)", "text"),
    column("after", "varchar(10)", "text"),
  ];
  const rows = texts.map((text, at) => [String(at + 1), text, "after"]);
  for (const oneRowPerKey of [true, false]) {
    expect(await run(columns, numbered(rows), { request: { oneRowPerKey } })).toMatchObject({
      loaded: rows.length,
      rejected: [],
    });
    const found = await held();
    expect(
      found.map(([key, text, after]) => [key, Buffer.from(text ?? "").toString("hex"), after]),
    ).toEqual(rows.map(([key, text, after]) => [key, Buffer.from(text!).toString("hex"), after]));
  }
});

test("whatever inserts and deletes of a key come in one load, and in whatever order, the last one counts", async () => {
  // every sequence of up to five, for a key that is there and for one that isn't
  const sequences = Array.from({ length: 5 }, (_, length) =>
    Array.from({ length: 2 ** (length + 1) }, (_, bits) =>
      Array.from({ length: length + 1 }, (_, at) => (bits >> at) % 2 === 1),
    ),
  ).flat();
  const columns = [id, column("version", "integer", "integer")];
  const keys = sequences.flatMap((deletes, at) => [
    { key: 2 * at, deletes },
    { key: 2 * at + 1, deletes },
  ]);
  await run(
    columns,
    numbered(keys.filter(({ key }) => key % 2 === 0).map(({ key }) => [String(key), "0"])),
  );
  // first of every key its first, then its second, and so on: versions of a key lie far apart
  const told = [0, 1, 2, 3, 4].flatMap((nth) =>
    keys
      .filter(({ deletes }) => nth < deletes.length)
      .map(({ key, deletes }) => ({ key, isDelete: deletes[nth], version: nth + 1 })),
  );
  const rows = told.map(({ key, isDelete, version }, at) =>
    row(at + 1, [String(key), String(version)], isDelete ? "delete" : undefined),
  );
  await run(columns, rows, { request: { oneRowPerKey: false } });
  expect(await held()).toEqual(
    keys
      .filter(({ deletes }) => !deletes.at(-1))
      .map(({ key, deletes }) => [String(key), String(deletes.length)]),
  );
});

test("texts of 65,535 bytes pass; one byte more is reported with its column and key, and cut only where that was chosen", async () => {
  const columns = [id, column("text", "varchar(65535)", "text")];
  const fits = [
    "x".repeat(65_535),
    "उ".repeat(21_845),
    `abc${"🏔".repeat(16_383)}`,
    '"'.repeat(65_535),
  ];
  const over: [string, number][] = [
    ["x".repeat(65_536), 65_536],
    ["उ".repeat(21_846), 65_538],
    ["🏔".repeat(16_384), 65_536],
  ];
  const all = numbered(
    [...fits, ...over.map(([text]) => text)].map((text, at) => [String(at + 1), text]),
  );
  for (const overflow of ["reject", "widen"] as const) {
    const { loaded, rejected } = await run(columns, all, { options: { overflow } });
    expect(loaded).toBe(fits.length);
    expect(rejected).toEqual(
      over.map(([, bytes], at) => ({
        seq: fits.length + at + 1,
        key: String(fits.length + at + 1),
        column: "text",
        code: "text-too-long",
        reason: `The text in “text” has ${bytes.toLocaleString("en")} bytes; ${overflow === "widen" ? "a" : "the"} column takes at most 65,535.`,
      })),
    );
    expect((await held()).map(([, text], at) => text === fits[at])).toEqual(fits.map(() => true));
  }
  expect(await run(columns, all, { options: { overflow: "cut" } })).toMatchObject({
    loaded: all.length,
    rejected: [],
  });
  expect(
    (await held()).slice(-3).map(([, text]) => [text?.length, Buffer.byteLength(text ?? "")]),
  ).toEqual([
    [65_535, 65_535],
    [21_845, 65_535],
    [2 * 16_383, 65_532],
  ]);
});

test("a NUL, and half of a surrogate pair, which no UTF-8 text holds: the row is rejected, its neighbors land", async () => {
  const columns = [
    id,
    column("text", "varchar(40)", "text"),
    column("after", "varchar(10)", "text"),
  ];
  const page = pageOf(
    numbered([
      ["1", "fine", "a"],
      ["2", "zero\0byte", "b"],
      ["3", "half \uf8ff pair", "c"],
      ["4", "\0", "d"],
      ["5", "fine", "e"],
    ]),
  );
  // three bytes of another character become the three of a lone surrogate
  for (const { bytes } of page.chunks) {
    const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf("\uf8ff");
    if (at >= 0) bytes.set([0xed, 0xa0, 0x80], at);
  }
  const stop = open(columns, { options: { badRows: "fail" } });
  await stop.prepare(never);
  await stop.stage(page, never);
  await expect(
    stop.commit({ seq: 5, rejectedSoFar: 0, onRejected: async () => undefined }, never),
  ).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringMatching(
      /Line 2 of \S+, column “text” \(varchar\(40\)\).*UTF8/,
    ) as string,
  });
  await stop.cleanup();
  expect(await held()).toEqual([]);
  const load = open(columns);
  const rejected: unknown[] = [];
  for (let report: unknown = "again"; report === "again";) {
    rejected.length = 0;
    await load.prepare(never);
    await load.stage(page, never);
    report = await load.commit(
      { seq: 5, rejectedSoFar: 0, onRejected: async (more) => void rejected.push(...more) },
      never,
    );
  }
  await load.cleanup();
  expect(rejected).toMatchObject(
    ["2", "3", "4"].map((key) => ({
      seq: Number(key),
      key,
      column: "text",
      code: "copy-refused",
      reason: expect.stringContaining("UTF8") as string,
    })),
  );
  expect(await held()).toEqual([
    ["1", "fine", "a"],
    ["5", "fine", "e"],
  ]);
});

test("numbers and dates at their limits are exact; what no number is, is refused by its column", async () => {
  const columns = [
    id,
    column("n", "numeric(38,0)", "decimal"),
    column("fine", "numeric(38,37)", "decimal"),
    column("d", "double precision", "float"),
    column("day", "date", "text"),
    column("at", "timestamp", "timestamp"),
    column("tz", "timestamptz", "timestamptz"),
  ];
  const rows = [
    [
      "9223372036854775807",
      `1${"0".repeat(37)}`,
      `0.${"0".repeat(36)}1`,
      "0.30000000000000004",
      "0001-01-01",
      "0001-01-01 00:00:00",
      "0001-01-01 00:00:00+00",
    ],
    [
      "-9223372036854775808",
      "9".repeat(38),
      `-9.${"9".repeat(37)}`,
      "1e-40",
      "9999-12-31",
      "9999-12-31 23:59:59.999999",
      "9999-12-31 23:59:59.999999+00",
    ],
    [
      "1",
      `-${"9".repeat(38)}`,
      "-0",
      "-0",
      "2000-02-29",
      "2000-02-29 12:34:56.000001",
      "2000-02-29 12:34:56.000001+00",
    ],
    [
      "2",
      "0",
      "0",
      "-1.7976931348623157e+308",
      "1970-01-01",
      "1970-01-01 00:00:00",
      "1970-01-01 00:00:00+00",
    ],
    ["3", null, null, "2.2250738585072014e-308", null, null, null],
  ];
  for (const oneRowPerKey of [true, false]) {
    expect(await run(columns, numbered(rows), { request: { oneRowPerKey } })).toMatchObject({
      loaded: rows.length,
      rejected: [],
    });
    const found = new Map(
      (
        await held(
          "id, n, fine, d, TO_CHAR(day, 'YYYY-MM-DD'), TO_CHAR(at, 'YYYY-MM-DD HH24:MI:SS.US'), TO_CHAR(tz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        )
      ).map((each) => [each[0], each]),
    );
    expect(found.size).toBe(rows.length);
    for (const [key, n, fine, d, day, at] of rows) {
      const [, n2, fine2, d2, day2, at2, tz2] = found.get(key!)!;
      expect([n2, day2]).toEqual([n, day]);
      expect(fine2).toBe(fine?.includes(".") === false ? `0.${"0".repeat(37)}` : fine);
      expect(Number(d2) - Number(d)).toBe(0);
      const micros = at?.includes(".") === false ? `${at}.000000` : at;
      expect([at2, tz2]).toEqual([micros, micros]);
    }
  }
  const whole = rows[3]!;
  const bad: [number, string, string][] = [
    [0, "9223372036854775808", "id"],
    [1, `1${"0".repeat(38)}`, "n"],
    ...["NaN", "Infinity", "-Infinity"].flatMap((text): [number, string, string][] => [
      [1, text, "n"],
      [2, text, "fine"],
      [0, text, "id"],
    ]),
    [3, "1e400", "d"],
    [4, "0000-00-00", "day"],
    [4, "2026-02-29", "day"],
    [5, "2026-02-30 00:00:00", "at"],
  ];
  const told = numbered([
    ...bad.map(([index, text], at) =>
      whole.map((cell, nth) => {
        if (nth === index) return text;
        return nth === 0 ? String(100 + at) : cell;
      }),
    ),
    ["77", ...whole.slice(1)],
  ]);
  const outcome = await run(columns, told);
  expect(outcome.loaded).toBe(1);
  expect(outcome.rejected.map(({ seq, column: name, code }) => [seq, name, code])).toEqual(
    bad.map(([, , name], at) => [at + 1, name, "copy-refused"]),
  );
  expect((await held("id")).map(([key]) => key)).toEqual([
    "-9223372036854775808",
    "1",
    "2",
    "3",
    "77",
    "9223372036854775807",
  ]);
});

test("rows whose key is a date before Christ land and go, or are recorded; none ends every run", async () => {
  const columns = [column("id", "date", "text"), column("note", "varchar(9)", "text")];
  const dates = ["0044-03-15 BC", "4713-01-01 BC", "0001-01-01", "2026-02-28"];
  const outcome = await run(columns, numbered(dates.map((date) => [date, "here"])));
  expect(outcome.loaded + outcome.rejected.length).toBe(dates.length);
  const refused = new Set(outcome.rejected.map(({ key }) => key));
  expect(await warehouse.admin(`SELECT COUNT(*) FROM ${target()}`)).toEqual([
    [String(dates.length - refused.size)],
  ]);
  const gone = dates.map((date, at) => row(at + 1, [date, null], "delete"));
  expect(await run(columns, gone)).toMatchObject({ deleted: dates.length });
  expect(await warehouse.admin(`SELECT COUNT(*) FROM ${target()}`)).toEqual([["0"]]);
});

test("a user of one connection: rows that COPY refuses are recorded, without the warehouse's own reason", async () => {
  await make("id bigint, credit numeric(8,2)");
  const user = `"${warehouse.config.user}"`;
  await warehouse.admin(`ALTER USER ${user} CONNECTION LIMIT 1`);
  const outcome = await run(
    [id, column("credit", "numeric(8,2)", "decimal")],
    numbered([
      ["1", "1.25"],
      ["2", "1234567.89"],
    ]),
  ).finally(() => warehouse.admin(`ALTER USER ${user} CONNECTION LIMIT UNLIMITED`));
  expect(outcome).toMatchObject({
    loaded: 1,
    rejected: [
      {
        seq: 2,
        key: "2",
        reason: "COPY didn't load this row, and the warehouse doesn't say why.",
        code: "copy-refused",
      },
    ],
  });
  expect(await held()).toEqual([["1", "1.25"]]);
});

test("one bad row among 100,000 is told with file, line, column and reason: the others land, or nothing does", async () => {
  const columns = [id, column("credit", "numeric(8,2)", "decimal")];
  const BAD = 77_777;
  const rows = numbered(
    Array.from({ length: 100_000 }, (_, at) => [
      String(at + 1),
      at + 1 === BAD ? "1234567.89" : "1.25",
    ]),
  );
  const told = new RegExp(
    `Line ${BAD} of \\d+-rows-\\d+-00001\\.csv\\.gz, column “credit” \\(numeric.*\\), value “1234567\\.89”: Numeric value out of range`,
  );
  await make("id bigint, credit numeric(8,2)");
  await warehouse.admin(`INSERT INTO ${target()} VALUES (5, 9.99), (200000, 1)`);
  await expect(run(columns, rows, { options: { badRows: "fail" } })).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringMatching(told) as string,
  });
  expect(await held()).toEqual([
    ["5", "9.99"],
    ["200000", "1.00"],
  ]);
  expect(await staging.bucket.list(staging.config.prefix, never)).toEqual([]);
  const outcome = await run(columns, rows);
  expect(outcome).toMatchObject({
    loaded: 99_999,
    rejected: [
      {
        seq: BAD,
        key: String(BAD),
        column: "credit",
        code: "copy-refused",
        reason: expect.stringMatching(told) as string,
      },
    ],
  });
  expect(
    await held(
      `COUNT(*), COUNT(DISTINCT id), SUM(credit), MAX(CASE WHEN id = ${BAD} THEN 1 ELSE 0 END)`,
    ),
  ).toEqual(
    [["100000", "100000", String(99_999 * 1.25 + 1), "0"]].map(([a, b, sum, d]) => [
      a,
      b,
      expect.stringMatching(`^${sum}0*$`),
      d,
    ]),
  );
});

test("“Batch every n minutes” is what the destination asks of the engine", () => {
  const destination = redshiftDestination(
    {
      connection: warehouse.config,
      staging: staging.config,
      tables: {
        ...loadDefaults,
        targetSchema: warehouse.schema,
        batchMinutes: 7,
        batchRows: 5_000,
      },
    },
    { connection: warehouse.secret, staging: staging.secret },
  );
  opened.push(destination);
  expect(destination.batch).toEqual({ ms: 420_000, rows: 5_000 });
});

const conflict = {
  code: "XX000",
  message: "1023",
  detail: "Serializable isolation violation on table - 1",
};

test("conflicts (1023) on three commits in ten: every load ends within five tries; on all of them, it says so", async () => {
  const columns = [id, column("n", "integer", "integer")];
  // which commits conflict, over and over: twelve of forty, up to four in a row
  const pattern = "-x---xx------xxx----x-------xxxx------x-";
  await setFaults(
    warehouse.config.user,
    [...pattern.repeat(5)].map((commit) => ({
      match: "COMMIT",
      times: 1,
      ...(commit === "x" && { error: conflict }),
    })),
  );
  let waits = 0;
  const delay = async () => {
    waits += 1;
  };
  for (let n = 1; n <= 20; n += 1) {
    expect(
      await run(
        columns,
        numbered(Array.from({ length: 10 }, (_, key) => [String(key + n), String(n)])),
        { delay },
      ),
    ).toMatchObject({ loaded: 10, rejected: [] });
  }
  expect(await held()).toEqual(
    Array.from({ length: 29 }, (_, at) => [String(at + 1), String(Math.min(at + 1, 20))]),
  );
  expect(waits).toBeGreaterThanOrEqual(12);
  await setFaults(warehouse.config.user, []);
  const load = open(columns);
  await load.prepare(never);
  await load.stage(pageOf(numbered([["1", "99"]])), never);
  await setFaults(warehouse.config.user, [{ match: "COMMIT", error: conflict }]);
  await expect(
    load.commit({ seq: 1, rejectedSoFar: 0, onRejected: async () => undefined }, never),
  ).rejects.toMatchObject({ fault: "transient", detail: { code: "1023" } });
  await load.cleanup();
  await setFaults(warehouse.config.user, []);
  expect((await held())[0]).toEqual(["1", "1"]);
  expect(await staging.bucket.list(staging.config.prefix, never)).toEqual([]);
});

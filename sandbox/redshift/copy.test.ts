// The options of AWS's pages on COPY, one by one: data format, data conversion, data load, source and
// authorization. Each accepted with what it does, or refused.
import { gzipSync, zstdCompressSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type pg from "pg";
import { errorOf, runningSandbox } from "../testing/running";

const sandbox = runningSandbox();
let client: pg.Client;
let files = 0;
let role = "";

beforeAll(async () => {
  client = await sandbox.login();
  role = `IAM_ROLE '${sandbox.endpoints.s3.roleArn}'`;
});

/** Puts the text into a file of its own, makes the table anew, and loads it. */
async function load(
  columns: string,
  data: string | Buffer,
  options: string,
  list = "",
): Promise<unknown[][]> {
  const key = `copy/${++files}`;
  await sandbox.put(key, data);
  await client.query("DROP TABLE IF EXISTS loaded");
  await client.query(`CREATE TABLE loaded (${columns})`);
  await client.query(`COPY loaded ${list} FROM 's3://tidegate-sandbox/${key}' ${role} ${options}`);
  const { rows } = await client.query({
    text: "SELECT * FROM loaded",
    rowMode: "array",
    types: { getTypeParser: () => (text: string) => text } as never,
  });
  return rows as unknown as unknown[][];
}

interface Failure {
  code: number;
  reason: string;
  column: string;
  line: string;
}

/** Loads what must fail and returns what STL_LOAD_ERRORS says about it. */
async function failure(columns: string, data: string | Buffer, options: string): Promise<Failure> {
  const error = await load(columns, data, options).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({
    code: "XX000",
    message: "Load into table 'loaded' failed.  Check 'stl_load_errors' system table for details.",
  });
  const { rows } = await client.query<Failure>(
    `SELECT err_code AS code, TRIM(err_reason) AS reason, TRIM(colname) AS "column", line_number AS line FROM stl_load_errors WHERE TRIM(filename) = 's3://tidegate-sandbox/copy/${files}'`,
  );
  const { rows: newer } = await client.query(
    `SELECT error_code FROM sys_load_error_detail WHERE file_name = 's3://tidegate-sandbox/copy/${files}'`,
  );
  expect(newer.length).toBe(rows.length);
  return rows[0] as Failure;
}

const refused = (options: string, table = "target"): Promise<string> =>
  errorOf(client, `COPY ${table} FROM 's3://tidegate-sandbox/copy/none' ${options}`);

describe("COPY data format", () => {
  test("without options: pipe separated text", async () => {
    expect(await load("a int, b varchar(10)", "1|x\n2|\n3|\\N\n", "")).toEqual([
      ["1", "x"],
      ["2", ""],
      ["3", null],
    ]);
  });
  test("DELIMITER, also a tab and an octal number", async () => {
    expect(await load("a int, b varchar(10)", "1;x\n", "DELIMITER ';'")).toEqual([["1", "x"]]);
    expect(await load("a int, b varchar(10)", "1\tx\n", "DELIMITER AS '\\t'")).toEqual([
      ["1", "x"],
    ]);
    expect(await load("a int, b varchar(10)", "1\x01x\n", "DELIMITER '\\\\001'")).toEqual([
      ["1", "x"],
    ]);
  });
  test("CSV: quotes, doubled quotes, newlines, blanks around quotes", async () => {
    expect(
      await load("a int, b varchar(50)", '1,"a ""b"", c"\n2, "x\ny" \r\n3,plain\n', "CSV"),
    ).toEqual([
      ["1", 'a "b", c'],
      ["2", "x\ny"],
      ["3", "plain"],
    ]);
  });
  test("FORMAT AS CSV QUOTE, and CSV with another delimiter", async () => {
    expect(
      await load(
        "a int, b varchar(50)",
        '1|%a "b" %%|%\n',
        "FORMAT AS CSV QUOTE AS '%' DELIMITER '|'",
      ),
    ).toEqual([["1", 'a "b" %|']]);
  });
  test("CSV: a quote in the middle of a field fails", async () => {
    expect(await failure("a int, b varchar(50)", '1,ab"c\n', "CSV")).toMatchObject({
      code: 1214,
      reason: "Invalid quote formatting for CSV",
    });
  });
  test("FIXEDWIDTH counts characters", async () => {
    expect(await load("a int, b varchar(20)", "  1äöü\n 22xy \n", "FIXEDWIDTH 'a:3,b:3'")).toEqual([
      ["1", "äöü"],
      ["22", "xy"],
    ]);
  });
  test("JSON 'auto' matches lower-case keys exactly and keeps every digit", async () => {
    const data =
      '{"a": 9223372036854775807, "b": "x\\ny", "c": 0.1234567890123456789, "d": {"z": [1.50]}, "E": 1}\n{"a": 1}{"b": null,\n"c": 2}';
    expect(
      await load("a bigint, b varchar(20), c decimal(38,19), d super, e int", data, "JSON 'auto'"),
    ).toEqual([
      ["9223372036854775807", "x\ny", "0.1234567890123456789", '{"z":[1.50]}', null],
      ["1", null, null, null, null],
      [null, null, "2.0000000000000000000", null, null],
    ]);
  });
  test("FORMAT JSON 'auto ignorecase'", async () => {
    expect(await load("mixed int", '{"MixeD": 5}', "FORMAT JSON AS 'auto ignorecase'")).toEqual([
      ["5"],
    ]);
  });
  test("JSON with a JSONPaths file, arrays among the rows", async () => {
    await sandbox.put(
      "paths/p.json",
      '{"jsonpaths": ["$[1]", "$[0][\'k\']"]}'.replace("$[0]['k']", "$[0]"),
    );
    expect(
      await load(
        "a int, b varchar(10)",
        '["x", 1]\n["y", 2]',
        "JSON 's3://tidegate-sandbox/paths/p.json'",
      ),
    ).toEqual([
      ["1", "x"],
      ["2", "y"],
    ]);
    await sandbox.put("paths/deep.json", '{"jsonpaths": ["$.a.b", "$.c[1]"]}');
    expect(
      await load(
        "a int, b varchar(10)",
        '{"a": {"b": 7}, "c": [0, "z"]}',
        "JSON 's3://tidegate-sandbox/paths/deep.json'",
      ),
    ).toEqual([["7", "z"]]);
  });
  test("JSON 'noshred' loads whole rows into one SUPER column", async () => {
    expect(await load("d super", '{"a": 1}\n{"a": 2}', "JSON 'noshred'")).toEqual([
      ['{"a":1}'],
      ['{"a":2}'],
    ]);
  });
  test("JSON that is no JSON", async () => {
    expect(await failure("a int", '{"a": 1}\nnonsense\n', "JSON 'auto'")).toMatchObject({
      code: 1216,
      line: "2",
    });
  });
  test.each([
    ["CSV ESCAPE", "CSV is not supported with ESCAPE"],
    ["CSV REMOVEQUOTES", "CSV is not supported with REMOVEQUOTES"],
    ["CSV FIXEDWIDTH 'a:1'", "CSV is not supported with FIXEDWIDTH"],
    ["FIXEDWIDTH 'a:1' DELIMITER ','", "FIXEDWIDTH is not supported with DELIMITER"],
    ["JSON 'auto' CSV", "with JSON"],
    ["JSON 'auto' ESCAPE", "JSON is not supported with ESCAPE"],
    ["JSON 'auto' NULL AS 'x'", "JSON is not supported with NULL"],
    ["JSON 'auto' FILLRECORD", "JSON is not supported with FILLRECORD"],
    ["JSON 'automatic'", "Invalid JSON option"],
    ["DELIMITER 'ab'", "single ASCII character"],
    ["QUOTE '%'", "QUOTE is only supported with CSV"],
    ["PARQUET", "not emulated"],
    ["AVRO 'auto'", "not emulated"],
    ["CSV CSV", "redundant"],
    ["NOSUCHOPTION", "syntax error"],
  ])("refuses %s", async (options, text) => {
    expect(await refused(`${role} ${options}`)).toContain(text);
  });
});

describe("COPY data conversion", () => {
  test("an empty field is NULL but for character columns", async () => {
    expect(await load("a int, b varchar(5), c date, d boolean, e super", ",,,,\n", "CSV")).toEqual([
      [null, "", null, null, null],
    ]);
  });
  test("EMPTYASNULL, BLANKSASNULL, NULL AS", async () => {
    expect(await load("a varchar(5), b varchar(5)", ",   \n", "CSV EMPTYASNULL")).toEqual([
      [null, "   "],
    ]);
    expect(await load("a varchar(5), b varchar(5)", ",   \n", "CSV BLANKSASNULL")).toEqual([
      ["", null],
    ]);
    expect(await load("a varchar(5), b varchar(5)", "~,x\n", "CSV NULL AS '~'")).toEqual([
      [null, "x"],
    ]);
  });
  test("ACCEPTINVCHARS replaces bytes that are not UTF-8, else they are an error", async () => {
    const bad = Buffer.from([0x61, 0xc3, 0x28, 0x62, 0x0a]);
    expect(await load("a varchar(10)", bad, "CSV ACCEPTINVCHARS AS '^'")).toEqual([["a^(b"]]);
    expect(await failure("a varchar(10)", bad, "CSV")).toMatchObject({ code: 1220, column: "a" });
  });
  test("DATEFORMAT: strict by default, a format, 'auto'", async () => {
    expect(await load("a date", "2024-02-29\n", "CSV")).toEqual([["2024-02-29"]]);
    expect(await load("a date", "29.02.2024\n", "CSV DATEFORMAT 'DD.MM.YYYY'")).toEqual([
      ["2024-02-29"],
    ]);
    expect(
      await load(
        "a date",
        '20240229\n2024/02/29\n"Feb 29, 2024"\n2024-02-29 10:00:00\n',
        "CSV DATEFORMAT 'auto'",
      ),
    ).toEqual([["2024-02-29"], ["2024-02-29"], ["2024-02-29"], ["2024-02-29"]]);
    expect(await failure("a date", "2023-02-29\n", "CSV")).toMatchObject({ code: 1205 });
    expect(await failure("a date", "29.02.24\n", "CSV")).toMatchObject({
      code: 1205,
      reason: "Invalid Date Format - length must be 10 or more",
    });
  });
  test("TIMEFORMAT: strict by default, a format, 'auto', 'epochsecs', 'epochmillisecs'", async () => {
    expect(
      await load(
        "a timestamp, b timestamptz",
        "2024-01-02 03:04:05.123456,2024-01-02 03:04:05+02\n",
        "CSV",
      ),
    ).toEqual([["2024-01-02 03:04:05.123456", "2024-01-02 01:04:05+00"]]);
    expect(await failure("a timestamp", "2024-01-02T03:04:05Z\n", "CSV")).toMatchObject({
      code: 1206,
      reason: "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]",
    });
    expect(
      await load(
        "a timestamp, b timestamptz",
        "2024-01-02T03:04:05Z,2024-01-02T03:04:05.5-05:30\n",
        "CSV TIMEFORMAT 'auto'",
      ),
    ).toEqual([["2024-01-02 03:04:05", "2024-01-02 08:34:05.5+00"]]);
    expect(
      await load("a timestamp", "01/02/2024 3:04 PM\n", "CSV TIMEFORMAT 'MM/DD/YYYY HH12:MI AM'"),
    ).toEqual([["2024-01-02 15:04:00"]]);
    expect(await load("a timestamp", "1704164645\n", "CSV TIMEFORMAT 'epochsecs'")).toEqual([
      ["2024-01-02 03:04:05"],
    ]);
    expect(
      await load("a timestamp", "1704164645250\n", "CSV TIMEFORMAT AS 'epochmillisecs'"),
    ).toEqual([["2024-01-02 03:04:05.25"]]);
  });
  test("ACCEPTANYDATE loads NULL for what is no date", async () => {
    expect(
      await load("a date, b int", "00/00/00,1\n", "CSV DATEFORMAT 'auto' ACCEPTANYDATE"),
    ).toEqual([[null, "1"]]);
  });
  test("ENCODING", async () => {
    expect(
      await load("a varchar(10)", Buffer.from("\ufeffé\n", "utf16le"), "CSV ENCODING AS UTF16"),
    ).toEqual([["é"]]);
    expect(
      await load("a varchar(10)", Buffer.from("é\n", "utf16le").swap16(), "CSV ENCODING UTF16BE"),
    ).toEqual([["é"]]);
    expect(await refused(`${role} ENCODING LATIN1`)).toContain("Invalid encoding");
  });
  test("ESCAPE and REMOVEQUOTES", async () => {
    expect(await load("a int, b varchar(20)", "1|a\\|b\\\\c\n2|x\\\ny\n", "ESCAPE")).toEqual([
      ["1", "a|b\\c"],
      ["2", "x\ny"],
    ]);
    expect(await load("a int, b varchar(20)", "1|'a|b'\n2|\"c\"\n", "REMOVEQUOTES")).toEqual([
      ["1", "a|b"],
      ["2", "c"],
    ]);
    expect(await failure("a int, b varchar(20)", "1|'a\n", "REMOVEQUOTES")).toMatchObject({
      code: 1214,
    });
  });
  test("IDENTITY columns are filled; EXPLICIT_IDS sets them", async () => {
    expect(await load("id int IDENTITY(5, 5), a int", "1\n2\n", "CSV")).toEqual([
      ["5", "1"],
      ["10", "2"],
    ]);
    expect(await load("id int IDENTITY(5, 5), a int", "7,1\n", "CSV EXPLICIT_IDS")).toEqual([
      ["7", "1"],
    ]);
  });
  test("FILLRECORD gives '' to VARCHAR and NULL to others; without it the row fails", async () => {
    expect(await load("a int, b varchar(5), c int, d char(3)", "1\n", "CSV FILLRECORD")).toEqual([
      ["1", "", null, null],
    ]);
    expect(await failure("a int, b varchar(5)", "1\n", "CSV")).toMatchObject({
      code: 1214,
      reason: "Delimiter not found",
    });
    expect(await failure("a int", "1,2\n", "CSV")).toMatchObject({
      code: 1202,
      reason: "Extra column(s) found",
    });
  });
  test("IGNOREBLANKLINES, IGNOREHEADER", async () => {
    expect(
      await load("a int, b int", "h,i\n1,2\n\n3,4\n", "CSV IGNOREHEADER AS 1 IGNOREBLANKLINES"),
    ).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
  });
  test("decimals are cut, and rounded with ROUNDEC", async () => {
    expect(await load("a decimal(8,2)", "20.259\n-1.999\n1e2\n", "CSV")).toEqual([
      ["20.25"],
      ["-1.99"],
      ["100.00"],
    ]);
    expect(await load("a decimal(8,2)", "20.259\n99.995\n", "CSV ROUNDEC")).toEqual([
      ["20.26"],
      ["100.00"],
    ]);
  });
  test("TRIMBLANKS, TRUNCATECOLUMNS at a character's end", async () => {
    expect(await load("a varchar(10)", "x  \n", "CSV TRIMBLANKS")).toEqual([["x"]]);
    expect(await load("a varchar(4)", "ééé\n", "CSV TRUNCATECOLUMNS")).toEqual([["éé"]]);
    expect(await failure("a varchar(4)", "ééé\n", "CSV")).toMatchObject({
      code: 1204,
      reason: "String length exceeds DDL length",
      column: "a",
    });
  });
  test.each([
    ["int", "12x", 1207, "Invalid digit, Value 'x', Pos 2, Type: Integer"],
    ["smallint", "32768", 1204, "Overflow for SMALLINT, Value '32768', Type: Short"],
    ["bigint", "9223372036854775808", 1204, "Overflow for BIGINT"],
    ["decimal(4,2)", "100", 1204, "Numeric value out of range"],
    ["double precision", "abc", 1208, "Invalid floating point value"],
    ["real", "1e39", 1204, "Floating point value out of range"],
    ["boolean", "maybe", 1210, "Unknown boolean format"],
    ["char(3)", "é", 1220, "Multibyte character not supported for CHAR"],
    ["super", "{bad", 1224, "Invalid JSON format"],
    ["varbyte(4)", "xyz", 1219, "Invalid hexadecimal digit"],
    ["int NOT NULL", '""', 1213, "Missing data for not-null field"],
  ])("a bad value for %s", async (type, value, code, reason) => {
    const found = await failure(`x int, a ${type}`, `1,${value}\n`, "CSV");
    expect(found).toMatchObject({ code, column: "a", line: "1" });
    expect(found.reason).toContain(reason);
  });
  test("the ends of every range", async () => {
    expect(
      await load(
        "a bigint, b bigint, c decimal(38,0), d double precision, e varchar(65535), f timestamp",
        `-9223372036854775808,9223372036854775807,${"9".repeat(38)},1e-400,${"x".repeat(65_535)},9999-12-31 23:59:59.999999\n`,
        "CSV",
      ),
    ).toEqual([
      [
        "-9223372036854775808",
        "9223372036854775807",
        "9".repeat(38),
        "0",
        "x".repeat(65_535),
        "9999-12-31 23:59:59.999999",
      ],
    ]);
    expect(await failure("e varchar(max)", `${"x".repeat(65_536)}\n`, "CSV")).toMatchObject({
      code: 1204,
    });
  });
  test("a NULL for a NOT NULL column with a default takes the default", async () => {
    expect(await load("a int NOT NULL DEFAULT 7, b int", ",1\n", "CSV")).toEqual([["7", "1"]]);
  });
});

describe("COPY data load", () => {
  const mixed = "1\nx\n2\ny\n3\n";
  const count = (rows: unknown[][]): number => rows.length;
  test("MAXERROR: that many errors fail, fewer are skipped and listed", async () => {
    expect(count(await load("a int", mixed, "CSV MAXERROR 3"))).toBe(3);
    const { rows } = await client.query(
      `SELECT line_number FROM stl_load_errors WHERE TRIM(filename) LIKE '%/copy/${files}' ORDER BY 1`,
    );
    expect(rows).toEqual([{ line_number: "2" }, { line_number: "4" }]);
    expect(await failure("a int", mixed, "CSV MAXERROR AS 2")).toMatchObject({ code: 1207 });
    expect(await failure("a int", mixed, "CSV MAXERROR 1")).toMatchObject({ code: 1207 });
    expect((await client.query("SELECT a FROM loaded")).rowCount).toBe(0);
  });
  test("IGNOREALLERRORS, NOLOAD", async () => {
    expect(count(await load("a int", mixed, "CSV IGNOREALLERRORS"))).toBe(3);
    expect(count(await load("a int", "1\n", "CSV NOLOAD"))).toBe(0);
  });
  test("COMPUPDATE, STATUPDATE, COMPROWS are taken", async () => {
    for (const options of [
      "COMPUPDATE",
      "COMPUPDATE ON",
      "COMPUPDATE OFF",
      "COMPUPDATE PRESET",
      "STATUPDATE TRUE",
      "STATUPDATE OFF COMPROWS 1000",
    ])
      expect(count(await load("a int", "1\n", `CSV ${options}`))).toBe(1);
  });
  test.each([
    ["MAXERROR 100001", "between 0 and 100000"],
    ["IGNOREALLERRORS MAXERROR 5", "not supported with MAXERROR"],
    ["COMPROWS 10", "COMPROWS must be between"],
    ["READRATIO 50", "not supported for COPY from S3"],
  ])("refuses %s", async (options, text) => {
    expect(await refused(`${role} ${options}`)).toContain(text);
  });
  test("PG_LAST_COPY_COUNT, the load's history, and a column list with defaults", async () => {
    expect(await load("a int, b varchar(5) DEFAULT 'd', c int", "1,2\n", "CSV", "(c, a)")).toEqual([
      ["2", "d", "1"],
    ]);
    expect((await client.query("SELECT pg_last_copy_count() AS n")).rows).toEqual([{ n: "1" }]);
    expect(
      (
        await client.query(
          `SELECT status, loaded_rows FROM sys_load_history WHERE data_source LIKE '%/copy/${files}'`,
        )
      ).rows,
    ).toEqual([{ status: "completed", loaded_rows: "1" }]);
  });
  test("a load belongs to its transaction; its errors outlive it", async () => {
    await load("a int", "1\n", "CSV");
    const key = `s3://tidegate-sandbox/copy/${files}`;
    await client.query("BEGIN");
    await client.query(`COPY loaded FROM '${key}' ${role} CSV`);
    await client.query("ROLLBACK");
    expect((await client.query("SELECT a FROM loaded")).rowCount).toBe(1);
    await client.query("BEGIN");
    await client.query("CREATE TEMP TABLE stage (LIKE loaded)");
    await client.query({ text: `COPY stage FROM '${key}' ${role} CSV`, name: "extended" });
    await client.query("INSERT INTO loaded SELECT a + 1 FROM stage");
    await client.query("COMMIT");
    expect((await client.query("SELECT a FROM loaded ORDER BY a")).rows).toEqual([
      { a: 1 },
      { a: 2 },
    ]);
  });
});

describe("COPY from Amazon S3", () => {
  beforeAll(async () => {
    await client.query("CREATE TABLE target (a int)");
    for (const part of [1, 2, 3]) await sandbox.put(`parts/p${part}`, `${part}\n`);
    await sandbox.put(
      "parts.manifest",
      JSON.stringify({
        entries: [
          { url: "s3://tidegate-sandbox/parts/p1", mandatory: true },
          { url: "s3://tidegate-sandbox/parts/gone" },
        ],
      }),
    );
    await sandbox.put(
      "strict.manifest",
      JSON.stringify({ entries: [{ url: "s3://tidegate-sandbox/parts/gone", mandatory: true }] }),
    );
  });
  const loadParts = async (source: string, options: string): Promise<number> => {
    await client.query("DELETE FROM target");
    await client.query(`COPY target FROM 's3://tidegate-sandbox/${source}' ${options}`);
    return (await client.query("SELECT a FROM target")).rowCount ?? 0;
  };
  test("a prefix loads all its files; MANIFEST those it lists", async () => {
    expect(await loadParts("parts/p", `${role} CSV`)).toBe(3);
    expect(await loadParts("parts.manifest", `${role} CSV MANIFEST`)).toBe(1);
    expect(
      await errorOf(
        client,
        `COPY target FROM 's3://tidegate-sandbox/strict.manifest' ${role} CSV MANIFEST`,
      ),
    ).toMatch(/^XX000 .*NoSuchKey/);
  });
  test("GZIP and ZSTD; what is neither fails", async () => {
    await sandbox.put("packed.gz", gzipSync("1\n2\n"));
    await sandbox.put("packed.zst", zstdCompressSync("1\n"));
    expect(await loadParts("packed.gz", `${role} CSV GZIP`)).toBe(2);
    expect(await loadParts("packed.zst", `${role} CSV ZSTD`)).toBe(1);
    expect(
      await errorOf(client, `COPY target FROM 's3://tidegate-sandbox/parts/p1' ${role} CSV GZIP`),
    ).toMatch(/not valid gzip/);
    expect(await refused(`${role} GZIP ZSTD`)).toContain("redundant");
  });
  test("every form of authorization", async () => {
    const { accessKeyId, secretAccessKey, roleArn } = sandbox.endpoints.s3;
    for (const authorization of [
      "IAM_ROLE default",
      `CREDENTIALS 'aws_iam_role=${roleArn}'`,
      `WITH CREDENTIALS AS 'aws_access_key_id=${accessKeyId};aws_secret_access_key=${secretAccessKey}'`,
      `ACCESS_KEY_ID '${accessKeyId}' SECRET_ACCESS_KEY '${secretAccessKey}'`,
    ])
      expect(await loadParts("parts/p1", `${authorization} CSV REGION 'us-east-1'`)).toBe(1);
  });
  test.each([
    ["no authorization", "", "requires authorization"],
    [
      "a role beside keys",
      "IAM_ROLE default ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 'b'",
      "only one of",
    ],
    [
      "a malformed credentials string",
      "CREDENTIALS 'aws_access_key_id=a; x'",
      "Invalid credentials",
    ],
    ["a malformed role", "IAM_ROLE 'TidegateSandbox'", "Invalid IAM role ARN"],
    [
      "a role the cluster may not assume",
      "IAM_ROLE 'arn:aws:iam::123456789012:role/Other'",
      "is not authorized to assume IAM Role",
    ],
    [
      "an unknown key",
      "ACCESS_KEY_ID 'AKIANOBODY' SECRET_ACCESS_KEY 'x'",
      "S3ServiceException:The AWS Access Key Id you provided does not exist in our records.,Status 403,Error InvalidAccessKeyId",
    ],
    ["another region", "IAM_ROLE default REGION 'eu-west-1'", "S3ServiceException:"],
    [
      "a prefix without files",
      "IAM_ROLE default",
      "The specified S3 prefix 'copy/none' does not exist",
    ],
  ])("refuses %s", async (_, options, text) => {
    expect(await refused(options)).toContain(text);
  });
  test("a wrong secret, a missing bucket, a bucket that denies", async () => {
    expect(
      await refused(`ACCESS_KEY_ID '${sandbox.endpoints.s3.accessKeyId}' SECRET_ACCESS_KEY 'x'`),
    ).toContain("Error SignatureDoesNotMatch");
    expect(await errorOf(client, `COPY target FROM 's3://no-bucket/x' ${role}`)).toContain(
      "Error NoSuchBucket",
    );
    await sandbox.control("PUT", "/s3/deny", [{ action: "GetObject", identity: "role" }]);
    expect(
      await errorOf(client, `COPY target FROM 's3://tidegate-sandbox/parts/p1' ${role}`),
    ).toMatch(/^XX000 S3ServiceException:Access Denied,Status 403,Error AccessDenied/);
    await sandbox.control("PUT", "/s3/deny", []);
  });
  test("a bucket that breaks off: the manifest isn't to blame", async () => {
    await sandbox.control("PUT", "/s3/faults", [{ drop: true, key: "parts.manifest" }]);
    expect(
      await errorOf(
        client,
        `COPY target FROM 's3://tidegate-sandbox/parts.manifest' ${role} CSV MANIFEST`,
      ),
    ).toMatch(/^XX000 S3CurlException: .*, CanRetry 1, UserError 0$/);
    await sandbox.control("PUT", "/s3/faults", []);
    await sandbox.put("broken.manifest", "{");
    expect(
      await errorOf(
        client,
        `COPY target FROM 's3://tidegate-sandbox/broken.manifest' ${role} CSV MANIFEST`,
      ),
    ).toMatch(/is not in the right format$/);
  });
  test("a missing table, a missing column, no INSERT privilege", async () => {
    expect(await refused(role, "nowhere")).toBe("42P01 Cannot COPY into nonexistent table nowhere");
    expect(await refused(role, "target (b)")).toBe(
      '42703 column "b" of relation "target" does not exist',
    );
    await client.query("CREATE USER loader PASSWORD 'Loader123'");
    const loader = await sandbox.login("loader", "Loader123");
    expect(await errorOf(loader, `COPY target FROM 's3://tidegate-sandbox/parts/p1' ${role}`)).toBe(
      "42501 permission denied for relation target",
    );
  });
});

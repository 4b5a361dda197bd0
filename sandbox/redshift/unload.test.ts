// The options of AWS's page UNLOAD, one by one.
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type pg from "pg";
import { errorOf, runningSandbox } from "../testing/running";

const sandbox = runningSandbox();
let client: pg.Client;
let runs = 0;

beforeAll(async () => {
  client = await sandbox.login();
  await client.query("CREATE TABLE t (a int, b varchar(50), c boolean, d super, e decimal(10,2))");
  await client.query(
    `INSERT INTO t VALUES (1, 'plain', true, JSON_PARSE('{"x":[1]}'), 1.50), (2, 'pipe | quote " comma,', false, NULL, NULL), (3, 'line\\nbreak \\\\', NULL, JSON_PARSE('"s"'), 0)`,
  );
});

const unload = async (
  options: string,
  query = "SELECT a, b FROM t ORDER BY a",
): Promise<string> => {
  const prefix = `unload/${++runs}/`;
  await client.query(
    `UNLOAD ('${query.replaceAll("'", "''")}') TO 's3://tidegate-sandbox/${prefix}' IAM_ROLE default ${options}`,
  );
  return prefix;
};
const one = async (options: string, query?: string): Promise<string> =>
  (
    await sandbox.get((await sandbox.keys(await unload(`PARALLEL OFF ${options}`, query)))[0] ?? "")
  ).toString();
const refused = (options: string, query = "SELECT a FROM t"): Promise<string> =>
  errorOf(
    client,
    `UNLOAD ('${query}') TO 's3://tidegate-sandbox/refused/' IAM_ROLE default ${options}`,
  );

describe("UNLOAD: accepted", () => {
  test("without options: pipe separated text in a file a slice", async () => {
    const prefix = await unload("");
    const keys = await sandbox.keys(prefix);
    expect(keys).toEqual([`${prefix}0000_part_00`, `${prefix}0001_part_00`]);
    expect((await sandbox.get(keys[1] ?? "")).toString()).toBe('2|pipe | quote " comma,\n');
  });
  test("PARALLEL OFF writes in the query's order", async () => {
    const prefix = await unload("PARALLEL OFF");
    expect(await sandbox.keys(prefix)).toEqual([`${prefix}000`]);
    expect(await one("", "SELECT a FROM t ORDER BY a DESC")).toBe("3\n2\n1\n");
  });
  test("CSV, HEADER, DELIMITER, NULL AS", async () => {
    expect(await one("FORMAT AS CSV HEADER")).toBe(
      'a,b\n1,plain\n2,"pipe | quote "" comma,"\n3,"line\nbreak \\"\n',
    );
    expect(await one("CSV DELIMITER AS ';' NULL AS 'none'", "SELECT a, e FROM t ORDER BY a")).toBe(
      "1;1.50\n2;none\n3;0.00\n",
    );
  });
  test("JSON keeps SUPER nested and numbers bare", async () => {
    expect(await one("FORMAT JSON", "SELECT a, b, d, e FROM t ORDER BY a")).toBe(
      '{"a":1,"b":"plain","d":{"x":[1]},"e":1.50}\n{"a":2,"b":"pipe | quote \\" comma,","d":null,"e":null}\n{"a":3,"b":"line\\nbreak \\\\","d":"s","e":0.00}\n',
    );
  });
  test("ESCAPE, ADDQUOTES", async () => {
    expect(await one("ESCAPE")).toBe('1|plain\n2|pipe \\| quote " comma,\n3|line\\\nbreak \\\\\n');
    expect(await one("ADDQUOTES", "SELECT a, b FROM t WHERE a = 1")).toBe('"1"|"plain"\n');
  });
  test("FIXEDWIDTH", async () => {
    expect(await one("FIXEDWIDTH 'a:3,b:7'", "SELECT a, b FROM t WHERE a = 1")).toBe(
      "1  plain  \n",
    );
  });
  test("GZIP, ZSTD, EXTENSION", async () => {
    const gzip = await sandbox.keys(await unload("PARALLEL OFF GZIP"));
    expect(gzip[0]).toMatch(/000\.gz$/);
    expect(gunzipSync(await sandbox.get(gzip[0] ?? "")).toString()).toContain("1|plain");
    const zstd = await sandbox.keys(await unload("PARALLEL OFF ZSTD EXTENSION 'txt.zst'"));
    expect(zstd[0]).toMatch(/000\.txt\.zst$/);
    expect(zstdDecompressSync(await sandbox.get(zstd[0] ?? "")).toString()).toContain("1|plain");
  });
  test("MANIFEST VERBOSE says what was written, and COPY reads it back", async () => {
    const prefix = await unload("CSV GZIP MANIFEST VERBOSE");
    const manifest = JSON.parse((await sandbox.get(`${prefix}manifest`)).toString()) as {
      entries: { url: string; meta: { content_length: number; record_count: number } }[];
      meta: { record_count: number };
    };
    expect(manifest.meta.record_count).toBe(3);
    for (const { url, meta } of manifest.entries)
      expect((await sandbox.get(url.replace("s3://tidegate-sandbox/", ""))).length).toBe(
        meta.content_length,
      );
    await client.query("CREATE TEMP TABLE back (a int, b varchar(50))");
    await client.query(
      `COPY back FROM 's3://tidegate-sandbox/${prefix}manifest' IAM_ROLE default CSV GZIP MANIFEST`,
    );
    expect((await client.query("SELECT a, b FROM back MINUS SELECT a, b FROM t")).rowCount).toBe(0);
    expect((await client.query("SELECT a FROM back")).rowCount).toBe(3);
  });
  test("PARTITION BY, with INCLUDE", async () => {
    const prefix = await unload("CSV PARTITION BY (c)", "SELECT a, c FROM t");
    expect(
      (await sandbox.keys(prefix)).map((key) =>
        key.slice(prefix.length).replace(/\d{4}_part_\d\d$/, ""),
      ),
    ).toEqual(["c=__HIVE_DEFAULT_PARTITION__/", "c=f/", "c=t/"]);
    const included = await unload("CSV PARTITION BY (c) INCLUDE", "SELECT a, c FROM t WHERE a = 1");
    expect((await sandbox.get((await sandbox.keys(included))[0] ?? "")).toString()).toBe("1,t\n");
  });
  test("ALLOWOVERWRITE and CLEANPATH; without them a used prefix is refused", async () => {
    const prefix = await unload("");
    const again = (options: string): string =>
      `UNLOAD ('SELECT 1 AS a') TO 's3://tidegate-sandbox/${prefix}' IAM_ROLE default PARALLEL OFF ${options}`;
    expect(await errorOf(client, again(""))).toMatch(
      /^XX000 Specified unload destination on S3 is not empty/,
    );
    await client.query(again("ALLOWOVERWRITE"));
    expect((await sandbox.keys(prefix)).length).toBe(3);
    await client.query(again("CLEANPATH"));
    expect(await sandbox.keys(prefix)).toEqual([`${prefix}000`]);
  });
  test("MAXFILESIZE begins a new part", async () => {
    await client.query("CREATE TABLE long_rows (a varchar(60000))");
    await client.query("INSERT INTO long_rows SELECT REPEAT('x', 60000) FROM t");
    for (let doubling = 0; doubling < 6; doubling++)
      await client.query("INSERT INTO long_rows SELECT a FROM long_rows");
    const keys = await sandbox.keys(
      await unload("PARALLEL OFF MAXFILESIZE AS 5 MB", "SELECT a FROM long_rows"),
    );
    expect(keys.length).toBe(3);
  });
  test("ENCRYPTED AUTO, REGION, and a LIMIT inside", async () => {
    await unload(
      "ENCRYPTED AUTO REGION AS 'us-east-1'",
      "SELECT a FROM t WHERE a IN (SELECT a FROM t ORDER BY a LIMIT 1)",
    );
  });
  test("JSON of no rows writes no file", async () => {
    expect(await sandbox.keys(await unload("JSON", "SELECT a FROM t WHERE a > 9"))).toEqual([]);
  });
});

describe("UNLOAD: refused", () => {
  test.each([
    ["CSV ADDQUOTES", "not supported"],
    ["CSV FIXEDWIDTH 'a:3'", "not supported"],
    ["JSON DELIMITER ','", "not supported"],
    ["JSON HEADER", "not supported"],
    ["JSON ESCAPE", "not supported"],
    ["JSON NULL AS 'x'", "not supported"],
    ["FIXEDWIDTH 'a:3' HEADER", "not supported"],
    ["FIXEDWIDTH 'a:3' DELIMITER ','", "not supported"],
    ["CLEANPATH ALLOWOVERWRITE", "not supported"],
    ["KMS_KEY_ID 'x'", "needs ENCRYPTED"],
    ["MAXFILESIZE 1 MB", "between 5 MB and 6.2 GB"],
    ["VERBOSE", "syntax error"],
    ["PARQUET", "not emulated"],
    ["PARTITION BY (nothing)", "is not in the query"],
    ["PARTITION BY (a)", "at least one column"],
    ["IGNOREHEADER 1", "syntax error"],
  ])("%s", async (options, text) => {
    expect(await refused(options)).toContain(text);
  });
  test.each([
    ["SELECT a FROM t LIMIT 1", "Limit clause is not supported"],
    ["DELETE FROM t", "single SELECT"],
    ["SELECT 1; SELECT 2", "single SELECT"],
    ["SELECT nothing FROM t", "does not exist"],
  ])("the query %s", async (query, text) => {
    expect(await refused("", query)).toContain(text);
  });
  test("two columns of one name to JSON", async () => {
    expect(await refused("JSON", "SELECT a, a FROM t")).toContain("unique column names");
  });
});

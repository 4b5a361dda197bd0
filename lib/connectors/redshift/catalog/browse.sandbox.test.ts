import { afterAll, beforeAll, expect, test } from "vitest";
import { longJson, never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { identifier, literal } from "@/lib/connectors/redshift/sql";

let warehouse: Warehouse;
const source = () => redshiftSource(warehouse.config, warehouse.secret);
const inSchema = (table: string) => `${identifier(warehouse.schema)}.${identifier(table)}`;
const LONG = "é🌊'\\".repeat(5_000);
const WEIRD = `Weird "näme" 'x' \\ ;`;

beforeAll(async () => {
  warehouse = await openWarehouse();
  await warehouse.admin(
    `CREATE TABLE ${inSchema("people")} (id bigint, email varchar(64), price numeric(38,9), big numeric(38,0), ratio float8, small real, active boolean, born date, wakes time, seen timestamp, synced timestamptz, tags super, photo varbyte(16), code char(3), ${identifier(WEIRD)} varchar(20))`,
  );
  await warehouse.admin(
    `INSERT INTO ${inSchema("people")} VALUES (9223372036854775807, 'ädä@example.com', 0.1, 99999999999999999999999999999999999999, 0.1, 0.1, true, '2026-03-29', '01:30:00.123456', '2026-03-29 01:30:00.123456', '2026-03-29 01:30:00.123456+05:30', JSON_PARSE('{"n": 1.10, "t": "it''s"}'), TO_VARBYTE('abc', 'utf8'), 'x', 'a\\\\b''c"')`,
  );
  await warehouse.admin(`INSERT INTO ${inSchema("people")} (id, email) VALUES (1, '')`);
  await warehouse.admin(
    `CREATE TABLE ${inSchema("long")} (id integer, ${identifier(WEIRD)} varchar(65535), doc super)`,
  );
  await warehouse.admin(
    `INSERT INTO ${inSchema("long")} SELECT 1, ${literal(LONG)}, ${longJson(70_000)}`,
  );
  await warehouse.admin(`CREATE TABLE ${inSchema("keys")} (email varchar(2000), active boolean)`);
  await warehouse.admin(
    `INSERT INTO ${inSchema("keys")} VALUES ('a', true), ('a', true), ('a', false), ('b', NULL), ('b', NULL), ('c', true), ('', true), (NULL, true), (${literal("k".repeat(1_025))}, true)`,
  );
});
afterAll(() => warehouse.drop());

test("a preview is exact", async () => {
  const { check, preview } = await source().inspect(warehouse.schema, "people", 10, never);
  expect(check.status).toBe("passed");
  expect(preview).toMatchObject({ cut: null, fewerRows: false });
  expect(preview!.columns).toHaveLength(15);
  const full = preview!.rows.find(([id]) => id !== "1")!;
  expect(
    full.map((cell, index) => (index === 11 ? JSON.stringify(JSON.parse(cell!)) : cell)),
  ).toEqual([
    "9223372036854775807",
    "ädä@example.com",
    "0.100000000",
    "99999999999999999999999999999999999999",
    "0.1",
    "0.1",
    "t",
    "2026-03-29",
    "01:30:00.123456",
    "2026-03-29 01:30:00.123456",
    "2026-03-28 20:00:00.123456+00",
    '{"n":1.1,"t":"it\'s"}',
    "616263",
    "x  ",
    `a\\b'c"`,
  ]);
  expect(preview!.rows.find(([id]) => id === "1")!.slice(1)).toEqual([
    "",
    ...Array<null>(13).fill(null),
  ]);
  expect((await source().inspect(warehouse.schema, "people", 1, never)).preview?.rows).toHaveLength(
    1,
  );
});

test("a long value is cut in the warehouse, its size is told, and the whole is read on demand", async () => {
  const { preview } = await source().inspect(warehouse.schema, "long", 100, never);
  const [id, text, doc] = preview!.rows[0]!;
  expect([id, text, doc]).toEqual(["1", [...LONG].slice(0, 1_000).join(""), ""]);
  expect(preview!.cut).toEqual([[0, Buffer.byteLength(LONG), 70_000]]);
  const request = {
    schema: warehouse.schema,
    table: "long",
    column: WEIRD,
    begin: text!,
    bytes: Buffer.byteLength(LONG),
    key: { column: "id", value: "1" },
  };
  expect(await source().cell(request, never)).toBe(LONG);
  expect(await source().cell({ ...request, key: { column: "id", value: "2" } }, never)).toBeNull();
});

test("without a key, a value that only begins like another is not passed off as it", async () => {
  await warehouse.admin(`CREATE TABLE ${inSchema("alike")} (big varchar(65535))`);
  const begin = "x".repeat(1_000);
  for (const last of ["a", "a", "b"])
    await warehouse.admin(
      `INSERT INTO ${inSchema("alike")} VALUES ('${begin}${"y".repeat(500)}${last}')`,
    );
  const request = {
    schema: warehouse.schema,
    table: "alike",
    column: "big",
    begin,
    bytes: 1_501,
    key: null,
  };
  await expect(source().cell(request, never)).rejects.toThrow("can't be told which is this row's");
  await warehouse.admin(`DELETE FROM ${inSchema("alike")} WHERE RIGHT(big, 1) = 'b'`);
  expect(await source().cell(request, never)).toHaveLength(1_501);
});

test("many long columns stay within a megabyte: fewer rows, each whole or with its size", async () => {
  await warehouse.admin(`CREATE TABLE ${inSchema("narrow")} (id integer, big varchar(65535))`);
  await warehouse.admin(`INSERT INTO ${inSchema("narrow")} SELECT 1, REPEAT('x', 65535)`);
  for (let doublings = 0; doublings < 7; doublings += 1)
    await warehouse.admin(`INSERT INTO ${inSchema("narrow")} SELECT * FROM ${inSchema("narrow")}`);
  await warehouse.admin(
    `CREATE VIEW ${inSchema("wide")} AS SELECT ${Array.from({ length: 1_600 }, (_, n) => (n < 100 ? `big AS c${n}` : `CAST('short' AS varchar(65535)) AS c${n}`)).join(", ")} FROM ${inSchema("narrow")}`,
  );
  const { preview } = await source().inspect(warehouse.schema, "wide", 100, never);
  expect(Buffer.byteLength(JSON.stringify(preview))).toBeLessThanOrEqual(1_100_000);
  expect(preview!.fewerRows).toBe(true);
  expect(preview!.rows.length).toBeGreaterThan(10);
  expect([preview!.cut![0]![0], preview!.cut![0]![1_599], preview!.rows[0]![1_599]]).toEqual([
    65_535,
    0,
    "short",
  ]);
});

test("key health counts what a run would reject, with the keys that most rows share", async () => {
  expect(await source().keyHealth(warehouse.schema, "keys", ["email"], never)).toEqual({
    rows: 9,
    distinct: 5,
    nullRows: 1,
    emptyRows: 1,
    duplicateKeys: 2,
    duplicateRows: 5,
    longRows: 1,
    examples: [
      { key: "a", rows: 3 },
      { key: "b", rows: 2 },
    ],
    isUnique: false,
  });
  expect(await source().keyHealth(warehouse.schema, "people", ["id"], never)).toMatchObject({
    rows: 2,
    distinct: 2,
    isUnique: true,
    examples: [],
  });
  await warehouse.admin(`CREATE TABLE ${inSchema("none")} (email varchar(10))`);
  expect(await source().keyHealth(warehouse.schema, "none", ["email"], never)).toMatchObject({
    rows: 0,
    distinct: 0,
    nullRows: 0,
    isUnique: true,
  });
  await expect(source().keyHealth(warehouse.schema, "keys", ["gone"], never)).rejects.toMatchObject(
    { fault: "user-fixable", message: expect.stringContaining("no column “gone”") as string },
  );
});

test("a column's profile: by the type's own order, and NULL apart from empty", async () => {
  expect(await source().profile(warehouse.schema, "keys", "email", never)).toEqual({
    column: "email",
    rows: 9,
    nullRows: 1,
    distinct: 5,
    min: "",
    max: "k".repeat(200),
    longestBytes: 1_025,
    top: [
      { value: "a", rows: 3 },
      { value: "b", rows: 2 },
      { value: "", rows: 1 },
      { value: "c", rows: 1 },
      { value: "k".repeat(200), rows: 1 },
    ],
  });
  expect(await source().profile(warehouse.schema, "keys", "active", never)).toMatchObject({
    rows: 9,
    nullRows: 2,
    distinct: 2,
    min: "f",
    max: "t",
    top: [
      { value: "t", rows: 6 },
      { value: "f", rows: 1 },
    ],
  });
  expect(await source().profile(warehouse.schema, "people", "id", never)).toMatchObject({
    min: "1",
    max: "9223372036854775807",
    distinct: 2,
    longestBytes: 19,
  });
  expect(await source().profile(warehouse.schema, "people", "born", never)).toMatchObject({
    min: "2026-03-29",
    nullRows: 1,
  });
  expect(await source().profile(warehouse.schema, "people", WEIRD, never)).toMatchObject({
    min: `a\\b'c"`,
    distinct: 1,
  });
  expect(await source().profile(warehouse.schema, "people", "tags", never)).toMatchObject({
    distinct: 1,
    nullRows: 1,
  });
  expect(await source().profile(warehouse.schema, "long", "doc", never)).toMatchObject({
    rows: 1,
    nullRows: 0,
    distinct: null,
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { redshiftSource } from "./source";
import { identifier } from "./sql";

let warehouse: Warehouse;
const source = () => redshiftSource(warehouse.config, warehouse.secret);
const inSchema = (table: string) => `${identifier(warehouse.schema)}.${identifier(table)}`;

beforeAll(async () => {
  warehouse = await openWarehouse();
  await warehouse.admin(`CREATE TABLE ${inSchema("people")} (id bigint, email varchar(64), price numeric(38,9), big numeric(38,0), ratio float8, small real, active boolean, born date, wakes time, seen timestamp, synced timestamptz, tags super, photo varbyte(16), code char(3), "Weird ""näme"" 'x' \\ ;" varchar(20))`);
  await warehouse.admin(`INSERT INTO ${inSchema("people")} VALUES (9223372036854775807, 'ädä@example.com', 0.1, 99999999999999999999999999999999999999, 0.1, 0.1, true, '2026-03-29', '01:30:00.123456', '2026-03-29 01:30:00.123456', '2026-03-29 01:30:00.123456+05:30', JSON_PARSE('{"n": 1.10, "t": "it''s"}'), TO_VARBYTE('abc', 'utf8'), 'x', 'a\\\\b''c"')`);
  await warehouse.admin(`INSERT INTO ${inSchema("people")} (id, email) VALUES (1, '')`);
  await warehouse.admin(`CREATE VIEW ${inSchema("people_view")} AS SELECT id, email FROM ${inSchema("people")}`);
  await warehouse.admin(`CREATE TABLE ${inSchema("secret")} (id integer)`);
  await warehouse.admin(`REVOKE ALL ON ${inSchema("secret")} FROM ${identifier(warehouse.config.user)}`);
  await warehouse.admin(`CREATE SCHEMA hidden`);
});
afterAll(() => warehouse.drop());

test("schemas: what may be used and what may not, without the system's and our own", async () => {
  const schemas = await source().schemas(never);
  expect(schemas).toContainEqual({ name: warehouse.schema, readable: true });
  expect(schemas).toContainEqual({ name: "hidden", readable: false });
  expect(schemas.map(({ name }) => name).filter((name) => /^(pg_|_rudderstack|information_schema|catalog_history)/.test(name))).toEqual([]);
});

test("tables and views, also those that may not be read; no estimate is no failure", async () => {
  expect(await source().tables(warehouse.schema, never)).toEqual([
    { schema: warehouse.schema, name: "people", kind: "table", readable: true },
    { schema: warehouse.schema, name: "people_view", kind: "view", readable: true },
    { schema: warehouse.schema, name: "secret", kind: "table", readable: false },
  ]);
});

test("owners of tables and views, the one with most first", async () => {
  const owner = identifier(`Own"er ${warehouse.schema}`);
  await warehouse.admin(`CREATE USER ${owner} PASSWORD 'Plumb-Line-77'`);
  await warehouse.admin("CREATE TABLE hidden.a (id integer)");
  await warehouse.admin(`ALTER TABLE hidden.a OWNER TO ${owner}`);
  const owners = await source().owners(never);
  expect(owners.filter(({ schema }) => schema === warehouse.schema || schema === "hidden")).toEqual([
    { schema: "hidden", owner: `Own"er ${warehouse.schema}`, tables: 1 },
    { schema: warehouse.schema, owner: "admin", tables: 3 },
  ]);
  expect(owners.map(({ schema }) => schema).filter((schema) => /^(pg_|_rudderstack|information_schema)/.test(schema))).toEqual([]);
  await warehouse.admin("DROP TABLE hidden.a");
  await warehouse.admin(`DROP USER ${owner}`);
});

test("columns in order with their types", async () => {
  expect((await source().columns(warehouse.schema, "people", never)).map(({ name, type, kind }) => `${name} ${type} ${kind}`)).toEqual([
    "id bigint bigint", "email varchar(64) text", "price numeric(38,9) decimal", "big numeric(38,0) decimal", "ratio double precision float", "small real float", "active boolean boolean", "born date text",
    "wakes time text", "seen timestamp timestamp", "synced timestamptz timestamptz", "tags super json", "photo varbyte(16) text", "code char(3) text", `Weird "näme" 'x' \\ ; varchar(20) text`,
  ]);
  expect(await source().columns(warehouse.schema, "no such table", never)).toEqual([]);
});

test("a preview is exact", async () => {
  const { columns, rows } = await source().preview(warehouse.schema, "people", 10, never);
  expect(columns).toHaveLength(15);
  const full = rows.find(([id]) => id !== "1")!;
  expect(full.map((cell, index) => (index === 11 ? JSON.stringify(JSON.parse(cell!)) : cell))).toEqual([
    "9223372036854775807", "ädä@example.com", "0.100000000", "99999999999999999999999999999999999999", "0.1", "0.1", "t", "2026-03-29", "01:30:00.123456", "2026-03-29 01:30:00.123456", "2026-03-28 20:00:00.123456+00",
    '{"n":1.1,"t":"it\'s"}', "616263", "x  ", `a\\b'c"`,
  ]);
  expect(rows.find(([id]) => id === "1")!.slice(1)).toEqual(["", ...Array<null>(13).fill(null)]);
  expect((await source().preview(warehouse.schema, "people", 1, never)).rows).toHaveLength(1);
});

test("what can't be previewed says why", async () => {
  await expect(source().preview(warehouse.schema, "secret", 10, never)).rejects.toMatchObject({ fault: "user-fixable" });
  await expect(source().preview(warehouse.schema, "gone", 10, never)).rejects.toMatchObject({ fault: "user-fixable", message: expect.stringContaining("no table") as string });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import type { CatalogCursor } from "@/lib/connectors/contract/catalog";
import { identifier } from "@/lib/connectors/redshift/sql";

let warehouse: Warehouse;
const source = () => redshiftSource(warehouse.config, warehouse.secret);
const inSchema = (table: string) => `${identifier(warehouse.schema)}.${identifier(table)}`;

beforeAll(async () => {
  warehouse = await openWarehouse();
  await warehouse.admin(
    `CREATE TABLE ${inSchema("people")} (id bigint, email varchar(64), price numeric(38,9), big numeric(38,0), ratio float8, small real, active boolean, born date, wakes time, seen timestamp, synced timestamptz, tags super, photo varbyte(16), code char(3), "Weird ""näme"" 'x' \\ ;" varchar(20))`,
  );
  await warehouse.admin(
    `INSERT INTO ${inSchema("people")} VALUES (9223372036854775807, 'ädä@example.com', 0.1, 99999999999999999999999999999999999999, 0.1, 0.1, true, '2026-03-29', '01:30:00.123456', '2026-03-29 01:30:00.123456', '2026-03-29 01:30:00.123456+05:30', JSON_PARSE('{"n": 1.10, "t": "it''s"}'), TO_VARBYTE('abc', 'utf8'), 'x', 'a\\\\b''c"')`,
  );
  await warehouse.admin(`INSERT INTO ${inSchema("people")} (id, email) VALUES (1, '')`);
  await warehouse.admin(
    `CREATE VIEW ${inSchema("people_view")} AS SELECT id, email FROM ${inSchema("people")}`,
  );
  await warehouse.admin(`CREATE TABLE ${inSchema("secret")} (id integer)`);
  await warehouse.admin(
    `REVOKE ALL ON ${inSchema("secret")} FROM ${identifier(warehouse.config.user)}`,
  );
  await warehouse.admin(
    `CREATE VIEW ${inSchema("late")} AS SELECT id, email, price FROM ${inSchema("people")} WITH NO SCHEMA BINDING`,
  );
  await warehouse.admin(
    `CREATE MATERIALIZED VIEW ${inSchema("people_kept")} AS SELECT id, id AS padb_internal_txn_seq_col FROM ${inSchema("people")}`,
  );
  for (const table of ["people", "people_kept"])
    await warehouse.admin(`ANALYZE ${inSchema(table)}`);
  await warehouse.admin(`CREATE SCHEMA hidden`);
});
afterAll(() => warehouse.drop());

const first = { search: "", after: null };

test("schemas: what may be used and what may not, with its owner and its GRANT, without the system's and our own", async () => {
  const { items } = await source().schemas(first, never);
  expect(items).toContainEqual({
    name: warehouse.schema,
    kind: "local",
    readable: true,
    owner: "admin",
  });
  expect(items).toContainEqual({
    name: "hidden",
    kind: "local",
    readable: false,
    owner: "admin",
    grant: `GRANT USAGE ON SCHEMA "hidden" TO ${identifier(warehouse.config.user)};`,
  });
  expect(
    items
      .map(({ name }) => name)
      .filter((name) => /^(pg_|_rudderstack|information_schema|catalog_history)/.test(name)),
  ).toEqual([]);
  expect(
    (await source().schemas({ search: "IDDE", after: null }, never)).items.map(({ name }) => name),
  ).toEqual(["hidden"]);
});

test("tables and views of each kind, those that may not be read with the GRANT that opens them", async () => {
  const { items, next } = await source().tables(warehouse.schema, first, never);
  const each = { schema: warehouse.schema, readable: true, owner: "admin" };
  expect(next).toBeNull();
  expect(items).toEqual([
    { ...each, name: "late", kind: "late-binding view" },
    { ...each, name: "people", kind: "table", rowEstimate: 2 },
    { ...each, name: "people_kept", kind: "materialized view", rowEstimate: 2 },
    { ...each, name: "people_view", kind: "view" },
    {
      ...each,
      name: "secret",
      kind: "table",
      readable: false,
      grant: `GRANT SELECT ON TABLE ${inSchema("secret")} TO ${identifier(warehouse.config.user)};`,
    },
  ]);
});

test("owners of tables and views, the one with most first", async () => {
  const owner = identifier(`Own"er ${warehouse.schema}`);
  await warehouse.admin(`CREATE USER ${owner} PASSWORD 'Plumb-Line-77'`);
  await warehouse.admin("CREATE TABLE hidden.a (id integer)");
  await warehouse.admin(`ALTER TABLE hidden.a OWNER TO ${owner}`);
  const owners = await source().owners(never);
  expect(owners.filter(({ schema }) => schema === warehouse.schema || schema === "hidden")).toEqual(
    [
      { schema: "hidden", owner: `Own"er ${warehouse.schema}`, tables: 1 },
      { schema: warehouse.schema, owner: "admin", tables: 5 },
    ],
  );
  expect(
    owners
      .map(({ schema }) => schema)
      .filter((schema) => /^(pg_|_rudderstack|information_schema)/.test(schema)),
  ).toEqual([]);
  await warehouse.admin("DROP TABLE hidden.a");
  await warehouse.admin(`DROP USER ${owner}`);
});

test("a listing is searched and paged in the warehouse: the nearest first, each once, whatever their names", async () => {
  const hostile = [`O'Brien \\ "x"; --`, "Ünïcödé 🌊", "line\nbreak", "Order", "order"];
  await warehouse.admin(`CREATE SCHEMA many`);
  await warehouse.admin(`GRANT USAGE ON SCHEMA many TO ${identifier(warehouse.config.user)}`);
  for (const name of hostile)
    await warehouse.admin(`CREATE TABLE many.${identifier(name)} (id integer)`);
  for (let n = 0; n < 130; n += 1)
    await warehouse.admin(`CREATE TABLE many.${identifier(`my_order_${n}`)} (id integer)`);
  const names: string[] = [];
  const sizes: number[] = [];
  for (let after: CatalogCursor | null | undefined; after !== null;) {
    const page = await source().tables("many", { search: "ORDER", after: after ?? null }, never);
    names.push(...page.items.map(({ name }) => name));
    sizes.push(page.items.length);
    after = page.next;
  }
  expect(sizes).toEqual([50, 50, 32]);
  expect(new Set(names).size).toBe(132);
  expect(names.slice(0, 2)).toEqual(["Order", "order"]);
  for (const name of hostile) {
    const found = (await source().tables("many", { search: name, after: null }, never)).items.find(
      (each) => each.name === name,
    );
    expect([found?.name, found?.grant]).toEqual([
      name,
      `GRANT SELECT ON TABLE "many".${identifier(name)} TO ${identifier(warehouse.config.user)};`,
    ]);
  }
});

test("columns in order with their types", async () => {
  expect(
    (await source().columns(warehouse.schema, "people", never)).map(
      ({ name, type, kind }) => `${name} ${type} ${kind}`,
    ),
  ).toEqual([
    "id bigint bigint",
    "email varchar(64) text",
    "price numeric(38,9) decimal",
    "big numeric(38,0) decimal",
    "ratio double precision float",
    "small real float",
    "active boolean boolean",
    "born date text",
    "wakes time text",
    "seen timestamp timestamp",
    "synced timestamptz timestamptz",
    "tags super json",
    "photo varbyte(16) text",
    "code char(3) text",
    `Weird "näme" 'x' \\ ; varchar(20) text`,
  ]);
  expect(await source().columns(warehouse.schema, "no such table", never)).toEqual([]);
  expect(
    (await source().columns(warehouse.schema, "people_kept", never)).map(({ name }) => name),
  ).toEqual(["id"]);
});

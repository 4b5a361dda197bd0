// What only a cluster's own rules make hard: protected tables, spatial values, sketches, views that are bound late, and
// tables that are dropped while they are listed.
import { randomUUID } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { never, setFaults, statementsOf } from "@/lib/testing/sandbox";
import { plain, syncedTablesOfTests } from "@/lib/testing/synced-tables";
import { redshiftSource } from "./source";

const here = syncedTablesOfTests();
const source = () => redshiftSource(here.warehouse.config, here.warehouse.secret);
const inSchema = (name: string) => `"${here.warehouse.schema}"."${name}"`;
const admin = (sql: string) => here.warehouse.admin(sql);
afterEach(() => setFaults(here.warehouse.config.user, []));

test("a table under row-level security is read, since its names have no capitals", async () => {
  const { sync, sql, full, name } = await here.tables.table(
    "id integer, a varchar(10), b varchar(10)",
  );
  await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
  const policy = `mine_${name}`;
  await admin(`CREATE RLS POLICY ${policy} USING (true)`);
  await admin(`ATTACH RLS POLICY ${policy} ON TABLE ${full} TO PUBLIC`);
  await admin(`ALTER TABLE ${full} ROW LEVEL SECURITY ON`);
  const { check } = await source().inspect(here.warehouse.schema, name, 10, never);
  expect(check.status).toBe("passed");
  expect((await sync()).toDeliver).toBe(1);
  await sql("UPDATE $t SET a = 'z'");
  expect(plain((await sync({ fence: 2 })).rows)).toEqual(["1 z,y"]);
});

test("where capitals and a policy meet, it says so", async () => {
  const name = `Masked_${randomUUID().slice(0, 8)}`;
  await admin(`CREATE TABLE ${inSchema(name)} (id integer, card varchar(20))`);
  const policy = `stars_${name.toLowerCase()}`;
  await admin(`CREATE MASKING POLICY ${policy} WITH (card varchar(20)) USING ('***'::varchar(20))`);
  await admin(`ATTACH MASKING POLICY ${policy} ON ${inSchema(name)} (card) TO PUBLIC`);
  const { check } = await source().inspect(here.warehouse.schema, name, 10, never);
  expect(check.status).toBe("failed");
  expect(check.summary).toContain("row-level security or masking policy");
  expect(check.remedy?.text).toContain("enable_case_sensitive_identifier");
});

test("spatial values keep every digit, and one that is too long as a text is rejected alone", async () => {
  const points = (count: number) =>
    Array.from({ length: count }, (_, index) => `${index}.123456789012345 ${index}`).join(", ");
  const { sync, sql } = await here.tables.table("id integer, a geometry, b geography");
  await sql(
    `INSERT INTO $t VALUES (1, ST_GeomFromText('POINT(0.1 1e-7)', 4326), ST_GeogFromText('POINT(2 3)'))`,
  );
  await sql(`INSERT INTO $t VALUES (2, ST_GeomFromText('LINESTRING(${points(1_400)})'), NULL)`);
  await sql(`INSERT INTO $t VALUES (3, NULL, ST_GeogFromText('LINESTRING(${points(700)})'))`);
  const { rows, ...counts } = await sync();
  expect(counts).toMatchObject({ toDeliver: 1, invalid: 2 });
  expect(rows.filter(({ invalid }) => invalid).map(({ invalid }) => invalid)).toEqual([
    "long-value",
    "long-value",
  ]);
  // the next double after 0.1: 15 digits would not tell them apart
  await sql(
    "UPDATE $t SET a = ST_GeomFromText('POINT(0.10000000000000002 1e-7)', 4326) WHERE id = 1",
  );
  const [changed] = (await sync({ fence: 2 })).rows.filter(({ invalid }) => !invalid);
  expect(changed?.cells[1]).toContain("0.10000000000000002");
});

test("a sketch is shown, and can be neither previewed nor sent: its column says why", async () => {
  const { sync, sql, name } = await here.tables.table("id integer, a hllsketch, b varchar(10)");
  await sql("INSERT INTO $t (id, b) VALUES (1, 'x')");
  const columns = await source().columns(here.warehouse.schema, name, never);
  expect(columns.map(({ unusable }) => unusable !== undefined)).toEqual([false, true, false]);
  const { preview } = await source().inspect(here.warehouse.schema, name, 10, never);
  expect(preview?.rows).toEqual([["1", null, "x"]]);
  await expect(sync()).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringContaining("“a” can't be sent") as string,
  });
  const profile = source().profile(here.warehouse.schema, name, "a", never);
  await expect(profile).rejects.toMatchObject({ fault: "user-fixable" });
});

test("columns of a late-binding view come with their types, and no other view is opened", async () => {
  const base = `base_${randomUUID().slice(0, 8)}`;
  await admin(
    `CREATE TABLE ${inSchema(base)} (id bigint, name varchar(33), price numeric(12,3), code char(4), tags super, photo varbyte(16), place geometry, seen timestamptz)`,
  );
  await admin(
    `CREATE VIEW ${inSchema(`late_${base}`)} AS SELECT * FROM ${inSchema(base)} WITH NO SCHEMA BINDING`,
  );
  const before = (await statementsOf(here.warehouse.config.user)).at(-1)?.id ?? 0;
  const columns = await source().columns(here.warehouse.schema, `late_${base}`, never);
  expect(columns.map(({ type }) => type)).toEqual([
    "bigint",
    "varchar(33)",
    "numeric(12,3)",
    "char(4)",
    "super",
    "varbyte(16)",
    "geometry",
    "timestamptz",
  ]);
  const sent = (await statementsOf(here.warehouse.config.user, before)).map(({ sql }) => sql);
  expect(sent.filter((sql) => /svv_columns|late_binding_view_cols/.test(sql))).toEqual([]);
});

test.each([
  ["42P01", 'relation "gone" does not exist'],
  ["XX000", "could not open relation with OID 6134794"],
  ["XX000", "cache lookup failed for relation 6134794"],
])(
  "a table that is dropped while tables are listed (%s, %s): the list is asked for again",
  async (code, message) => {
    const request = { search: "", after: null };
    await here.tables.table("id integer");
    await setFaults(here.warehouse.config.user, [
      { match: "/has_table_privilege/i", times: 2, error: { code, message } },
    ]);
    const { items } = await source().tables(here.warehouse.schema, request, never);
    expect(items.length).toBeGreaterThan(0);
  },
);

// What a user may see and do, in Redshift's catalogue and words.
import { beforeAll, describe, expect, test } from "vitest";
import type pg from "pg";
import { errorOf, runningSandbox } from "../testing/running";

const sandbox = runningSandbox();
const password = "Sandbox1test";
let admin: pg.Client;
let reader: pg.Client;

beforeAll(async () => {
  admin = await sandbox.login();
  for (const sql of [
    `CREATE USER reader PASSWORD '${password}'`,
    "CREATE SCHEMA shop",
    "CREATE SCHEMA hidden",
    "CREATE TABLE shop.people (id int NOT NULL PRIMARY KEY, email varchar(100), data super, big bigint, amount decimal(38,9), blob varbyte(8)) DISTKEY(id) SORTKEY(email)",
    "CREATE TABLE shop.secret (id int)",
    "CREATE VIEW shop.late AS SELECT id FROM shop.people WITH NO SCHEMA BINDING",
    "CREATE TABLE hidden.t (id int)",
    "GRANT USAGE ON SCHEMA shop TO reader",
    "GRANT SELECT ON shop.people TO reader",
    "GRANT SELECT ON shop.late TO reader",
  ])
    await admin.query(sql);
  reader = await sandbox.login("reader", password);
});

const column = async (client: pg.Client, sql: string): Promise<unknown[]> =>
  (await client.query<{ value: unknown }>(sql)).rows.map((row) => row.value);

describe("rows are limited to what the user may see", () => {
  test("schemas, tables and columns", async () => {
    const schemas = await column(reader, "SELECT schema_name AS value FROM svv_all_schemas");
    expect(schemas).toContain("shop");
    expect(schemas).not.toContain("hidden");
    expect(
      await column(
        reader,
        "SELECT table_name AS value FROM svv_all_tables WHERE schema_name = 'shop' ORDER BY 1",
      ),
    ).toEqual(["late", "people"]);
    expect(
      await column(
        admin,
        "SELECT table_name AS value FROM svv_tables WHERE table_schema = 'shop' ORDER BY 1",
      ),
    ).toEqual(["late", "people", "secret"]);
    expect(
      await column(
        reader,
        "SELECT column_name AS value FROM svv_columns WHERE table_schema = 'shop' AND table_name = 'people' ORDER BY ordinal_position",
      ),
    ).toEqual(["id", "email", "data", "big", "amount", "blob"]);
  });

  test("types as Redshift names them", async () => {
    const { rows } = await reader.query(
      "SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale FROM svv_all_columns WHERE schema_name = 'shop' AND table_name = 'people' ORDER BY ordinal_position",
    );
    expect(rows.map((row: Record<string, unknown>) => Object.values(row))).toEqual([
      ["id", "integer", null, 32, 0],
      ["email", "character varying", 100, null, null],
      ["data", "super", null, null, null],
      ["big", "bigint", null, 64, 0],
      ["amount", "numeric", null, 38, 9],
      ["blob", "binary varying", 8, null, null],
    ]);
  });

  test("PG_TABLE_DEF shows the schemas of the search path only", async () => {
    expect(
      await column(
        reader,
        "SELECT DISTINCT tablename AS value FROM pg_table_def WHERE schemaname = 'shop'",
      ),
    ).toEqual([]);
    await reader.query("SET search_path TO shop, public");
    const { rows } = await reader.query(
      "SELECT \"column\", type, distkey, sortkey, \"notnull\" FROM pg_table_def WHERE schemaname = 'shop' AND tablename = 'people' AND \"column\" IN ('id', 'email') ORDER BY sortkey",
    );
    expect(rows).toEqual([
      { column: "id", type: "integer", distkey: true, sortkey: 0, notnull: true },
      {
        column: "email",
        type: "character varying(100)",
        distkey: false,
        sortkey: 1,
        notnull: false,
      },
    ]);
    await reader.query("RESET search_path");
  });

  test("keys are listed though they are not enforced", async () => {
    expect(
      await column(
        reader,
        "SELECT a.attname AS value FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) WHERE c.contype = 'p' AND c.conrelid = 'shop.people'::regclass",
      ),
    ).toEqual(["id"]);
    expect(
      await column(
        reader,
        "SELECT column_name AS value FROM information_schema.key_column_usage WHERE table_schema = 'shop'",
      ),
    ).toEqual(["id"]);
    await admin.query("INSERT INTO shop.people (id) VALUES (1), (1)");
  });

  test("view definitions tell late-binding and materialized views, whose columns a function lists", async () => {
    await admin.query("CREATE VIEW shop.bound AS SELECT id, email FROM shop.people");
    await admin.query("CREATE MATERIALIZED VIEW shop.kept AS SELECT id FROM shop.people");
    const { rows } = await admin.query(
      "SELECT viewname, definition ILIKE '%with no schema binding%' AS late, definition ILIKE '%create materialized view%' AS kept FROM pg_views WHERE schemaname = 'shop' ORDER BY 1",
    );
    expect(rows).toEqual([
      { viewname: "bound", late: false, kept: false },
      { viewname: "kept", late: false, kept: true },
      { viewname: "late", late: true, kept: false },
    ]);
    const late =
      "SELECT view_name, col_name, col_type, col_num FROM pg_get_late_binding_view_cols() cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int) WHERE view_schema = 'shop'";
    expect((await reader.query(late)).rows).toEqual([
      { view_name: "late", col_name: "id", col_type: "integer", col_num: 1 },
    ]);
    expect(
      await errorOf(reader, `${late} AND view_name IN (SELECT table_name FROM svv_all_tables)`),
    ).toMatch(/^0A000/);
    for (const name of ["bound", "kept"])
      await admin.query(`DROP ${name === "kept" ? "MATERIALIZED " : ""}VIEW shop.${name}`);
  });

  test("names of 127 bytes are whole in the catalogue, and the privilege functions take them", async () => {
    const name = "é".repeat(63) + "x";
    await admin.query(`CREATE TABLE shop."${name}" (id int)`);
    await admin.query(`GRANT SELECT ON shop."${name}" TO reader`);
    const { rows } = await reader.query(
      `SELECT relname, has_table_privilege(current_user, quote_ident('shop') || '.' || quote_ident(relname), 'SELECT') AS may FROM pg_class WHERE relname = '${name}'`,
    );
    expect(rows).toEqual([{ relname: name, may: true }]);
    expect(
      await column(
        reader,
        `SELECT tablename AS value FROM pg_tables WHERE schemaname = 'shop' AND tablename > 'z'`,
      ),
    ).toEqual([name]);
    await admin.query(`DROP TABLE shop."${name}"`);
  });

  test("SVV_TABLE_INFO is for superusers", async () => {
    expect(await errorOf(reader, "SELECT * FROM svv_table_info")).toBe(
      "42501 permission denied for relation svv_table_info",
    );
  });
});

describe("privileges", () => {
  test.each([
    ["SELECT * FROM shop.secret", "42501 permission denied for relation secret"],
    ["SELECT * FROM hidden.t", "42501 permission denied for schema hidden"],
    ["INSERT INTO shop.people (id) VALUES (2)", "42501 permission denied for relation people"],
    ["CREATE SCHEMA mine", "42501 permission denied for database dev"],
    ["CREATE TABLE shop.mine (a int)", "42501 permission denied for schema shop"],
    ["DROP TABLE shop.people", "42501 must be owner of relation people"],
    ["ALTER TABLE shop.people ALTER DISTSTYLE ALL", "42501 must be owner of relation people"],
  ])("%s", async (sql, error) => {
    expect(await errorOf(reader, sql)).toBe(error);
  });

  test("functions answer alone, and are refused beside tables and system views", async () => {
    const { rows } = await reader.query(
      "SELECT has_schema_privilege('shop', 'USAGE') AS a, has_schema_privilege('shop', 'CREATE') AS b, has_table_privilege('shop.people', 'SELECT') AS c, has_database_privilege('dev', 'TEMP') AS d",
    );
    expect(rows).toEqual([{ a: true, b: false, c: true, d: true }]);
    expect(
      (await reader.query("SELECT has_schema_privilege(nspname, 'USAGE') FROM pg_namespace"))
        .rowCount,
    ).toBeGreaterThan(0);
    for (const from of ["svv_all_schemas", "shop.people", "stl_load_errors"])
      expect(
        await errorOf(reader, `SELECT has_schema_privilege('shop', 'USAGE') FROM ${from}`),
      ).toMatch(/^0A000 Specified types or functions/);
  });

  test("default privileges and grants can be read back", async () => {
    await admin.query("ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO reader");
    await admin.query("CREATE TABLE shop.later (a int)");
    expect((await reader.query("SELECT a FROM shop.later")).rowCount).toBe(0);
    expect(
      await column(
        reader,
        "SELECT privilege_type AS value FROM svv_default_privileges WHERE schema_name = 'shop' AND grantee_name = 'reader'",
      ),
    ).toEqual(["SELECT"]);
    expect(
      await column(
        reader,
        "SELECT privilege_type AS value FROM svv_schema_privileges WHERE namespace_name = 'shop' AND identity_name = 'reader'",
      ),
    ).toEqual(["USAGE"]);
    expect(
      await column(
        reader,
        "SELECT relation_name AS value FROM svv_relation_privileges WHERE namespace_name = 'shop' AND identity_name = 'reader' ORDER BY 1",
      ),
    ).toEqual(["late", "later", "people"]);
  });
});

describe("users", () => {
  test.each([
    "short1A",
    "nouppercase1",
    "NOLOWERCASE1",
    "NoDigitsHere",
    "Has space1",
    "Has'quote1",
    'Has"quote1',
    "Has/slash1",
    "Has@at1234",
    "Ä1bcdefgh",
    `A1${"b".repeat(63)}`,
  ])("password %s is refused", async (bad) => {
    expect(
      await errorOf(admin, `CREATE USER nobody PASSWORD '${bad.replaceAll("'", "''")}'`),
    ).toMatch(/^22023 Password/);
  });

  test("an md5 hash in place of the password", async () => {
    const { createHash } = await import("node:crypto");
    await admin.query(
      `CREATE USER hashed PASSWORD 'md5${createHash("md5").update("Hashed123hashed").digest("hex")}'`,
    );
    expect(
      (await (await sandbox.login("hashed", "Hashed123")).query("SELECT current_user")).rows,
    ).toEqual([{ current_user: "hashed" }]);
    await admin.query("ALTER USER hashed PASSWORD 'Changed123'");
    expect((await (await sandbox.login("hashed", "Changed123")).query("SELECT 1")).rowCount).toBe(
      1,
    );
  });

  test("a user that owns something cannot be dropped", async () => {
    expect(await errorOf(admin, "DROP USER reader")).toMatch(/^2BP01/);
  });
});

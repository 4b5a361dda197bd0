import type pg from "pg";
import { beforeAll, expect, test } from "vitest";
import { errorOf, runningSandbox } from "../testing/running";

const sandbox = runningSandbox();
let admin: pg.Client;
let sensitive: pg.Client;
const refusal = (name: string): string =>
  `0A000 relation "${name}" is protected by row-level security or dynamic data masking and cannot be queried while enable_case_sensitive_identifier of the session differs from its default`;

beforeAll(async () => {
  admin = await sandbox.login();
  await admin.query("CREATE TABLE ruled (id int, name varchar(10))");
  await admin.query("CREATE TABLE masked (id int, card varchar(20))");
  await admin.query("CREATE TABLE free (id int)");
  await admin.query("INSERT INTO ruled VALUES (1, 'a')");
  sensitive = await sandbox.login();
  await sensitive.query("SET enable_case_sensitive_identifier TO true");
});

test("row-level security: only sessions with the default setting may query, once it is on", async () => {
  expect(await errorOf(admin, "ATTACH RLS POLICY mine ON ruled TO PUBLIC")).toBe(
    '42704 RLS policy "mine" does not exist',
  );
  await admin.query("CREATE RLS POLICY mine WITH (id int) USING (id = 1)");
  expect(await errorOf(admin, "CREATE RLS POLICY mine USING (true)")).toMatch(/^42710/);
  await admin.query("ATTACH RLS POLICY mine ON TABLE ruled TO PUBLIC");
  await sensitive.query("SELECT * FROM ruled");
  await admin.query("ALTER TABLE ruled ROW LEVEL SECURITY ON");
  expect((await admin.query("SELECT id FROM ruled")).rows).toEqual([{ id: 1 }]);
  for (const sql of [
    "SELECT id FROM ruled",
    "SELECT f.id FROM free f JOIN public.ruled r ON r.id = f.id",
    "UPDATE ruled SET name = 'b'",
    "DELETE FROM ruled",
    "INSERT INTO free SELECT id FROM ruled",
    "CREATE TABLE copied AS SELECT * FROM ruled",
    "WITH q AS (SELECT id FROM ruled) SELECT * FROM q",
    "MERGE INTO free USING ruled ON free.id = ruled.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (ruled.id)",
  ])
    expect(await errorOf(sensitive, sql)).toBe(refusal("ruled"));
  expect(await errorOf(sensitive, "SELECT id FROM ruled WHERE id = $1", [1])).toBe(
    refusal("ruled"),
  );
  await sensitive.query("INSERT INTO ruled VALUES (2, 'c')");
  await sensitive.query("SELECT * FROM free");
  expect((await admin.query("SELECT relname, is_rls_on FROM svv_rls_relation")).rows).toEqual([
    { relname: "ruled", is_rls_on: true },
  ]);
  await sensitive.query("RESET enable_case_sensitive_identifier");
  await sensitive.query("SELECT id FROM ruled");
  await sensitive.query("SET enable_case_sensitive_identifier TO true");
  await admin.query("ALTER TABLE ruled ROW LEVEL SECURITY OFF");
  await sensitive.query("SELECT id FROM ruled");
});

test("dynamic data masking: the same, from the policy's attachment to its end", async () => {
  await admin.query(
    "CREATE MASKING POLICY IF NOT EXISTS stars WITH (card varchar(20)) USING ('***'::varchar(20))",
  );
  expect(await errorOf(admin, "ATTACH MASKING POLICY stars ON masked (missing) TO PUBLIC")).toMatch(
    /^42703/,
  );
  await admin.query("ATTACH MASKING POLICY stars ON masked (card) TO PUBLIC PRIORITY 10");
  expect(await errorOf(sensitive, "SELECT id FROM masked")).toBe(refusal("masked"));
  await admin.query("SELECT id FROM masked");
  expect(
    (await admin.query("SELECT policy_name, table_name FROM svv_attached_masking_policy")).rows,
  ).toEqual([{ policy_name: "stars", table_name: "masked" }]);
  await admin.query("CREATE TABLE like_masked (LIKE masked)");
  await sensitive.query("SELECT * FROM like_masked");
  expect(await errorOf(admin, "DROP MASKING POLICY stars")).toMatch(/^2BP01/);
  await admin.query("DETACH MASKING POLICY stars ON masked (card) FROM PUBLIC");
  await sensitive.query("SELECT id FROM masked");
  await admin.query("DROP MASKING POLICY stars");
  await admin.query("DROP MASKING POLICY IF EXISTS stars");
});

test("policies are a superuser's, and their grammar is kept to", async () => {
  await admin.query("CREATE USER plain PASSWORD 'Plain1234'");
  const plain = await sandbox.login("plain", "Plain1234");
  expect(await errorOf(plain, "CREATE RLS POLICY x USING (true)")).toMatch(/^42501/);
  for (const sql of [
    "CREATE RLS POLICY x",
    "CREATE MASKING POLICY x USING ('a')",
    "ATTACH RLS POLICY mine ON ruled",
    "ATTACH MASKING POLICY stars ON masked TO PUBLIC",
    "ALTER TABLE ruled ROW LEVEL SECURITY MAYBE",
  ])
    expect(await errorOf(admin, sql)).toMatch(/^42601 syntax error/);
});

test("a user with all the connections it may have", async () => {
  await admin.query("CREATE USER single PASSWORD 'Single1234' CONNECTION LIMIT 1");
  await sandbox.login("single", "Single1234");
  await expect(sandbox.login("single", "Single1234")).rejects.toMatchObject({
    code: "53300",
    message: 'too many connections for user "single"',
  });
});

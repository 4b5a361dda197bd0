// Redshift as a destination, from the first screen to rows that a plain client reads back: into another schema and
// another database, then new, changed and deleted rows; and nothing is left on the way.
import pg from "pg";
import { emailAddresses, loadEmailAddresses, ROWS } from "./fixtures/email-addresses";
import { expectAccessible } from "./fixtures/accessibility";
import {
  asAdmin,
  configDump,
  control,
  endpoints,
  expect,
  signIn,
  stagedFiles,
  test,
} from "./fixtures/tidegate";
import { createTable, grantSource } from "./fixtures/warehouse";
import { DestinationWizard } from "./pages/destination-wizard";
import { openFromNavigation } from "./pages/navigation";
import { SourceWizard } from "./pages/source-wizard";

const reader = { user: "loads_reader", password: "Reads-The-Sea-1" };
const loader = { user: "loads_writer", password: "Loads-The-Sea-1" };
const OTHER = "harbour";

/** Statements as the superuser, in a database. */
async function inDatabase<T extends pg.QueryResultRow>(
  database: string,
  ...statements: string[]
): Promise<T[]> {
  const { host, port, adminUser, adminPassword, ca } = endpoints().sandbox.redshift;
  const client = new pg.Client({
    host,
    port,
    database,
    user: adminUser,
    password: adminPassword,
    ssl: { ca },
  });
  await client.connect();
  try {
    let rows: T[] = [];
    for (const statement of statements) rows = (await client.query<T>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** The connection into the other database. */
let archive = "";

const setup = (database: string, schema: string) => [
  `GRANT CREATE ON DATABASE ${database} TO ${loader.user}`,
  `GRANT TEMPORARY ON DATABASE ${database} TO ${loader.user}`,
  `CREATE SCHEMA IF NOT EXISTS ${schema}`,
  `GRANT USAGE ON SCHEMA ${schema} TO ${loader.user}`,
  `GRANT CREATE ON SCHEMA ${schema} TO ${loader.user}`,
];

test("rows of one table land in another schema and in another database, as they are at each moment", async ({
  page,
}) => {
  const rows = emailAddresses();
  await loadEmailAddresses(rows, "loads_from");
  await grantSource(reader.user, reader.password, "loads_from", "email_address");
  const { database } = endpoints().sandbox.redshift;
  await asAdmin(async (query) => {
    await query(`CREATE USER ${loader.user} PASSWORD '${loader.password}'`);
    for (const statement of setup(database, "crm")) await query(statement);
    await query(`CREATE DATABASE ${OTHER}`);
  });
  await signIn(page);
  const source = new SourceWizard(page);
  await source.create("Loads from", { login: reader }, "loads_from", "email_address");

  await page.getByRole("button", { name: "Add Destinations" }).click();
  const wizard = new DestinationWizard(page);
  await wizard.startRedshift("Warehouse");
  // the second seed's script, in its order, with the names filled in while one types
  await page.getByLabel("Target schema").fill("crm");
  await page.getByLabel("User", { exact: true }).fill(loader.user);
  await page.getByLabel("Database", { exact: true }).fill(database);
  const script = page.getByRole("figure", { name: "Setup script" });
  await expect(script).toContainText(`GRANT CREATE ON DATABASE ${database} TO ${loader.user};`);
  const text = (await script.locator("pre").innerText())
    .split("\n")
    .map((line) => line.replace(/ (USER|ON|SCHEMA IF) .*/, ""));
  expect(text).toEqual([
    "CREATE",
    "GRANT CREATE",
    "GRANT TEMPORARY",
    "CREATE",
    "GRANT USAGE",
    "GRANT CREATE",
  ]);
  await wizard.warehouse(loader, database);
  await expectAccessible(page);
  await wizard.staging("journey");
  await wizard.loadingVerified();
  await expectAccessible(page);
  await wizard.next();
  await expect(page.getByRole("heading", { name: "Tables" }).first()).toBeVisible();
  await expectAccessible(page);
  await wizard.next();
  await expect(page.getByRole("heading", { name: "Destination created" })).toBeVisible();

  const run = async (delivered: string) => {
    await page.getByRole("button", { name: "Run now" }).click();
    await expect(page.getByLabel("Delivered", { exact: true })).toHaveText(delivered, {
      timeout: 90_000,
    });
    await expect(page.getByRole("status", { name: "State" })).toContainText("Succeeded", {
      timeout: 60_000,
    });
  };
  await run(ROWS.toLocaleString("en"));
  const same =
    "SELECT COUNT(*) AS n FROM (SELECT * FROM loads_from.email_address EXCEPT SELECT business_entity_id, email_address_id, email, rowguid, modified_date FROM crm.email_address) d";
  expect(
    await inDatabase(
      database,
      "SELECT COUNT(*) AS n, COUNT(DISTINCT email) AS keys FROM crm.email_address",
    ),
  ).toEqual([{ n: String(ROWS), keys: String(ROWS) }]);
  expect(await inDatabase(database, same)).toEqual([{ n: "0" }]);

  // new and changed rows
  await asAdmin(async (query) => {
    await query(
      `INSERT INTO loads_from.email_address VALUES (90001, 90001, 'new@example.com', 'r', '2026-11-20 01:02:03.456'), (90002, 90002, 'zoë "q"\n@example.com', '', NULL)`,
    );
    await query(
      "UPDATE loads_from.email_address SET rowguid = 'changed' WHERE email_address_id <= 10",
    );
  });
  await run("12");
  expect(await inDatabase(database, same)).toEqual([{ n: "0" }]);
  expect(
    await inDatabase(
      database,
      "SELECT COUNT(*) AS n FROM crm.email_address WHERE rowguid = '' AND modified_date IS NULL",
    ),
  ).toEqual([{ n: "1" }]);
  expect(await stagedFiles("journey")).toEqual([]);

  // another database, with saved credentials of its own; what the wizard finds missing it offers to copy
  await inDatabase(OTHER, ...setup(OTHER, "archive").slice(0, 3));
  await wizard.begin();
  await wizard.startRedshift("Archive");
  await page.getByLabel("Target schema").fill("archive");
  await wizard.warehouse(loader, OTHER);
  await wizard.staging("journey-archive", "Access keys");
  await expect(wizard.check("USAGE on schema")).toContainText("Failed");
  await expect(wizard.check("CREATE on database")).toContainText("Passed");
  await expect(wizard.check("Write to S3")).toContainText("Passed");
  await expect(wizard.check("COPY from S3")).toContainText("Not run");
  await expect(wizard.check("USAGE on schema")).toContainText(
    `GRANT USAGE ON SCHEMA archive TO ${loader.user};`,
  );
  await expect(wizard.check("Clean up")).toContainText("Passed");
  await inDatabase(OTHER, ...setup(OTHER, "archive").slice(3));
  await wizard.verifyAgain();
  await wizard.loadingVerified();
  await wizard.next();
  await page.getByLabel("Table name").fill("people");
  await wizard.next();
  await expect(page.getByRole("heading", { name: "Destination created" })).toBeVisible();
  await page.getByRole("button", { name: "Connect a source" }).click();
  await wizard.connect("Loads from", "Archive", "Mirror");
  await expect(page.getByText("Mirror", { exact: true })).toBeVisible();
  const connection = (archive = page.url());
  await page.getByRole("button", { name: "What the next run changes" }).click();
  await expect(page.getByRole("figure", { name: "What the next run changes" })).toContainText(
    'CREATE TABLE "archive"."people"',
  );
  await run((ROWS + 2).toLocaleString("en"));
  await asAdmin(async (query) => {
    await query("DELETE FROM loads_from.email_address WHERE email_address_id BETWEEN 101 AND 150");
  });
  await run("50");
  expect(await inDatabase(OTHER, "SELECT COUNT(*) AS n FROM archive.people")).toEqual([
    { n: String(ROWS + 2 - 50) },
  ]);
  expect(
    await inDatabase(
      OTHER,
      "SELECT COUNT(*) AS n FROM archive.people WHERE email_address_id BETWEEN 101 AND 150",
    ),
  ).toEqual([{ n: "0" }]);
  expect(await stagedFiles("")).toEqual([]);
  await page.goto(connection);
  await page.getByRole("button", { name: "Reconcile" }).click();
  await expect(
    page.getByText(
      `${(ROWS - 48).toLocaleString("en")} rows on both sides, and every checksum is the same.`,
    ),
  ).toBeVisible();
  await page.getByRole("button", { name: "What the next run changes" }).click();
  await expect(page.getByText("The table archive.people takes the rows as it is.")).toBeVisible();
  await expectAccessible(page);
  expect(
    await inDatabase(
      OTHER,
      "SELECT tablename FROM pg_tables WHERE tablename LIKE 'tidegate%' OR tablename LIKE '%check%'",
    ),
  ).toEqual([]);
});

test("a table with every type arrives value by value", async ({ page }) => {
  const columns = `id bigint, email varchar(64), s smallint, i integer, n numeric(38,9), r real, d double precision, b boolean, c char(5), v varchar(65535), dt date, t time, tz timetz, ts timestamp, tstz timestamptz, j super, x varbyte(16)`;
  const values = [
    `(1, 'a@example.com', 32767, -2147483648, 12345678901234567890123456789.123456789, 0.1, 1e-40, true, 'ab', 'Zoë "q", b' || CHR(10) || 'उ', '0001-01-01', '23:59:59.999999', '12:00:00+00', '2026-11-20 12:34:56.789012', '2026-11-20 12:34:56.789+00', JSON_PARSE('{"a":[1,null,"x"]}'), TO_VARBYTE('00ff10', 'hex'))`,
    `(9223372036854775807, 'b@example.com', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    `(-5, 'c@example.com', 0, 0, -0.000000001, -0.5, 123456789.12345678, false, '', '', '9999-12-31', '00:00:00', '00:00:00+00', '9999-12-31 23:59:59', '1999-12-31 23:59:59+00', JSON_PARSE('"text"'), NULL)`,
  ];
  await createTable("loads_types", "everything", columns, []);
  await asAdmin(async (query) => {
    for (const value of values)
      await query(`INSERT INTO loads_types.everything SELECT ${value.slice(1, -1)}`);
    await query(`GRANT USAGE ON SCHEMA loads_types TO ${reader.user}`);
    await query(`GRANT SELECT ON TABLE loads_types.everything TO ${reader.user}`);
  });
  await signIn(page);
  const source = new SourceWizard(page);
  await source.create(
    "Every type",
    { saved: "Loads from credentials" },
    "loads_types",
    "everything",
  );
  await page.getByRole("button", { name: "Connect Destinations" }).click();
  const wizard = new DestinationWizard(page);
  await wizard.connect("Every type", "Warehouse");
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByLabel("Delivered", { exact: true })).toHaveText("3", { timeout: 60_000 });
  await expect(page.getByRole("status", { name: "State" })).toContainText("Succeeded", {
    timeout: 60_000,
  });
  const { database } = endpoints().sandbox.redshift;
  const shown =
    "id, email, s, i, n, r, d, b, c, v, dt, t, tz, ts, tstz, JSON_SERIALIZE(j) AS j, FROM_VARBYTE(x, 'hex') AS x";
  const read = (from: string) => inDatabase(database, `SELECT ${shown} FROM ${from} ORDER BY id`);
  expect(await read("crm.everything")).toEqual(await read("loads_types.everything"));
  const types = (schema: string) =>
    inDatabase(
      database,
      `SELECT column_name, data_type, character_maximum_length FROM svv_all_columns WHERE schema_name = '${schema}' AND table_name = 'everything' AND column_name <> 'id' ORDER BY column_name`,
    );
  expect(await types("crm")).toEqual(await types("loads_types"));
});

test("what Tidegate keeps of all this holds no secret", async ({ page }) => {
  // a run and a check that fail in COPY, whose text has the secret key
  const { accessKeyId, secretAccessKey } = endpoints().sandbox.s3;
  await asAdmin(async (query) => {
    await query(
      "UPDATE loads_from.email_address SET rowguid = 'refused' WHERE email_address_id = 20",
    );
  });
  await control("/s3/deny", [
    { action: "GetObject", identity: accessKeyId, prefix: "journey-archive" },
  ]);
  await signIn(page);
  await page.goto(archive);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByRole("status", { name: "State" })).toContainText("Failed", {
    timeout: 60_000,
  });
  await page.goto(archive);
  await page.getByRole("link", { name: "Archive", exact: true }).click();
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await expect(new DestinationWizard(page).check("COPY from S3")).toContainText("Failed");
  await control("/s3/deny", []);
  const dump = await configDump();
  // the loads' statements, their errors and the checks are among it
  for (const word of [
    "SECRET_ACCESS_KEY '***'",
    "journey-archive",
    "COPY from S3",
    "may not read the staged files",
    loader.user,
  ])
    expect(dump.includes(word), word).toBe(true);
  for (const secret of [secretAccessKey, loader.password, reader.password]) {
    for (const form of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("hex"),
    ])
      expect(dump.includes(form), `a secret of ${secret.length} characters`).toBe(false);
  }
});

test("the same rows land in a PostgreSQL, by the same wizard with fewer steps", async ({
  page,
}) => {
  const postgres = new URL(endpoints().database);
  await signIn(page);
  const wizard = new DestinationWizard(page);
  await wizard.begin();
  await page
    .getByRole("radiogroup", { name: "Warehouse Destinations" })
    .getByText("PostgreSQL", { exact: true })
    .click();
  await wizard.next();
  await page.getByLabel("Destination name").fill("Own PostgreSQL");
  await wizard.next();
  const fields = {
    Host: postgres.hostname,
    Port: postgres.port,
    Database: postgres.pathname.slice(1),
    User: decodeURIComponent(postgres.username),
    Password: decodeURIComponent(postgres.password),
    "Target schema": "landed",
  };
  for (const [label, text] of Object.entries(fields))
    await page.getByLabel(label, { exact: true }).fill(text);
  await page.getByRole("button", { name: /SSL mode/ }).click();
  await page.getByRole("option", { name: /^off/ }).click();
  await expectAccessible(page);
  await wizard.next();
  await expect(wizard.check("Connection")).toContainText("Passed");
  await expect(wizard.check("Upsert")).toContainText("Passed");
  await wizard.next();
  await expect(page.getByRole("heading", { name: "Destination created" })).toBeVisible();
  await page.getByRole("button", { name: "Connect a source" }).click();
  await wizard.connect("Every type", "Own PostgreSQL");
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByLabel("Delivered", { exact: true })).toHaveText("3", { timeout: 60_000 });
  await expect(page.getByRole("status", { name: "State" })).toContainText("Succeeded", {
    timeout: 60_000,
  });
  const client = new pg.Client({ connectionString: postgres.href });
  await client.connect();
  const { rows } = await client.query(
    "SELECT id::text, n::text, v, j, x FROM landed.everything ORDER BY id",
  );
  await client.end();
  expect(rows).toEqual([
    { id: "-5", n: "-0.000000001", v: "", j: "text", x: null },
    {
      id: "1",
      n: "12345678901234567890123456789.123456789",
      v: 'Zoë "q", b\nउ',
      j: { a: [1, null, "x"] },
      x: "00ff10",
    },
    { id: "9223372036854775807", n: null, v: null, j: null, x: null },
  ]);

  // the login can be used again: only where rows go is asked for
  await wizard.begin();
  await page
    .getByRole("radiogroup", { name: "Warehouse Destinations" })
    .getByText("PostgreSQL", { exact: true })
    .click();
  await wizard.next();
  await page.getByLabel("Destination name").fill("Second PostgreSQL");
  await page.getByText("Use Existing Credentials", { exact: true }).click();
  await page
    .getByRole("radiogroup", { name: "Saved credentials" })
    .getByText("Own PostgreSQL", { exact: true })
    .click();
  await wizard.next();
  await expect(page.getByLabel("Password", { exact: true })).toHaveCount(0);
  await page.getByLabel("Target schema", { exact: true }).fill("Landed too");
  await page.getByLabel("Table name", { exact: true }).fill("People");
  await expectAccessible(page);
  await wizard.next();
  await expect(wizard.check("Upsert")).toContainText("Passed");
  await wizard.next();
  await expect(page.getByRole("heading", { name: "Destination created" })).toBeVisible();
  await openFromNavigation(page, "Destinations");
  await page.getByRole("link", { name: "Second PostgreSQL" }).click();
  await expect(page.getByText("Landed too.People")).toBeVisible();
});

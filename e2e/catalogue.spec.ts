import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import { asAdmin, expect, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "catalogue_reader", password: "Deep-Water-42" };
const schema = "Journey_Catalogue";
const TABLES = 10_000;
const LONGEST = `${"é".repeat(62)} "'`;
const inSchema = (table: string) => `"${schema}"."${table.replaceAll('"', '""')}"`;

test.describe.configure({ timeout: 180_000 });
test.beforeAll(async () => {
  await createUser(login);
  await asAdmin(async (query) => {
    await query("SET enable_case_sensitive_identifier TO true");
    await query(`CREATE SCHEMA "${schema}"`);
    await query(`GRANT USAGE ON SCHEMA "${schema}" TO ${login.user}`);
    for (let at = 0; at < TABLES; at += 500)
      await query(
        Array.from(
          { length: 500 },
          (_, n) =>
            `CREATE TABLE ${inSchema(`bulk_${String(at + n).padStart(5, "0")}`)} (email varchar(20))`,
        ).join(";\n"),
      );
    await query(
      `CREATE TABLE ${inSchema("Customers")} (email varchar(60), padb_internal_hidden integer)`,
    );
    await query(
      `INSERT INTO ${inSchema("Customers")} VALUES ('ann@example.com', 1), ('bob@example.com', 2)`,
    );
    await query(`ANALYZE ${inSchema("Customers")}`);
    await query(
      `CREATE VIEW ${inSchema("customers_seen")} AS SELECT email FROM ${inSchema("Customers")}`,
    );
    await query(
      `CREATE VIEW ${inSchema("customers_late")} AS SELECT email FROM ${inSchema("Customers")} WITH NO SCHEMA BINDING`,
    );
    await query(
      `CREATE MATERIALIZED VIEW ${inSchema("customers_kept")} AS SELECT email FROM ${inSchema("Customers")}`,
    );
    await query(`CREATE TABLE ${inSchema(LONGEST)} (email varchar(20))`);
    await query(`GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO ${login.user}`);
    await query(`CREATE TABLE ${inSchema("Salaries")} (email varchar(20))`);
    await query(`CREATE USER catalogue_owner WITH PASSWORD 'Deep-Water-43'`);
    await query(`GRANT ALL ON SCHEMA "${schema}" TO catalogue_owner`);
    await query(
      `CREATE VIEW ${inSchema("orphaned")} AS SELECT email FROM ${inSchema("Customers")}`,
    );
    await query(`ALTER TABLE ${inSchema("orphaned")} OWNER TO catalogue_owner`);
    await query(`GRANT SELECT ON ${inSchema("orphaned")} TO ${login.user}`);
  });
  await createTable("journey_catalogue_closed", "closed", "email varchar(20)", []);
});

test("ten thousand tables are searched in the warehouse, each kind has its badge, what may not be read its GRANT, and a refused SELECT is mended in place", async ({
  page,
}) => {
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Catalogue");
  await wizard.connection(login);
  await wizard.verified();
  const option = (name: string | RegExp) => page.getByRole("option", { name });

  await wizard.search("Schema", "catalogue_closed");
  await expect(option(/journey_catalogue_closed/)).toBeDisabled();
  await expect(option(/journey_catalogue_closed/)).toContainText(
    'GRANT USAGE ON SCHEMA "journey_catalogue_closed" TO catalogue_reader;',
  );
  await wizard.choose("Schema", schema);

  await test.step("pages follow while one scrolls, and a search finds what isn't on the first", async () => {
    await wizard.search("Table", "");
    await expect(option(/Customers/)).toBeVisible();
    await expect(option(/bulk_00100/)).toHaveCount(0);
    await expect
      .poll(async () => {
        await page.getByRole("listbox").evaluate((list) => list.scrollTo(0, list.scrollHeight));
        return option(/bulk_00100/).count();
      })
      .toBe(1);
    await wizard.search("Table", "K_09876");
    await expect(page.getByRole("option")).toHaveText([/bulk_09876/]);
    await wizard.search("Table", "no such table anywhere");
    await expect(page.getByText("No table matches.")).toBeVisible();
  });

  await test.step("badges, estimates, and the statement that opens a closed table", async () => {
    await wizard.search("Table", "customers");
    await expect(page.getByRole("option").nth(0)).toHaveText(/Customers\s*table\s*about 2 rows/);
    await expect(option(/customers_kept/)).toContainText("materialized view");
    await expect(option(/customers_late/)).toContainText("late-binding view");
    await expect(option(/customers_seen/)).toContainText("view");
    await wizard.search("Table", "Salar");
    await expect(option(/Salaries/)).toBeDisabled();
    await expect(option(/Salaries/)).toContainText(
      `GRANT SELECT ON TABLE ${inSchema("Salaries")} TO catalogue_reader;`,
    );
    await expect(option(/Salaries/)).toContainText("owner admin");
    await expectAccessible(page, "[role=listbox]");
    await page.keyboard.press("Escape");
  });

  await test.step("names of 127 bytes and names with quotes, a view of each kind, and hidden columns", async () => {
    for (const table of [LONGEST, "customers_late", "customers_kept", "customers_seen"]) {
      await wizard.choose("Table", table);
      await expect(wizard.grid().getByRole("columnheader")).toHaveText([/^email/]);
    }
    await wizard.choose("Table", "Customers");
    await expect(wizard.grid().getByRole("columnheader")).toHaveText([/^email/]);
    await expect(wizard.tableCheck()).toContainText("Passed");
  });

  await test.step("the view's owner has lost a right: said in place, mended by the statement given, tried again", async () => {
    await wizard.choose("Table", "orphaned");
    await expect(wizard.tableCheck()).toContainText("Failed");
    await expect(wizard.tableCheck()).toContainText(
      "its owner “catalogue_owner” may not read what is under it",
    );
    await expect(wizard.nextButton()).toBeDisabled();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    const grant = await wizard.tableCheck().locator("pre").textContent();
    expect(grant).toBe(`GRANT SELECT ON TABLE ${inSchema("Customers")} TO catalogue_owner;`);
    await asAdmin(async (query) => {
      await query("SET enable_case_sensitive_identifier TO true");
      await query(grant ?? "");
    });
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(wizard.grid()).toBeVisible();
    await expect(wizard.nextButton()).toBeEnabled();
  });

  await test.step("SELECT taken away between listing and choosing, then given back", async () => {
    await wizard.search("Table", "bulk_07777");
    await expect(option(/bulk_07777/)).toBeVisible();
    const asOwner = (sql: string) =>
      asAdmin(async (query) => {
        await query("SET enable_case_sensitive_identifier TO true");
        await query(sql);
      });
    await asOwner(`REVOKE SELECT ON ${inSchema("bulk_07777")} FROM ${login.user}`);
    await option(/bulk_07777/).click();
    await expect(wizard.tableCheck().locator("pre")).toHaveText(
      `GRANT SELECT ON TABLE ${inSchema("bulk_07777")} TO catalogue_reader;`,
    );
    await asOwner(`GRANT SELECT ON TABLE ${inSchema("bulk_07777")} TO ${login.user}`);
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(wizard.tableCheck()).toContainText("Passed");
    await expect(wizard.grid()).toBeVisible();
  });
});

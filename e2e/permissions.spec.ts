import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import { asAdmin, asUser, endpoints, expect, signIn, test } from "./fixtures/tidegate";
import { SourceWizard } from "./pages/source-wizard";

const user = "panel_reader";

test("one pasted line, one script: from an empty form to three green checks without leaving the page", async ({
  page,
}) => {
  await asAdmin(async (query) => {
    await query('CREATE SCHEMA IF NOT EXISTS "panel_shop"');
    await query('CREATE TABLE "panel_shop"."people" (email varchar(50), name varchar(50))');
    await query("INSERT INTO \"panel_shop\".\"people\" VALUES ('ada@example.com', 'Ada')");
  });
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("From the panel");

  const { redshift } = endpoints().sandbox;
  await page
    .getByLabel("Connection string")
    .fill(
      `jdbc:redshift://${redshift.host}:${redshift.port}/${redshift.database}?UID=${user}&PWD=Not-Kept-1`,
    );
  await expect(
    page.getByText(
      `Understood: host ${redshift.host}, port ${redshift.port}, database ${redshift.database}, user ${user}, a password.`,
    ),
  ).toBeVisible();
  await expect(page.getByLabel("Connection string")).not.toHaveValue(/Not-Kept/);
  await expect(page.getByLabel("Host", { exact: true })).toHaveValue(redshift.host);
  await expect(page.getByLabel("Port", { exact: true })).toHaveValue(String(redshift.port));
  await expect(page.getByLabel("User", { exact: true })).toHaveValue(user);
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("Not-Kept-1");

  await page.getByLabel("Script schema").fill("panel_shop");
  await page.getByLabel("Script table").fill("people");
  await page.getByText("Grant future tables in the schema").click();
  const script = page.locator("pre").filter({ hasText: "CREATE USER" });
  await expect(script).toContainText("<strong_unique_password>"); // a typed password is not drawn on the screen
  await page.getByRole("button", { name: "Generate password" }).click();
  await expect(script).not.toContainText("<strong_unique_password>");
  await expect(
    page
      .getByRole("list", { name: "Redshift’s rule" })
      .getByRole("listitem")
      .filter({ hasText: "(holds)" }),
  ).toHaveCount(5);
  await page
    .getByRole("radiogroup", { name: "Password in the script" })
    .getByText("MD5 hash")
    .click();
  await expect(script).toContainText(/PASSWORD 'md5[0-9a-f]{32}'/); // what is run below; the clear one logs in
  await expect(script).not.toContainText(await wizard.field("Password").inputValue());
  const statements = (await script.innerText()).split("\n").filter((line) => line !== "");
  expect(statements.at(-1)).toBe(
    `ALTER DEFAULT PRIVILEGES IN SCHEMA "panel_shop" GRANT SELECT ON TABLES TO ${user};`,
  );
  await asAdmin(async (query) => {
    // other journeys share this warehouse, and its one _rudderstack
    for (const statement of statements)
      await query(
        statement.replace(
          'CREATE SCHEMA "_rudderstack"',
          'CREATE SCHEMA IF NOT EXISTS "_rudderstack"',
        ),
      );
  });

  await page.getByRole("button", { name: "Advanced" }).click();
  await page.getByLabel("CA certificate").fill(redshift.ca);
  await wizard.next();
  await wizard.verified();
  await wizard.choose("Schema", "panel_shop");
  await wizard.choose("Table", "people");
  await expect(page.getByRole("grid", { name: "Data preview" })).toContainText("ada@example.com");
});

const owner = { user: "panel_etl", password: "Bilge-Keel-41" };
const reader = { user: "panel_reader_two", password: "Spring-Line-52" };

test("what is missing is the script; run, the tables that their owner rebuilds stay readable", async ({
  page,
}) => {
  await asAdmin(async (query) => {
    await query(`CREATE USER ${owner.user} PASSWORD '${owner.password}'`);
    await query('CREATE SCHEMA IF NOT EXISTS "_rudderstack"');
    await query(`CREATE SCHEMA "panel_yard" AUTHORIZATION ${owner.user}`);
    await query('CREATE TABLE "panel_yard"."people" (email varchar(50))');
    await query(`ALTER TABLE "panel_yard"."people" OWNER TO ${owner.user}`);
    await query(`CREATE USER ${reader.user} PASSWORD 'sha256|${reader.password}'`);
  });
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("From what is missing");
  await wizard.connection(reader);
  await wizard.outcomes("Passed", "Passed", "Failed");

  const panel = page.getByRole("region", { name: "Permissions script" });
  await expectAccessible(page, "main");
  await expectNoSidewaysScroll(page);
  await panel.getByLabel("Script schema").fill("panel_yard");
  await panel.getByLabel("Script table").fill("people");
  await panel.getByText("Grant future tables in the schema").click();
  await expect(panel.getByLabel("Owners of future tables")).toHaveValue(owner.user);
  await expect(panel).toContainText(`${owner.user} owns tables in panel_yard.`);
  const script = await panel
    .getByRole("figure", { name: "Permissions script" })
    .locator("pre")
    .innerText();
  expect(script.split("\n")).toEqual([
    `GRANT ALL ON SCHEMA "_rudderstack" TO ${reader.user};`,
    `GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA "_rudderstack" TO ${reader.user};`,
    `GRANT USAGE ON SCHEMA "panel_yard" TO ${reader.user};`,
    `GRANT SELECT ON TABLE "panel_yard"."people" TO ${reader.user};`,
    `ALTER DEFAULT PRIVILEGES FOR USER ${owner.user} IN SCHEMA "panel_yard" GRANT SELECT ON TABLES TO ${reader.user};`,
  ]);
  await asAdmin(async (query) => void (await query(script)));
  await asUser(owner, async (query) => {
    await query('DROP TABLE "panel_yard"."people"');
    await query('CREATE TABLE "panel_yard"."people" (email varchar(50))');
    await query('INSERT INTO "panel_yard"."people" VALUES (\'rebuilt@example.com\')');
  });
  await page.getByRole("button", { name: "Verify again" }).click();
  await wizard.verified();
  await wizard.chooseTable("panel_yard", "people");
  await expect(wizard.grid()).toContainText("rebuilt@example.com");
});

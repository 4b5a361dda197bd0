import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import { asAdmin, control, expect, signIn, statementsOf, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "quality_reader", password: "Clear-Water-42" };
const schema = "journey_quality";
const LONG = "0123456789".repeat(6_553);

test.describe.configure({ mode: "serial", timeout: 120_000 });
test.beforeAll(async () => {
  await createUser(login);
  await createTable(
    schema,
    "people",
    "email varchar(60), plan varchar(20), notes varchar(65535), doc super",
    [],
    login,
  );
  await asAdmin(async (query) => {
    await query(
      `INSERT INTO ${schema}.people SELECT 'ann@example.com', 'team', '${LONG}', JSON_PARSE('{"tags":["a","b"],"deep":{"n":1.10,"big":12345678901234567890}}')`,
    );
    for (const row of [
      "'ann@example.com', 'team'",
      "'bob@example.com', 'free'",
      "'', 'free'",
      "NULL, NULL",
    ])
      await query(`INSERT INTO ${schema}.people (email, plan) SELECT ${row}`);
  });
});

test("key health before the first run, then rows, values, SUPER as a tree and column profiles on the data preview page", async ({
  page,
}) => {
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Quality");
  await wizard.connection(login);
  await wizard.verified();
  await wizard.data(schema, "people");

  const health = page.getByRole("region", { name: "Key health" });
  await health.getByRole("button", { name: "Check key health" }).click();
  await expect(health).toContainText(
    "4 of 5 rows would be rejected: 1 without a key, 1 with an empty key, 2 that share a key. Mirror needs a key that is unique.",
  );
  await expect(
    health.getByRole("list", { name: "Keys that several rows share" }).getByRole("listitem"),
  ).toHaveText(["••••••2 rows"]);
  await expectAccessible(page);
  await wizard.next();
  await wizard.frequency("Manual");
  await wizard.next();
  await page.getByRole("link", { name: "Open the source" }).click();
  await page.getByRole("link", { name: "Data preview" }).click();

  const grid = page.getByRole("grid", { name: "Data preview" });
  await test.step("with the keyboard to a SUPER, which opens level by level with its digits", async () => {
    await grid.focus();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("End");
    const value = page.getByRole("region", { name: "Value" });
    await expect(value).toContainText("doc");
    await value.getByRole("button", { name: "deep: {2}" }).click();
    await expect(value).toContainText("big: 12345678901234567890");
    await value.getByRole("button", { name: "tags: [2]" }).click();
    await expect(value).toContainText('0: "a"');
    await expect(grid).toHaveAttribute("aria-activedescendant", /.+/);
    await expectAccessible(page);
  });

  await test.step("a long value says its size, and is fetched as a whole", async () => {
    await page.keyboard.press("ArrowLeft");
    await grid.focus();
    await page.keyboard.press("ArrowLeft");
    const value = page.getByRole("region", { name: "Value" });
    await expect(value).toContainText("The first 1000 characters of 65.5 kB.");
    await expect(page.getByRole("region", { name: "JSON preview" })).toContainText(
      "1 value is longer than what is shown here. A sync sends the whole.",
    );
    await value.getByRole("button", { name: "Fetch the whole value" }).click();
    await expect(value).toContainText(LONG);
  });

  await test.step("personal data is covered everywhere until asked for", async () => {
    await health.getByRole("button", { name: "Check key health" }).click();
    await expect(health.getByRole("list", { name: "Keys that several rows share" })).toContainText(
      "••••••",
    );
    const profile = page.getByRole("region", { name: "Column profile" });
    // a list closes when the page behind it scrolls, which reaching its options may do
    const choose = (column: string) =>
      expect(async () => {
        await profile.getByRole("combobox", { name: "Column" }).click();
        await profile.getByRole("combobox", { name: "Column" }).fill(column);
        await page.getByRole("option", { name: column }).first().click({ timeout: 2_000 });
      }).toPass();
    await choose("email");
    await expect(profile).toContainText("20.0 % (1)");
    await expect(profile.getByRole("list", { name: "Top values" })).not.toContainText(
      "ann@example.com",
    );
    await page.getByRole("button", { name: "Show values" }).click();
    await expect(
      health.getByRole("list", { name: "Keys that several rows share" }).getByRole("listitem"),
    ).toHaveText(["ann@example.com2 rows"]);
    await expect(profile.getByRole("list", { name: "Top values" })).toContainText(
      "ann@example.com2 rows, 40.0 %",
    );
    await choose("plan");
    await expect(
      profile.getByRole("list", { name: "Top values" }).getByRole("listitem").first(),
    ).toContainText("2 rows, 40.0 %");
    await expect(profile).toContainText("2, exact");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
});

test("who leaves the page, or types on, stops the statement in the warehouse", async ({ page }) => {
  await signIn(page);
  await control("/redshift/faults", [{ match: "WITH k AS", user: login.user, delayMs: 60_000 }]);
  try {
    // a cancel is a wish: the protocol gives no answer to it, so one that is lost may be made again
    await expect(async () => {
      await page.goto("/sources");
      await page.getByRole("link", { name: "Quality" }).first().click();
      await page.getByRole("link", { name: "Data preview" }).click();
      const last = (await statementsOf(login.user)).at(-1)?.id ?? 0;
      const health = page.getByRole("region", { name: "Key health" });
      await health.getByRole("button", { name: "Check key health" }).click();
      await expect(health).toContainText("Counting");
      const outcome = async () =>
        (await statementsOf(login.user, last)).find(({ sql }) => sql.startsWith("WITH k AS"))
          ?.outcome;
      await expect.poll(outcome).toBe("running");
      await page.getByRole("link", { name: "Overview", exact: true }).first().click();
      await expect.poll(outcome, { timeout: 10_000 }).toMatch(/^57014/);
    }).toPass({ timeout: 90_000 });
  } finally {
    await control("/redshift/faults", []);
  }
});

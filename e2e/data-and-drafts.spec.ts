import { asAdmin, expect, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, literal, type Login } from "./fixtures/warehouse";
import { openFromNavigation } from "./pages/navigation";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "data_and_drafts", password: "Plumb-Line-77" };
const schema = "journey_data";
const HOSTILE_TABLE = "o'clock <b>; --";
const HOSTILE = `<img src=x onerror="window.hacked=1"> "quoted" 'text' </script><script>window.hacked=1</script>`;
const LINES = "line one\nline two\t\u0001 é 🌊";

/** Column → type, SQL literal, text in the grid, text in the JSON. */
const exact: Record<string, { type: string; sql: string; grid: string; json: string }> = {
  big: {
    type: "bigint",
    sql: "9007199254740993",
    grid: "9007199254740993",
    json: '"9007199254740993"',
  },
  amount: {
    type: "numeric(38,9)",
    sql: "12345678901234567890123456789.123456789",
    grid: "12345678901234567890123456789.123456789",
    json: '"12345678901234567890123456789.123456789"',
  },
  small: { type: "numeric(10,2)", sql: "10.50", grid: "10.50", json: "10.50" },
  at: {
    type: "timestamptz",
    sql: "'2026-03-29 01:30:00.123456+00'",
    grid: "2026-03-29 01:30:00.123456+00",
    json: '"2026-03-29T01:30:00.123456Z"',
  },
  doc: {
    type: "super",
    sql: `JSON_PARSE('{"a":[1,null,true],"b":"x"}')`,
    grid: '{"a":[1,null,true],"b":"x"}',
    json: '{"a":[1,null,true],"b":"x"}',
  },
  nothing: { type: "varchar(20)", sql: "NULL", grid: "NULL", json: "null" },
  empty: { type: "varchar(20)", sql: "''", grid: "empty text", json: '""' },
  hostile: {
    type: "varchar(400)",
    sql: literal(HOSTILE),
    grid: HOSTILE,
    json: JSON.stringify(HOSTILE),
  },
  lines: { type: "varchar(100)", sql: literal(LINES), grid: LINES, json: JSON.stringify(LINES) },
};

test.describe.configure({ mode: "serial" });
test.beforeAll(async () => {
  await createUser(login);
  await createTable(schema, "no_identity", "id integer, name varchar(20)", ["(1,'a')"], login);
  await createTable(schema, "not_granted", "email varchar(20)", []);
  const columns = Object.entries(exact);
  await createTable(
    schema,
    HOSTILE_TABLE,
    `email varchar(60), ${columns.map(([name, { type }]) => `${name} ${type}`).join(", ")}`,
    [],
    login,
  );
  // row by row: VALUES of several rows take no function such as JSON_PARSE on Redshift
  await asAdmin(
    async (query) =>
      void (await query(
        `INSERT INTO "${schema}"."${HOSTILE_TABLE}" SELECT 'ann@example.com', ${columns.map(([, { sql }]) => sql).join(", ")}`,
      )),
  );
  await createTable(
    schema,
    "people",
    "email varchar(60), first_name varchar(20), last_name varchar(20)",
    ["('ann@example.com','Ann','Lee')"],
    login,
  );
});
test.beforeEach(({ page }) => signIn(page));

test("a table without identity can't go on, one that may not be read is greyed, and every value is shown exactly", async ({
  page,
}) => {
  await page.setViewportSize({ width: 2_900, height: 1_000 }); // wide enough that the grid draws every column
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Exact values");
  await wizard.connection(login);
  await wizard.verified();

  await wizard.choose("Schema", schema);
  await wizard.search("Table", "not_granted");
  const refused = page.getByRole("option", { name: /not_granted/ });
  await expect(refused).toBeDisabled();
  await expect(refused).toContainText("may not be read");
  await wizard.choose("Table", "no_identity");
  await expect(
    page.getByRole("alert").filter({
      hasText:
        "Your table must include one of the following columns - email, user_id, or anonymous_id.",
    }),
  ).toBeVisible();
  await expect(wizard.nextButton()).toBeDisabled();

  await wizard.choose("Table", HOSTILE_TABLE);
  const cell = async (column: string) => {
    const index = await wizard
      .grid()
      .getByRole("columnheader", { name: new RegExp(`^${column} `) })
      .getAttribute("aria-colindex");
    return wizard.grid().locator(`[role=gridcell][aria-colindex="${index}"]`);
  };
  for (const [column, { grid }] of Object.entries(exact))
    expect(await (await cell(column)).textContent(), column).toBe(grid);
  const expectNothingTakenForMarkup = async () => {
    await expect(page.locator("main").locator("img, b")).toHaveCount(0);
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  };
  await expectNothingTakenForMarkup();
  await expect(wizard.nextButton()).toBeEnabled();
  await wizard.next();
  await wizard.at("columns");
  const json = wizard.json().locator("pre");
  await expect(json).toContainText('"userId": "ann@example.com"');
  const text = ((await json.textContent()) ?? "").replace(/\s*\n\s*/g, "").replaceAll('": ', '":');
  for (const [column, { json: value }] of Object.entries(exact))
    expect(text.replaceAll(", ", ","), column).toContain(
      `"${column}":${value.replaceAll(", ", ",")}`,
    );
  await expectNothingTakenForMarkup();

  await test.step("colliding keys are flagged at once", async () => {
    const flags = page.getByRole("list", { name: "Columns" }).getByRole("alert");
    await wizard.traitKey("big").fill("email");
    await expect(flags).toHaveText([
      "“email” is the key of more than one column.",
      "“email” is the key of more than one column.",
    ]);
    await expect(wizard.nextButton()).toBeDisabled();
    await wizard.traitKey("big").fill("email.big");
    await expect(flags).toHaveText([
      "“email” can't be a value and, for “email.big”, an object too.",
    ]);
    await expect(wizard.nextButton()).toBeDisabled();
    await wizard.traitKey("big").fill("stats.big");
    await wizard.traitKey("small").fill("stats.money.small");
    await expect(flags).toHaveCount(0);
    await expect(json).toContainText(
      '"stats": { "big": "9007199254740993", "money": { "small": 10.50 } }',
    );
    await expect(wizard.nextButton()).toBeEnabled();
  });

  await test.step("a draft can be discarded", async () => {
    const draft = page.url();
    await openFromNavigation(page, "Sources");
    const line = page
      .getByRole("region", { name: "Drafts" })
      .getByRole("listitem")
      .filter({ hasText: "Exact values" });
    await expect(line).toContainText("next: Columns");
    await line.getByRole("button", { name: "Discard the draft Exact values" }).click();
    await expect(line).toHaveCount(0);
    await page.goto(draft);
    await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
  });
});

test("the draft is the memory: reload, Back and a second tab on every step; a step that is not open yet leads to the first that is", async ({
  page,
  context,
}) => {
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Kept draft");
  await wizard.at("connection");
  const address = page.url().replace(/connection$/, "");
  for (const step of ["verify", "data", "columns", "schedule", "done", "no-such-step"]) {
    await page.goto(address + step);
    await wizard.at("connection");
  }
  await wizard.back();
  await wizard.at("name");
  await page.reload();
  await expect(page.getByLabel("Source name")).toHaveValue("Kept draft");
  await wizard.next();
  await wizard.connection(login);
  await wizard.outcomes("Passed", "Passed", "Passed");
  await page.reload();
  await wizard.outcomes("Passed", "Passed", "Passed");
  await wizard.back();
  await wizard.at("connection");
  await page.reload();
  await expect(wizard.field("User")).toHaveValue(login.user);
  await expect(wizard.field("Credential name")).toHaveValue("Kept draft credentials");
  await wizard.next();
  await wizard.verified();
  await wizard.data(schema, "people");

  await wizard.traitKey("first_name").fill("name.first");
  await wizard.next();
  await wizard.at("schedule");
  await page.reload();
  await wizard.at("schedule");
  await wizard.back();
  await wizard.at("columns");
  await page.reload();
  await expect(wizard.traitKey("first_name")).toHaveValue("name.first");
  await wizard.back();
  await wizard.at("data");
  await page.reload();
  await expect(page.getByRole("combobox", { name: "Schema" })).toHaveValue(schema);
  await expect(page.getByRole("combobox", { name: "Table" })).toHaveValue("people");
  await wizard.next();
  await wizard.at("columns");
  await expect(wizard.traitKey("first_name")).toHaveValue("name.first");

  const second = new SourceWizard(await context.newPage());
  await second.page.goto(page.url());
  await expect(second.traitKey("first_name")).toHaveValue("name.first");
  await second.traitKey("last_name").fill("name.last");
  await second.next();
  await second.at("schedule");
  await page.reload();
  await expect(wizard.traitKey("last_name")).toHaveValue("name.last");
  await wizard.next();
  await wizard.at("schedule");
  await second.page.close();

  await openFromNavigation(page, "Sources");
  const line = page
    .getByRole("region", { name: "Drafts" })
    .getByRole("listitem")
    .filter({ hasText: "Kept draft" });
  await expect(line).toContainText("next: Schedule");
  await line.getByRole("link", { name: "Kept draft" }).click();
  await wizard.at("schedule");
});

test("the next runs tell a clock change, and the finished draft's credentials serve the next source", async ({
  page,
}) => {
  await page.goto("/sources");
  await page.getByRole("link", { name: "Kept draft" }).click();
  const wizard = new SourceWizard(page);
  await wizard.at("schedule");
  const runs = page.getByRole("list", { name: "Next runs" }).getByRole("listitem");
  await wizard.frequency("Every 24 hours");
  await wizard.choose("Time zone", "Europe/Berlin");
  const change = lastSundayOfMarch(new Date().getUTCFullYear() + 1);
  const day = (offset: number) =>
    new Date(change.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel("Sync Starting At").fill(`${day(-2)}T12:00`);
  await expect(runs).toHaveCount(5);
  for (const [at, offset] of [-2, -1, 0, 1, 2].entries()) {
    await expect(runs.nth(at)).toContainText("12:00");
    await expect(runs.nth(at)).toContainText(`${day(offset)} ${offset < 0 ? "11" : "10"}:00 UTC`);
  }
  await expect(runs.filter({ hasText: "The clocks go" })).toHaveCount(1);
  await expect(runs.nth(2)).toContainText("The clocks go forward by 60 minutes before this run.");
  await wizard.next();
  await expect(page.getByRole("heading", { name: "Source created" })).toBeVisible();

  await wizard.create("Second of the same", { saved: "Kept draft credentials" }, schema, "people");
  await page.goto("/sources");
  const table = page.getByRole("table", { name: "Sources" });
  await expect(table.getByRole("row").filter({ hasText: "Kept draft credentials" })).toHaveCount(2);
  await expect(
    page.getByRole("region", { name: "Drafts" }).filter({ hasText: "Kept draft" }),
  ).toHaveCount(0);
  await page.goto("/credentials");
  await expect(page.getByRole("row").filter({ hasText: "Kept draft credentials" })).toContainText(
    "Kept draft, Second of the same",
  );
});

/** The day on which Europe's clocks go forward, at 00:00 UTC. */
function lastSundayOfMarch(year: number): Date {
  const last = new Date(Date.UTC(year, 2, 31));
  return new Date(last.getTime() - last.getUTCDay() * 86_400_000);
}

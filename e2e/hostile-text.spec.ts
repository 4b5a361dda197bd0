// A warehouse's names and values are anybody's text: they are shown as text, wherever they come up.
import { expectNoSidewaysScroll } from "./fixtures/accessibility";
import { expect, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, literal, type Login } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "hostile_text", password: "Boom-And-Chain-7" };
const schema = "journey_hostile_text";
const IMAGE = "<img src=x onerror=ran=1>";
const table = `people ${IMAGE}`;
const column = `note ${IMAGE}`;
const values = [
  IMAGE,
  "javascript:ran=1",
  "</script><script>ran=1</script>",
  "\u202Egnp.exe",
  "a\u0007\u001b[31mred",
  "{{constructor.constructor('ran=1')()}}",
  '=HYPERLINK("http://evil.example")',
];

test("hostile names and values are shown, and run nowhere", async ({ page }) => {
  await signIn(page);
  await createUser(login);
  const rows = values.map(
    (value, at) =>
      `(${at % 3 === 2 ? "NULL" : literal(`${value}-${at}`)},NULL,${literal(value).replaceAll("\\", "\\\\")})`,
  );
  await createTable(
    schema,
    table,
    `user_id varchar(200), email varchar(60), "${column}" varchar(300)`,
    rows,
    login,
  );

  const nothingRan = async () => {
    expect(await page.evaluate(() => "ran" in globalThis)).toBe(false);
    expect(
      await page.locator("img[src='x'], main script, a[href^='javascript:' i], [onerror]").count(),
    ).toBe(0);
  };
  const source = new SourceWizard(page);
  await source.create(`Hostile ${IMAGE}`, { login }, schema, table);
  await nothingRan();
  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, `Receiver ${IMAGE}`);
  const run = new RunPage(page);
  await run.runNow();
  await run.ends("Succeeded");
  await expect(page.getByText(IMAGE).first()).toBeVisible();
  await nothingRan();

  await page.goto("/sources");
  await nothingRan();
  await page.getByRole("link", { name: `Hostile ${IMAGE}`, exact: true }).click();
  await expect(page.getByRole("heading", { name: `Hostile ${IMAGE}` })).toBeVisible();
  await nothingRan();
  await page.getByRole("link", { name: "Data preview" }).click();
  await expect(page.getByText("javascript:ran=1").first()).toBeVisible();
  await nothingRan();
  await expectNoSidewaysScroll(page);
});

import { expect, type Locator, type Page } from "@playwright/test";
import { endpoints, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "keyboard_only", password: "Fair-Lead-64" };
const MOST_TABS = 80;

/** Tab, as often as it takes, until the focus is there. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`The focus does not reach ${target.toString()}.`);
}

test("the whole wizard by keyboard alone, and an error takes the focus to its field", async ({
  page,
}) => {
  await createUser(login);
  await createTable(
    "keyboard_only",
    "people",
    "user_id varchar(20), email varchar(80)",
    ["('u1', 'u1@example.com')"],
    login,
  );
  await signIn(page);
  const wizard = new SourceWizard(page);
  const keys = page.keyboard;
  const type = async (label: string, text: string) => {
    await tabTo(page, page.getByLabel(label, { exact: true }));
    await keys.press("ControlOrMeta+a");
    await keys.type(text);
  };
  const press = async (target: Locator) => {
    await tabTo(page, target);
    await keys.press("Enter");
  };
  const choose = async (label: string, text: string) => {
    await tabTo(page, page.getByRole("combobox", { name: label }));
    await keys.type(text);
    await expect(page.getByRole("option", { name: text }).first()).toBeVisible();
    await keys.press("ArrowDown");
    await keys.press("Enter");
    await expect(page.getByRole("combobox", { name: label })).toHaveValue(text);
  };

  await page.goto("/sources");
  await press(page.getByRole("link", { name: "Add Source" }));
  await tabTo(page, page.getByRole("radio", { name: /Redshift/ }));
  await keys.press("Space");
  await press(wizard.nextButton());
  await wizard.at("name");

  await press(wizard.nextButton());
  await expect(page.getByText("Give the source a name.")).toBeVisible();
  await expect(page.getByLabel("Source name")).toBeFocused();
  await keys.type("By keyboard");
  await keys.press("Enter");
  await wizard.at("connection");

  const { host, port, database, ca } = endpoints().sandbox.redshift;
  await press(wizard.nextButton());
  await expect(page.getByLabel("Host", { exact: true })).toBeFocused();
  await keys.type(host);
  await type("Port", String(port));
  await type("Database", database);
  await type("User", login.user);
  await type("Password", login.password);
  await press(page.getByRole("button", { name: "Advanced" }));
  await tabTo(page, page.getByLabel("CA certificate"));
  await keys.insertText(ca);
  await press(wizard.nextButton());
  await wizard.outcomes("Passed", "Passed", "Passed");
  await press(wizard.nextButton());

  await wizard.at("data");
  await choose("Schema", "keyboard_only");
  await choose("Table", "people");
  await expect(wizard.grid()).toBeVisible();
  await press(wizard.nextButton());

  await wizard.at("columns");
  await tabTo(page, wizard.traitKey("email"));
  await keys.press("ControlOrMeta+a");
  await keys.type("contact.email");
  await expect(wizard.json()).toContainText('"contact"');
  await press(wizard.nextButton());

  await wizard.at("schedule");
  await tabTo(page, page.getByRole("button", { name: /Run Frequency/ }));
  await keys.press("Enter");
  await keys.press("Home");
  await keys.press("Enter");
  await expect(page.getByText("It runs only when someone presses “Run now”.")).toBeVisible();
  await press(wizard.nextButton());
  await expect(page.getByRole("heading", { name: "Source created" })).toBeVisible();
});

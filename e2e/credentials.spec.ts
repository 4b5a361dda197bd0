import { expectAccessible } from "./fixtures/accessibility";
import { asAdmin, expect, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { openFromNavigation } from "./pages/navigation";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "changed_credentials", password: "Halyard-Cleat-18" };
const next = "Bowline-Hitch-73";

test("changed credentials hold for all that use them, each is verified at once, and a kept password never goes elsewhere", async ({
  page,
}) => {
  await createUser(login);
  await createTable(
    "changed_credentials",
    "people",
    "user_id varchar(20), email varchar(80)",
    ["('u1', 'u1@example.com')"],
    login,
  );
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.create("Changed one", { login }, "changed_credentials", "people");
  await wizard.create(
    "Changed two",
    { saved: "Changed one credentials" },
    "changed_credentials",
    "people",
  );
  await openFromNavigation(page, "Credentials");
  await page.getByRole("link", { name: "Changed one credentials" }).click();
  const users = page.getByRole("list", { name: "Used by" }).getByRole("listitem");
  const field = (label: string) => page.getByLabel(label, { exact: true });
  const save = () => page.getByRole("button", { name: "Save credentials" }).click();
  await expect(users).toHaveCount(2);
  for (const user of await users.all()) await expect(user).toContainText("Passed");
  await expect(field("User")).toHaveValue(login.user);
  await expect(field("Password")).toHaveValue("");

  // the DBA sets another password: the new one is saved here once, and both sources log in with it
  await asAdmin(async (query) => void (await query(`ALTER USER ${login.user} PASSWORD '${next}'`)));
  await field("Password").fill("Not-The-Right-1");
  await save();
  await expect(
    page.getByText("Saved. What uses these credentials is being verified."),
  ).toBeVisible();
  for (const user of await users.all()) {
    await expect(user).toContainText("Failed", { timeout: 30_000 });
    await expect(user).toContainText(`refused the user “${login.user}” or its password`);
  }
  await expectAccessible(page, "main");
  await field("Password").fill(next);
  await save();
  for (const user of await users.all())
    await expect(user).toContainText("Passed", { timeout: 30_000 });

  await field("Host").fill("elsewhere.example");
  await save();
  await expect(
    page.getByText(
      "Enter the password again: the connection has changed, and a kept password is sent only to where it was entered for.",
    ),
  ).toBeVisible();
  await page.reload();
  await expect(field("Host")).not.toHaveValue("elsewhere.example");

  // only the name: nothing to enter again
  await field("Credential name").fill("Warehouse of the harbour");
  await save();
  await expect(
    page.getByRole("heading", { level: 1, name: "Warehouse of the harbour" }),
  ).toBeVisible();
  await openFromNavigation(page, "Audit log");
  await expect(
    page.getByRole("row").filter({ hasText: "Warehouse of the harbour" }).first(),
  ).toContainText("changed");
});

test("a destination's key is changed without setting it up anew", async ({ page }) => {
  await signIn(page);
  await openFromNavigation(page, "Sources");
  await page.getByRole("link", { name: "Changed two" }).click();
  await page.getByRole("link", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Changed plane");
  await openFromNavigation(page, "Credentials");
  await page.getByRole("link", { name: "Changed plane", exact: true }).first().click();
  const user = page.getByRole("list", { name: "Used by" }).getByRole("listitem");
  const url = await page.getByLabel("Data plane URL").inputValue();
  await page.getByLabel("Data plane URL").fill(`${url}/elsewhere`);
  await page.getByRole("button", { name: "Save credentials" }).click();
  await expect(page.getByText("Enter the secret again")).toBeVisible();
  await page.getByLabel("Data plane URL").fill(url);
  await page.getByLabel("Write key").fill("another-key");
  await page.getByRole("button", { name: "Save credentials" }).click();
  await expect(user).toContainText("Passed", { timeout: 30_000 });
});

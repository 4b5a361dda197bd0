import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import {
  asAdmin,
  configDump,
  expect,
  inConfigDatabase,
  signIn,
  statementsOf,
  test,
} from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { openFromNavigation } from "./pages/navigation";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "rotated_reader", password: "Mooring-Line-44" };
const schema = "journey_rotation";

test("credentials that ten sources use are rotated, by a script and by Tidegate, and no run fails in between", async ({
  page,
}) => {
  await createUser(login);
  await createTable(
    schema,
    "people",
    "user_id varchar(20), email varchar(60)",
    ["('u1','ann@example.com')", "('u2','bob@example.com')"],
    login,
  );
  await signIn(page);
  await new SourceWizard(page).create("Rotated", { login }, schema, "people");
  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Rotation data plane", "rotation-key-1");
  const run = new RunPage(page);
  await run.runNow();
  await run.ends("Succeeded");
  const connection = page.getByRole("link", { name: "Rotated → Rotation data plane" });
  const runAgain = async () => {
    await openFromNavigation(page, "Connections");
    await connection.click();
    await run.runNow();
    await run.ends("Succeeded");
  };
  // nine more that use the same credentials
  await inConfigDatabase(`INSERT INTO source (id, team_id, kind, name, credential_id, schema, "table", keys, mapping, schedule, columns, updated_at, next_check_at)
    SELECT gen_random_uuid(), team_id, kind, 'Rotated ' || n, credential_id, schema, "table", keys, mapping, schedule || '{"frequency":"manual"}', columns, now(), now() FROM source, generate_series(2, 10) n WHERE name = 'Rotated'`);

  await openFromNavigation(page, "Credentials");
  await page.getByLabel("Search credentials").fill("rotated_READER");
  await page.keyboard.press("Enter");
  const row = page.getByRole("row").filter({ hasText: "Rotated credentials" });
  await expect(page.getByRole("row")).toHaveCount(2); // with the head
  await expect(row).toContainText("and 7 more");
  await row.getByRole("button", { name: "Test" }).click();
  await expect(page.getByText("“Rotated credentials” works.")).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await row.getByRole("link", { name: "Rotate", exact: true }).click();

  const script = page.getByRole("figure", { name: "ALTER USER script" });
  const users = page.getByRole("list", { name: "Used by" }).getByRole("listitem");
  await test.step("a password that isn't set in the warehouse is never taken over", async () => {
    await page.getByLabel("New password", { exact: true }).fill("Not-There-Yet-1");
    await page.getByRole("radio", { name: "I run the script" }).click({ force: true });
    await page.getByRole("button", { name: "Start rotation" }).click();
    await page.getByRole("button", { name: "Test and swap" }).click();
    await expect(
      page.getByText("Nothing was swapped, since the new secret does not let in"),
    ).toBeVisible();
    await runAgain();
    await page.goBack();
    await openFromNavigation(page, "Credentials");
    await row.getByRole("link", { name: "A new secret waits" }).click();
    await page.getByRole("button", { name: "Give up" }).click();
    await expect(page.getByLabel("New password", { exact: true })).toBeVisible();
  });

  let written = "";
  await test.step("by a script: between the change there and the swap here runs succeed", async () => {
    await page.getByRole("button", { name: "Generate password" }).click();
    await page.getByRole("radio", { name: "I run the script" }).click({ force: true });
    await page.getByRole("button", { name: "Start rotation" }).click();
    await expect(page.getByText("A new password waits to be taken over")).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    written = (await script.innerText()).replace(/^Copy\s*/, "").trim();
    expect(written).toMatch(/^ALTER USER rotated_reader PASSWORD '.{32}';$/);
    await asAdmin(async (query) => void (await query(written)));
    await runAgain(); // with the present secret here and the new one there
    await openFromNavigation(page, "Credentials");
    await row.getByRole("link", { name: "A new secret waits" }).click();
    await expect(script).toContainText("<strong_unique_password>"); // it isn't shown again
    await page.getByRole("button", { name: "Test and swap" }).click();
    await expect(page.getByText(/^Rotated .*The old secret is gone from here\.$/)).toBeVisible({
      timeout: 60_000,
    });
    await expect(users).toHaveCount(10);
    for (const user of await users.all()) await expect(user).toContainText("Passed");
  });

  let second = "";
  await test.step("by Tidegate: one click", async () => {
    await page.getByRole("button", { name: "Generate password" }).click();
    second = await page.getByLabel("New password", { exact: true }).inputValue();
    await page.getByRole("button", { name: "Change, test and swap" }).click();
    await expect(
      page
        .getByText("Swapped")
        .or(page.getByText(/^Rotated .*The old secret is gone from here\.$/)),
    ).toBeVisible();
    await expect(page.getByText(/^Rotated .*The old secret is gone from here\.$/)).toBeVisible({
      timeout: 60_000,
    });
    for (const user of await users.all()) await expect(user).toContainText("Passed");
    await runAgain();
  });

  await test.step("no run has failed, and no password is anywhere", async () => {
    await openFromNavigation(page, "Runs");
    await expect(
      page.getByRole("row").filter({ hasText: "Rotated → Rotation data plane" }),
    ).toHaveCount(4);
    await expect(
      page
        .getByRole("row")
        .filter({ hasText: "Rotated → Rotation data plane" })
        .filter({ hasText: "Succeeded" }),
    ).toHaveCount(4);
    const [first = ""] = /'(.{32})'/.exec(written)?.slice(1) ?? [];
    const dump = await configDump();
    for (const secret of [login.password, first, second])
      expect(dump.includes(secret), "a password in the config database").toBe(false);
    const statements = JSON.stringify(await statementsOf(login.user));
    expect(statements).toContain("ALTER USER rotated_reader PASSWORD 'md5");
    expect(statements.includes(second), "a password in the warehouse's log of statements").toBe(
      false,
    );
  });
});

test("a write key is rotated only when the receiver takes the new one", async ({ page }) => {
  await signIn(page);
  await openFromNavigation(page, "Credentials");
  await page
    .getByRole("row")
    .filter({ hasText: "Rotation data plane" })
    .getByRole("link", { name: "Rotate", exact: true })
    .click();
  await page.getByLabel("New write key", { exact: true }).fill("rotation-key-2");
  await page.getByRole("button", { name: "Test and swap" }).click();
  await expect(page.getByText(/^Rotated .*The old secret is gone from here\.$/)).toBeVisible({
    timeout: 60_000,
  });
  await openFromNavigation(page, "Audit log");
  await expect(
    page
      .getByRole("row")
      .filter({ hasText: "Rotation data plane" })
      .filter({ hasText: "credential" })
      .first(),
  ).toContainText("changed");
});

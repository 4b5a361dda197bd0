import { expectAccessible } from "./fixtures/accessibility";
import { asAdmin, asUser, expect, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "lone_reader", password: "Single-File-31" };
const schema = "journey_lone";
const ROWS = 500;

test("a user of one connection: the verification says so, the lists come, runs deliver, and one that gets none says what helps", async ({
  page,
}) => {
  await createUser(login);
  await createTable(
    schema,
    "people",
    "user_id varchar(20), version varchar(20)",
    Array.from({ length: ROWS }, (_, at) => `('u${at + 1}','first')`),
    login,
  );
  await asAdmin(async (query) => void (await query(`ALTER USER ${login.user} CONNECTION LIMIT 1`)));
  await signIn(page);
  const wizard = new SourceWizard(page);

  await test.step("verified, and warned", async () => {
    await wizard.begin();
    await wizard.name("Lone reader");
    await wizard.connection(login);
    await wizard.outcomes("Passed", "Passed", "Passed");
    const check = wizard.check("Verifying Connection");
    await check.getByRole("button", { name: "Details" }).click();
    await expect(check).toContainText("Another connection beside it");
    await expect(check).toContainText(
      "The user “lone_reader” has all the connections that its CONNECTION LIMIT allows.",
    );
    await expect(check).toContainText(`ALTER USER "lone_reader" CONNECTION LIMIT 5;`);
    await expectAccessible(page, "main");
    await wizard.next();
  });

  await test.step("the lists come", async () => {
    await wizard.data(schema, "people");
    await wizard.next();
    await wizard.frequency("Manual");
    await wizard.next();
    await expect(page.getByRole("heading", { name: "Source created" })).toBeVisible();
  });

  const run = new RunPage(page);
  await test.step("a run delivers and commits, and the next finds nothing new", async () => {
    await page.getByRole("button", { name: "Add Destinations" }).click();
    await addTrackingApi(page, "Lone data plane", "lone-journey-key");
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Read: ROWS, Delivered: ROWS });
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Delivered: 0, Unchanged: ROWS });
  });

  await test.step("while somebody else has the connection, a run waits for a try and says what helps", async () => {
    await asUser(login, async () => {
      await run.runNow();
      await expect(page.getByText(`ALTER USER "lone_reader" CONNECTION LIMIT 5;`)).toBeVisible({
        timeout: 90_000,
      });
      await expect(run.state()).not.toHaveText("Waiting for the warehouse");
      await run.shows({ Delivered: 0 });
    });
    await run.ends("Succeeded", 90_000); // by itself, once it is free
  });
});

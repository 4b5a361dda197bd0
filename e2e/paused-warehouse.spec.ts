import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import { asAdmin, control, expect, inConfigDatabase, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "paused_reader", password: "Slack-Water-21" };
const schema = "journey_paused";
const ROWS = 5_000;

test.afterEach(async () => {
  await control("/redshift/settings", {});
  await control("/events/faults", []);
});

test("a paused cluster is waited for: the run says so, can be cancelled or tried at once, and goes on when the cluster does", async ({
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
  await signIn(page);
  await new SourceWizard(page).create("Paused people", { login }, schema, "people");
  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Patient data plane", "paused-journey-key");
  const run = new RunPage(page);
  const statements = page.getByRole("region", { name: "Statements" });

  await test.step("away from the beginning", async () => {
    await control("/redshift/settings", { refuseConnections: true });
    await run.runNow();
    await expect(run.state()).toHaveText("Waiting for the warehouse", { timeout: 30_000 });
    await expect(
      page.getByText("The run goes on by itself once the warehouse answers."),
    ).toBeVisible();
    await expect(page.getByText("Away since")).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Try now" }).click();
    await expect(run.timeline()).toContainText("attempt 2");
    await expect(run.state()).toHaveText("Waiting for the warehouse");
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await run.ends("Cancelled");
  });

  await test.step("away from a run's middle: what is delivered stays delivered", async () => {
    await control("/redshift/settings", {});
    await control("/events/faults", [{ writeKey: "paused-journey-key", delayMs: 1_500 }]);
    await run.runNow();
    await expect
      .poll(async () => (await run.counts()).Delivered, { timeout: 30_000, intervals: [100] })
      .toBeGreaterThan(0);
    await control("/redshift/settings", { refuseConnections: true });
    await control("/redshift/drop-sessions", {}, "POST"); // a run holds its own until the end
    await expect(run.state()).toHaveText("Waiting for the warehouse", { timeout: 60_000 });
    expect((await run.counts()).Delivered).toBe(ROWS); // it went away before the state could move
    await control("/redshift/settings", {});
    await run.ends("Succeeded"); // by itself
    await run.shows({ Read: ROWS, Delivered: ROWS, Unchanged: 0, Rejected: 0 });
  });

  await test.step("what was sent to the warehouse is told, without the password", async () => {
    await expect(statements.getByText("COMMIT").first()).toBeHidden();
    await statements.getByRole("button", { name: "Statements" }).click();
    await expect(statements.getByText("COMMIT").first()).toBeVisible();
    await statements
      .getByText(/^CREATE TABLE "_rudderstack"/)
      .first()
      .click();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await expect(statements).not.toContainText(login.password);
  });

  await test.step("the next run finds nothing new; the pages chart the runs", async () => {
    await control("/events/faults", []);
    await asAdmin(
      async (query) =>
        void (await query(
          `UPDATE "${schema}"."people" SET version = 'second' WHERE user_id = 'u7'`,
        )),
    );
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Delivered: 1, Unchanged: ROWS - 1 });
    await page.goto("/sources");
    await page.getByRole("link", { name: "Paused people", exact: true }).click();
    await expect(
      page.getByRole("img", {
        name: /^Duration of the last 3 runs: median .+, the last one .+, succeeded\.$/,
      }),
    ).toBeVisible();
    await expect(
      page.getByRole("img", { name: /^Failures of the last 3 runs: 0 failed, 0 rows rejected/ }),
    ).toBeVisible();
    await expectAccessible(page);
  });

  await test.step("deleted while the warehouse is away, its tables go once it is back", async () => {
    const tables = async (): Promise<number> => {
      let found = 0;
      await asAdmin(async (query) => {
        found = (
          await query(
            "SELECT tablename FROM pg_tables WHERE schemaname = '_rudderstack' AND tableowner = 'paused_reader'",
          )
        ).rows.length;
      });
      return found;
    };
    expect(await tables()).toBeGreaterThan(0);
    await control("/redshift/settings", { refuseConnections: true });
    await page.getByRole("button", { name: /^Delete/ }).click();
    await page.getByLabel("Type “Paused people” to delete it").fill("Paused people");
    await page.getByRole("button", { name: "Delete source", exact: true }).last().click();
    await expect(page.getByText("It is tried again each hour")).toBeVisible({ timeout: 40_000 });
    await control("/redshift/settings", {});
    await inConfigDatabase("UPDATE leftover SET next_try_at = now()");
    await expect.poll(tables, { timeout: 60_000 }).toBe(0);
  });
});

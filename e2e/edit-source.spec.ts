import {
  asAdmin,
  endpoints,
  expect,
  inConfigDatabase,
  receivedEvents,
  signIn,
  test,
} from "./fixtures/tidegate";
import { expectAccessible } from "./fixtures/accessibility";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { openFromNavigation } from "./pages/navigation";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "edit_source", password: "Plimsoll-Line-27" };
const people = Array.from({ length: 7 }, (_, n) => `('u${n}', 'u${n}@example.com', 'plan ${n}')`);

test("any interval and a quiet window, shown as runs and as a picture before they are set", async ({
  page,
}) => {
  await createUser(login);
  await createTable(
    "edit_source",
    "people",
    "user_id varchar(20), email varchar(80), plan varchar(20)",
    people,
    login,
  );
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Edited people");
  await wizard.connection(login);
  await wizard.verified();
  await wizard.data("edit_source", "people");
  await wizard.next();
  await wizard.at("schedule");

  await wizard.frequency("Another interval");
  await wizard.choose("Time zone", "UTC");
  await page.getByLabel("Every", { exact: true }).fill("3");
  await wizard.next();
  await expect(page.getByText("Leave at least 5 minutes between two runs.")).toBeVisible();
  await page.getByLabel("Every", { exact: true }).fill("45");
  const start = `${new Date().getUTCFullYear() + 1}-05-03T20:00`;
  await page.getByLabel("Sync Starting At").fill(start);
  await page.getByLabel("Quiet from").fill("22:00");
  await page.getByLabel("Quiet to").fill("06:00");
  const runs = page.getByRole("list", { name: "Next runs" }).getByRole("listitem");
  for (const [at, time] of ["20:00", "20:45", "21:30", "06:00", "06:30"].entries())
    await expect(runs.nth(at)).toContainText(`${time} UTC`);
  await page.getByLabel("Sync Starting At").fill("");
  await expect(
    page.getByRole("img", { name: /^\d+ runs in the next 24 hours, none from 22:00 to 06:00$/ }),
  ).toBeVisible();
  await expectAccessible(page, "main"); // React Aria keeps empty announcements beside it
  await wizard.next();
  await expect(page.getByRole("heading", { name: "Source created" })).toBeVisible();
  await openFromNavigation(page, "Sources");
  await expect(page.getByRole("row").filter({ hasText: "Edited people" })).toContainText(
    "Every 45 minutes, not from 22:00 to 06:00",
  );
});

test("an edit reuses the steps, says what it means, and only then is saved", async ({ page }) => {
  await signIn(page);
  const wizard = new SourceWizard(page);
  await openFromNavigation(page, "Sources");
  await page.getByRole("link", { name: "Edited people" }).click();
  // runs by hand from here on, so that none comes in between
  await page.getByRole("button", { name: "Edit source" }).click();
  await wizard.at("columns");
  await page
    .getByRole("navigation", { name: "Steps" })
    .getByRole("link", { name: /Schedule/ })
    .click();
  await wizard.at("schedule");
  await wizard.frequency("Manual");
  await wizard.next();
  await wizard.at("review");
  await expect(page.getByRole("region", { name: "Schedule" })).toContainText("Manual");
  await expect(page.getByRole("region", { name: "Columns and traits" })).toHaveCount(0);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("heading", { name: "Edited people" })).toBeVisible();

  await page.getByRole("link", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Edited plane");
  let { last } = await receivedEvents();
  const run = async (read: string, unchanged: string) => {
    await page.getByRole("button", { name: "Run now" }).click();
    await expect(page.getByLabel("Unchanged", { exact: true })).toHaveText(unchanged, {
      timeout: 60_000,
    });
    await expect(page.getByRole("status", { name: "State" })).toContainText("Succeeded");
    await expect(page.getByLabel("Read", { exact: true })).toHaveText(read);
    const received = await receivedEvents(last);
    ({ last } = received);
    return received.events;
  };
  expect(await run("7", "0")).toHaveLength(7);

  // a trait key is renamed: the review says that every row is sent again, a reload keeps the edit, and it is so
  await openFromNavigation(page, "Sources");
  await page.getByRole("link", { name: "Edited people" }).click();
  await page.getByRole("button", { name: "Edit source" }).click();
  await wizard.at("columns");
  await wizard.traitKey("plan").fill("subscription.plan");
  await expect(wizard.json()).toContainText('"subscription"');
  await wizard.next();
  await wizard.at("schedule");
  await wizard.next();
  await wizard.at("review");
  const columns = page.getByRole("region", { name: "Columns and traits" });
  await expect(columns).toContainText("every row is sent again");
  await expect(columns).toContainText("Trait key of “plan”");
  await expectAccessible(page, "main"); // React Aria keeps empty announcements beside it
  await openFromNavigation(page, "Sources");
  await page
    .getByRole("region", { name: "Drafts" })
    .getByRole("link", { name: "Edit of Edited people" })
    .click();
  await wizard.at("review");
  await expect(columns).toContainText("subscription.plan");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("heading", { name: "Edited people" })).toBeVisible();
  const again = await run("7", "0");
  expect(again.map(({ traits }) => traits.subscription)).toEqual(
    expect.arrayContaining([{ plan: "plan 0" }, { plan: "plan 6" }]),
  );
  expect(again).toHaveLength(7);
  expect(await run("7", "7")).toEqual([]);
});

test("on Serverless the schedule says what each wake costs; an edit begins also while the warehouse is away", async ({
  page,
}) => {
  const hosts = (host: string) =>
    inConfigDatabase(
      "UPDATE credential SET config = jsonb_set(config::jsonb, '{host}', to_jsonb($1::text)) WHERE name = 'Edited people credentials'",
      [host],
    );
  await hosts("tide.123456789012.eu-central-1.redshift-serverless.amazonaws.com");
  try {
    await signIn(page);
    const wizard = new SourceWizard(page);
    await openFromNavigation(page, "Sources");
    await page.getByRole("link", { name: "Edited people" }).click();
    await page.getByRole("button", { name: "Edit source" }).click();
    await wizard.at("columns");
    await expect(wizard.traitKey("plan")).toHaveValue("subscription.plan");
    await page
      .getByRole("navigation", { name: "Steps" })
      .getByRole("link", { name: /Schedule/ })
      .click();
    await wizard.at("schedule");
    await wizard.frequency("Every 6 hours");
    await page.getByLabel("Sync Starting At").fill(""); // the interval before is counted from when it was set
    // of 0, 6, 12 and 18 h the first falls into the quiet window, at whose end there is a run anyway
    await expect(
      page.getByText("3 runs a day can cost up to 3 minutes of its base capacity a day"),
    ).toBeVisible();
    await page
      .getByRole("navigation", { name: "Steps" })
      .getByRole("link", { name: /Name/ })
      .click();
    await wizard.at("name"); // until it is there, Back is still that of the schedule
    await wizard.back();
    await expect(page.getByRole("heading", { name: "Edited people" })).toBeVisible();
  } finally {
    await hosts(endpoints().sandbox.redshift.host);
  }
});

test("a source whose login breaks is verified by the clock, shows on the Overview, and is gone from there once it is mended", async ({
  page,
}) => {
  await asAdmin(
    async (query) => void (await query(`ALTER USER ${login.user} PASSWORD 'Other-Buoy-90'`)),
  );
  await inConfigDatabase(
    "UPDATE source SET next_check_at = '2000-01-01' WHERE name = 'Edited people'",
  );
  await signIn(page);
  const broken = page.getByRole("region", { name: "Broken connections" });
  await expect(async () => {
    await page.reload();
    await expect(broken).toContainText("Edited people: Verifying Connection failed", {
      timeout: 1_000,
    });
  }).toPass({ timeout: 30_000 });
  await expect(broken).toContainText(`refused the user “${login.user}” or its password`);
  await expectAccessible(page, "main"); // React Aria keeps empty announcements beside it
  await broken.getByRole("link", { name: "Mend Edited people" }).click();
  const checks = new SourceWizard(page);
  await checks.outcomes("Failed", "Not run", "Not run");
  await asAdmin(
    async (query) => void (await query(`ALTER USER ${login.user} PASSWORD '${login.password}'`)),
  );
  await page.getByRole("button", { name: "Verify again" }).click();
  await checks.outcomes("Passed", "Passed", "Passed");
  await expect(
    checks.check("SELECT on the chosen table").getByText("Passed", { exact: true }),
  ).toBeVisible();
  await openFromNavigation(page, "Overview");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await expect(broken).toHaveCount(0);

  // what only the table's own check can tell
  await asAdmin(
    async (query) => void (await query(`REVOKE SELECT ON edit_source.people FROM ${login.user}`)),
  );
  await page.goBack();
  await page.getByRole("button", { name: "Verify again" }).click();
  await checks.outcomes("Passed", "Passed", "Passed");
  await expect(checks.check("SELECT on the chosen table")).toContainText("Failed");
  await expect(checks.check("SELECT on the chosen table").locator("pre")).toContainText(
    "GRANT SELECT ON TABLE",
  );
});

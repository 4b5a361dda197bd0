// Large reads: a bucket is set up on a source, tested, and the next run's rows leave by UNLOAD; nothing is left in it.
import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import {
  asAdmin,
  configDump,
  endpoints,
  expect,
  output,
  receivedEvents,
  signIn,
  stagedFiles,
  test,
} from "./fixtures/tidegate";
import { createTable, createUser } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

const login = { user: "unloads", password: "Bulk-Cargo-71" };
const ROWS = 3_000;
const PREFIX = "journey-unload";

test("rows leave by UNLOAD through a bucket, each exactly as it is", async ({ page }) => {
  test.setTimeout(240_000);
  const { s3 } = endpoints().sandbox;
  await createUser(login);
  await createTable(
    "journey_unload",
    "people",
    "user_id varchar(20), email varchar(60), note varchar(200)",
    ["('u0', NULL, '')"],
    login,
  );
  await asAdmin(async (query) => {
    await query("UPDATE journey_unload.people SET note = 'Zoë said: \"no, never\"\n\\\\N 🏔'");
    for (let doubled = 1; doubled < ROWS; doubled *= 2)
      await query(
        `INSERT INTO journey_unload.people SELECT 'u' || CAST(CAST(SUBSTRING(user_id, 2) AS integer) + ${doubled} AS varchar), CASE WHEN LEN(user_id) = 2 THEN '' END, note FROM journey_unload.people`,
      );
    await query(
      `DELETE FROM journey_unload.people WHERE CAST(SUBSTRING(user_id, 2) AS integer) >= ${ROWS}`,
    );
  });
  await signIn(page);
  await new SourceWizard(page).create("Unloads", { login }, "journey_unload", "people");
  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Takes what is unloaded");

  await test.step("the bucket is set up on the source, and tested", async () => {
    await page.goto("/sources");
    await page.getByRole("link", { name: "Unloads", exact: true }).click();
    await page.getByRole("link", { name: "Large reads" }).click();
    const policies = page.getByRole("region", { name: "Policies" });
    await page.getByLabel("Bucket", { exact: true }).fill(s3.bucket);
    await expect(policies).toContainText("s3:PutObject");
    await page
      .getByRole("radiogroup", { name: "Access" })
      .getByText("Access keys", { exact: true })
      .click();
    for (const [label, text] of Object.entries({
      Prefix: PREFIX,
      Region: s3.region,
      Endpoint: s3.endpoint,
      "Access key ID": s3.accessKeyId,
      "Use UNLOAD above (rows)": "1000",
    }))
      await page.getByLabel(label, { exact: true }).fill(text);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByText("Enter the secret access key.")).toBeVisible();
    await page.getByLabel("Secret access key", { exact: true }).fill(s3.secretAccessKey);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByText(/^Saved\./)).toBeVisible();
    await page.getByRole("button", { name: "Test", exact: true }).click();
    const checks = page.getByRole("list", { name: "Verifying Unload Bucket" });
    for (const title of ["Connection", "Bucket", "UNLOAD to S3", "Read from S3", "Clean up"])
      await expect(checks.getByRole("listitem").filter({ hasText: title }).first()).toContainText(
        "Passed",
        { timeout: 30_000 },
      );
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    expect(await stagedFiles(PREFIX)).toEqual([]);
    // kept where it is left empty, but for no other place
    await page.reload();
    await expect(page.getByLabel("Secret access key", { exact: true })).toHaveValue("");
    await page.getByLabel("Use UNLOAD above (rows)").fill("2000");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByText(/^Saved\./)).toBeVisible();
    await page.getByLabel("Endpoint", { exact: true }).fill("https://elsewhere.example.com");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByText(/Enter the secret access key again/)).toBeVisible();
  });

  await test.step("a run: every row once, the statement without its secret, no file left", async () => {
    const { last } = await receivedEvents();
    await page.goto("/sources");
    await page.getByRole("link", { name: "Unloads", exact: true }).click();
    const run = new RunPage(page);
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Read: ROWS, Delivered: ROWS, Rejected: 0 });
    await expect(run.timeline()).toContainText(/by UNLOAD: \d+ files?, [\d.]+ MB/);
    const { events } = await receivedEvents(last);
    const runId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    const mine = events.filter(({ context }) => Object.values(context.sources).includes(runId)); // other journeys' events may come between
    expect(new Set(mine.map(({ userId }) => userId)).size).toBe(ROWS);
    expect(mine).toHaveLength(ROWS);
    expect(mine.every(({ traits }) => traits.note === 'Zoë said: "no, never"\n\\N 🏔')).toBe(true);
    expect(new Set(mine.map(({ traits }) => traits.email))).toEqual(new Set([null, ""]));
    await page
      .getByRole("button", { name: /Statements/ })
      .first()
      .click();
    await expect(page.getByText(/UNLOAD \(/).first()).toBeVisible();
    await expect(page.getByText("SECRET_ACCESS_KEY '***'").first()).toBeVisible();
    await expectAccessible(page);
    expect(await stagedFiles(PREFIX)).toEqual([]);
    for (const text of [await configDump(), output(), await page.content()])
      expect(text).not.toContain(s3.secretAccessKey);
  });

  await test.step("removed, rows leave page by page again", async () => {
    await page.goto("/sources");
    await page.getByRole("link", { name: "Unloads", exact: true }).click();
    await page.getByRole("link", { name: "Large reads" }).click();
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await expect(page.getByRole("button", { name: "Remove", exact: true })).toHaveCount(0);
    await expect(page.getByLabel("Bucket", { exact: true })).toHaveValue("");
  });
});

import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import { asAdmin, endpoints, expect, receivedEvents, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { DestinationWizard } from "./pages/destination-wizard";
import { openFromNavigation } from "./pages/navigation";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "mirrored", password: "Fathom-Line-64" };
const people = [
  ...Array.from({ length: 20 }, (_, n) => `('m${n}', 'm${n}@example.com', 'plan ${n}')`),
  "('twice', 'a@example.com', 'x')",
  "('twice', 'b@example.com', 'x')",
];
test.setTimeout(120_000);

test("mirror: a dry run before anything is sent, deletes that ask first, and what is kept can be seen and pruned", async ({
  page,
}) => {
  await createUser(login);
  await createTable(
    "mirrored",
    "people",
    "user_id varchar(20), email varchar(80), plan varchar(20)",
    people,
    login,
  );
  await signIn(page);
  const source = new SourceWizard(page);
  await source.create("Mirrored people", { login }, "mirrored", "people");
  const destination = new DestinationWizard(page);
  await destination.begin();
  await destination.start("Tracking API", "Mirror plane");
  await destination.trackingApi(endpoints().sandbox.events.url, "journey-key");
  await destination.finish();

  await openFromNavigation(page, "Sources");
  await page.getByRole("link", { name: "Mirrored people" }).click();
  await page.getByRole("link", { name: "Connect Destinations" }).click();
  await source.choose("Destination", "Mirror plane");
  await page
    .getByRole("radiogroup", { name: "Sync mode" })
    .getByText("Mirror", { exact: true })
    .click();
  const dry = page.getByRole("region", { name: "Dry run" });
  const counted = async (counts: Record<string, string>) => {
    for (const [title, text] of Object.entries(counts))
      await expect(dry.getByLabel(title, { exact: true })).toHaveText(text);
  };
  await counted({ Insert: "20", Update: "0", Delete: "0", Unchanged: "0", Rejected: "2" });
  await expect(dry).toContainText("The key doesn’t tell every row apart");
  await dry.getByRole("button", { name: /^Rejected/ }).click();
  await dry.getByRole("button", { name: "Show values" }).click();
  await expect(dry.getByRole("list", { name: "Rejected: samples" })).toContainText(
    "twice · several rows share this key",
  );
  await page.getByRole("button", { name: "Options" }).click();
  await expect(page.getByLabel("Stop when a run would delete more than (%)")).toHaveValue("10");
  await expectAccessible(page, "main");
  await expectNoSidewaysScroll(page);
  let { last } = await receivedEvents();
  await page.getByRole("button", { name: "Start syncing" }).click();
  await page.waitForURL(/\/connections\/[0-9a-f-]{36}$/);
  await expect(page.getByText("Mirror", { exact: true })).toBeVisible();
  const connection = page.url();

  const state = page.getByRole("status", { name: "State" });
  const run = async (ends: "Succeeded" | "Failed") => {
    await page.goto(connection);
    await page.getByRole("button", { name: "Run now" }).click();
    await expect(state).toContainText(ends, { timeout: 60_000 });
  };
  const arrived = async () => {
    const received = await receivedEvents(last);
    ({ last } = received);
    return received.events;
  };
  await run("Succeeded");
  await expect(page.getByLabel("Rejected", { exact: true })).toHaveText("2");
  expect(await arrived()).toHaveLength(20);

  // half the table is gone: nothing is sent until a person says yes
  await asAdmin(
    async (query) =>
      void (await query(
        "DELETE FROM mirrored.people WHERE CAST(SUBSTRING(user_id, 2) AS integer) < 5 AND user_id <> 'twice'",
      )),
  );
  await run("Failed");
  await expect(
    page.getByText("This run would delete 5 of 20 delivered rows (25.0 %). It stops at 10 %."),
  ).toBeVisible();
  expect(await arrived()).toEqual([]);
  await expectAccessible(page, "main");
  await page.getByRole("button", { name: "Delete 5 rows and go on" }).click();
  await expect(state).toContainText("Succeeded", { timeout: 60_000 });
  await expect(page.getByLabel("Deleted", { exact: true })).toHaveText("5");
  const deletes = await arrived();
  expect(
    deletes
      .map(({ type, event, userId, properties }) => ({ type, event, userId, properties }))
      .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
  ).toEqual(
    Array.from({ length: 5 }, (_, n) => ({
      type: "track",
      event: "deleted",
      userId: `m${n}`,
      properties: { user_id: `m${n}` },
    })),
  );

  await page.goto(connection);
  await page.getByRole("button", { name: "Dry run" }).click();
  await counted({ Insert: "0", Update: "0", Delete: "0", Unchanged: "15", Rejected: "2" });
  await page.getByRole("button", { name: "Look", exact: true }).click();
  const kept = page.getByRole("table", { name: "Tables in _rudderstack" });
  await expect(
    kept.getByRole("row").filter({ hasText: "Rows as they were delivered" }),
  ).toContainText("15");
  await expectAccessible(page, "main");
  await page.getByRole("button", { name: "Prune", exact: true }).click();
  await page.getByRole("button", { name: "Prune what is kept" }).click();
  await expect(page.getByText("Pruned. The next run delivers every row.")).toBeVisible();
  await expect(
    kept.getByRole("row").filter({ hasText: "Rows as they were delivered" }),
  ).toHaveCount(0);
  await page.getByLabel("Keep a sync log (days)").fill("30");
  await page.getByRole("button", { name: "Save options" }).click();
  await expect(page.getByText("Saved. It holds from the next run on.")).toBeVisible();
  await run("Succeeded");
  expect(await arrived()).toHaveLength(15);
});

test("a key of two columns, chosen in the wizard, counted, and fixed once the source is there", async ({
  page,
}) => {
  await createTable(
    "mirrored",
    "orders",
    "user_id varchar(20), shop varchar(20), total integer",
    ["('u1', 'a', 1)", "('u1', 'b', 2)", "('u2', NULL, 3)"],
    login,
  );
  await signIn(page);
  const source = new SourceWizard(page);
  await source.begin();
  await source.name("Orders", "Use Existing Credentials", "Mirrored people credentials");
  await source.verified();
  await source.chooseTable("mirrored", "orders");
  await source.next();
  await source.at("columns");
  await page.getByRole("button", { name: "Row key: user_id" }).click();
  await source.search("Add to the row key", "shop");
  await page.getByRole("option", { name: "shop" }).click();
  await expect(page.getByRole("list", { name: "Row key" }).getByRole("listitem")).toHaveText([
    "user_id",
    "shop",
  ]);
  const health = page.getByRole("region", { name: "Key health" });
  await health.getByRole("button", { name: "Check key health" }).click();
  await expect(health).toContainText("1 of 3 rows would be rejected: 1 without a key.");
  await expectAccessible(page, "main");
  await source.next();
  await source.frequency("Manual");
  await source.next();
  await page.getByRole("link", { name: "Open the source" }).click();
  await expect(page.getByText("user_id, shop")).toBeVisible();
  await page.getByRole("link", { name: "Connect Destinations" }).first().click();
  await source.choose("Destination", "Mirror plane");
  const dry = page.getByRole("region", { name: "Dry run" });
  await expect(dry.getByLabel("Insert", { exact: true })).toHaveText("2");
  await expect(dry.getByLabel("Rejected", { exact: true })).toHaveText("1");
  await page.goBack();
  await page.getByRole("button", { name: "Edit source" }).click();
  await page.getByRole("button", { name: "Row key: user_id, shop" }).click();
  await expect(page.getByRole("button", { name: "Remove shop from the row key" })).toHaveCount(0);
});

import { emailAddresses, loadEmailAddresses, ROWS } from "./fixtures/email-addresses";
import {
  asAdmin,
  expect,
  receivedEvents,
  signIn,
  test,
  type ReceivedEvent,
} from "./fixtures/tidegate";
import { grantSource } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { SourceWizard } from "./pages/source-wizard";

const login = { user: "first_light", password: "Harbour-Light-7" };

test("from an empty Tidegate to a source that really syncs: every row once, then one change, one event", async ({
  page,
}) => {
  const rows = emailAddresses();
  await loadEmailAddresses(rows);
  await grantSource(login.user, login.password, "adventureworks", "email_address");
  await signIn(page);

  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Email addresses");
  await wizard.connection(login);
  await wizard.verified();
  await wizard.data("adventureworks", "email_address");

  // columns: leave one out, nest another, and see the very event beside them
  await page.getByRole("checkbox", { name: "rowguid" }).uncheck();
  await wizard.traitKey("business_entity_id").fill("ids.business_entity");
  const json = page.getByRole("region", { name: "JSON preview" });
  await expect(json).toContainText('"business_entity"');
  await expect(json).not.toContainText('"rowguid"');
  await expect(json).toContainText('"type": "identify"');
  await page.reload();
  await expect(wizard.traitKey("business_entity_id")).toHaveValue("business_entity_id"); // not saved before Next
  await page.getByRole("checkbox", { name: "rowguid" }).uncheck();
  await wizard.traitKey("business_entity_id").fill("ids.business_entity");
  await wizard.next();

  await wizard.frequency("Manual");
  await wizard.next();
  await expect(page.getByRole("heading", { name: "Source created" })).toBeVisible();

  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Journey data plane");
  const { last: before } = await receivedEvents();
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByRole("status", { name: "State" })).toContainText("Succeeded", {
    timeout: 90_000,
  });
  for (const [count, value] of [
    ["Read", "19,972"],
    ["Delivered", "19,972"],
    ["Unchanged", "0"],
    ["Rejected", "0"],
  ] as const) {
    await expect(
      page
        .getByRole("definition")
        .filter({ hasText: value })
        .and(page.getByLabel(count, { exact: true })),
    ).toBeVisible();
  }

  const first = await receivedEvents(before);
  expect(first.events).toHaveLength(ROWS);
  const byEmail = new Map(first.events.map((event) => [event.userId, event]));
  expect(byEmail.size).toBe(ROWS);
  for (const row of rows)
    expect(traitsOf(byEmail.get(row.email))).toEqual({
      email: row.email,
      email_address_id: row.email_address_id,
      ids: { business_entity: row.business_entity_id },
      modified_date: iso(row.modified_date),
    });
  expect(new Set(first.events.map(({ messageId }) => messageId)).size).toBe(ROWS);
  expect(first.events[0]).toMatchObject({
    type: "identify",
    channel: "sources",
    context: { sources: { task_id: "email_address" } },
  });

  // one row changes; the next run delivers one event
  const [changed] = rows.slice(4_711, 4_712);
  if (!changed) throw new Error("no such row");
  await asAdmin(async (query) => {
    await query(
      `UPDATE "adventureworks"."email_address" SET modified_date = '2026-11-20 12:34:56.789' WHERE email_address_id = ${changed.email_address_id}`,
    );
  });
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByLabel("Unchanged", { exact: true })).toHaveText("19,971", {
    timeout: 60_000,
  });
  await expect(page.getByRole("status", { name: "State" })).toContainText("Succeeded");
  const second = await receivedEvents(first.last);
  expect(second.events).toHaveLength(1);
  expect(second.events[0]).toMatchObject({
    userId: changed.email,
    traits: { modified_date: "2026-11-20T12:34:56.789Z" },
  });
});

const traitsOf = (event: ReceivedEvent | undefined) => event?.traits;
/** The warehouse's text of a timestamp, as ISO in UTC: a timestamp keeps no trailing zeros of its fraction. */
const iso = (text: string) =>
  `${text
    .replace(" ", "T")
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "")}Z`;

import { readFile } from "node:fs/promises";
import { expectAccessible } from "./fixtures/accessibility";
import { closedPort, HttpReceiver } from "./fixtures/http-receiver";
import {
  asAdmin,
  control,
  endpoints,
  expect,
  receivedEvents,
  signIn,
  test,
  type ReceivedEvent,
} from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { addTrackingApi, DestinationWizard } from "./pages/destination-wizard";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "receiver_reader", password: "Storm-Signal-12" };
const schema = "journey_receiver";
const PEOPLE = 10_000;
const KEY = "receiver-journey-key";

test.describe.configure({ mode: "serial" });
test.beforeAll(async () => {
  await createUser(login);
  const people = (n: number) =>
    Array.from({ length: n }, (_, at) => `('u${at + 1}','person${at + 1}@example.com','first')`);
  const columns = "user_id varchar(20), email varchar(60), version varchar(20)";
  await createTable(schema, "people", columns, people(PEOPLE), login);
  await createTable(schema, "few", columns, people(50), login);
});
test.beforeEach(({ page }) => signIn(page));
test.afterEach(() => control("/events/faults", []));

/** Gives every row a new value, so that the next run has them all to deliver. */
const changeAll = (version: string) =>
  asAdmin(
    async (query) => void (await query(`UPDATE "${schema}"."people" SET version = '${version}'`)),
  );
const users = (events: ReceivedEvent[]) => new Set(events.map(({ userId }) => userId));

test("a destination that is down, or refuses the key, says so plainly, and turns green when mended", async ({
  page,
}) => {
  const port = await closedPort();
  const wizard = new DestinationWizard(page);
  await wizard.begin();
  await wizard.start("Tracking API", "Down at first");
  await wizard.trackingApi(`http://127.0.0.1:${port}`, "some-key");
  const reach = wizard.check("Reaching the data plane");
  const accepted = wizard.check("Test event accepted");
  await expect(reach).toContainText("Failed");
  await expect(reach).toContainText(`http://127.0.0.1:${port} refuses the connection.`);
  await expect(reach).toContainText("Is the receiver running, and is the port right?");
  await expect(accepted).toContainText("Not run");
  await expect(wizard.nextButton()).toBeDisabled();

  const receiver = await HttpReceiver.start(port);
  try {
    await wizard.verifyAgain();
    await expect(reach).toContainText("Passed");
    await expect(accepted).toContainText("Passed");
  } finally {
    await receiver.stop();
  }

  await control("/events/faults", [{ writeKey: "wrong-key", status: 401 }]);
  await wizard.back();
  await wizard.trackingApi(endpoints().sandbox.events.url, "wrong-key");
  await expect(reach).toContainText("Passed");
  await expect(accepted).toContainText("Failed");
  await expect(accepted).toContainText("The receiver doesn't accept the key (HTTP 401).");
  await expect(accepted).toContainText("Check the write key");
  await expect(wizard.nextButton()).toBeDisabled();
  await wizard.back();
  await page.getByLabel("Write key").fill("right-key");
  await wizard.next();
  await wizard.finish();
});

test("a receiver that refuses, stumbles or is slow costs no row, and a cancelled run is finished by the next", async ({
  page,
}) => {
  await new SourceWizard(page).create("Receiver people", { login }, schema, "people");
  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Stumbling data plane", KEY);
  const run = new RunPage(page);
  let { last } = await receivedEvents();
  const newEvents = async () => {
    const received = await receivedEvents(last);
    last = received.last;
    return received.events;
  };

  await test.step("401: the run fails with what to do; the next one delivers everything", async () => {
    await control("/events/faults", [
      { writeKey: KEY, status: 401, answer: `fault on order \0${"x".repeat(983)}😀` },
    ]);
    await run.runNow();
    await run.ends("Failed");
    const failure = page
      .getByRole("alert")
      .filter({ hasText: "The receiver doesn't accept the key (HTTP 401)." });
    await expect(failure).toContainText(
      "Check the write key or the secret header, and that its source is enabled at the receiver.",
    );
    await expect(failure).toContainText(
      "Nothing is lost: the next run delivers what this one did not.",
    );
    await expect(failure.getByText("fault on order")).toBeHidden();
    await failure.getByText("Details").click();
    await expect(failure.getByText("fault on order")).toBeVisible();
    await run.shows({ Delivered: 0 });
    expect(await newEvents()).toEqual([]);

    await control("/events/faults", []);
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Read: PEOPLE, Delivered: PEOPLE, Unchanged: 0, Rejected: 0 });
    expect(users(await newEvents()).size).toBe(PEOPLE);
  });

  await test.step("400 for one row: it alone is rejected, and tried again by the next run", async () => {
    await changeAll("second");
    await control("/events/faults", [
      {
        writeKey: KEY,
        status: 400,
        contains: "person4711@example.com",
        answer: "fault on order \0",
        gzip: true, // though nobody asked for it
      },
    ]);
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Read: PEOPLE, Delivered: PEOPLE - 1, Unchanged: 0, Rejected: 1 });
    const rejected = page
      .getByRole("table", { name: "Rejected rows" })
      .getByRole("row")
      .filter({ hasText: "u4711" });
    await expect(rejected).toContainText("fault on order ␀");
    await expect(rejected).toContainText("400");
    const delivered = users(await newEvents());
    expect(delivered.size).toBe(PEOPLE - 1);
    expect(delivered).not.toContain("u4711");

    await page.getByRole("button", { name: "Payload of u4711" }).click();
    await expect(page.getByRole("figure", { name: "Payload of u4711" })).toContainText(
      '"email": "person4711@example.com"',
    );
    await expectAccessible(page);
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export" }).click();
    const csv = await readFile(await (await download).path(), "utf8");
    expect(csv.split("\r\n")[1]).toMatch(/^u4711,,"?fault on order.*,400,/);
    await page.getByRole("searchbox", { name: "Search rejected rows" }).fill("nobody");
    await expect(page.getByText("No rejected row matches.")).toBeVisible();
    await expect(page).toHaveURL(/\?q=nobody$/);
    await page.reload();
    await expect(page.getByText("No rejected row matches.")).toBeVisible();
    await page.getByRole("searchbox", { name: "Search rejected rows" }).fill("4711");

    await control("/events/faults", []);
    await page.getByRole("checkbox", { name: "Choose u4711" }).click();
    const failed = page.url();
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await expect(page).toHaveURL(
      (url) => /^\/runs\/[0-9a-f-]{36}$/.test(url.pathname) && !failed.includes(url.pathname),
    );
    await run.ends("Succeeded");
    await expect(run.timeline()).toContainText("a retry of 1 rejected row");
    await run.shows({ Delivered: 1, Rejected: 0 });
    expect((await newEvents()).map(({ userId, traits }) => [userId, traits.version])).toEqual([
      ["u4711", "second"],
    ]);
  });

  await test.step("429 with Retry-After and 500 for a while: delivered in the end", async () => {
    await changeAll("third");
    await control("/events/faults", [
      { writeKey: KEY, status: 429, retryAfter: "1", times: 8 },
      { writeKey: KEY, status: 500, times: 8 },
    ]);
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Read: PEOPLE, Delivered: PEOPLE, Rejected: 0 });
    const events = await newEvents();
    expect(users(events).size).toBe(PEOPLE);
    expect(events.every(({ traits }) => traits.version === "third")).toBe(true);
  });

  await test.step("413 for everything: the run is no success; 429 for an hour: it waits and says until when", async () => {
    await changeAll("heavy");
    await control("/events/faults", [{ writeKey: KEY, status: 413 }]);
    await run.runNow();
    await run.ends("Failed");
    await control("/events/faults", [{ writeKey: KEY, status: 429, retryAfter: "3600" }]);
    await run.runNow();
    const waits = page.getByText(/Next try: .+\(in (60 min|1 hr)\.\)/);
    await expect(waits).toBeVisible({ timeout: 60_000 });
    await control("/events/faults", []);
    await page.getByRole("button", { name: "Try now" }).click();
    await run.ends("Succeeded");
    await run.shows({ Read: PEOPLE, Delivered: PEOPLE, Rejected: 0 });
    expect(users(await newEvents()).size).toBe(PEOPLE);
  });

  await test.step("Cancel ends the run; the next one delivers the rest", async () => {
    await changeAll("fourth");
    await control("/events/faults", [{ writeKey: KEY, delayMs: 3_000 }]);
    await run.runNow();
    await expect
      .poll(async () => (await run.counts()).Delivered, { timeout: 30_000 })
      .toBeGreaterThan(0);
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await run.ends("Cancelled");
    expect((await run.counts()).Delivered).toBeLessThan(PEOPLE);
    await control("/events/faults", []);
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Read: PEOPLE, Rejected: 0 });
    const events = await newEvents();
    expect(users(events).size).toBe(PEOPLE);
    // what the cancelled run had delivered already may come again, as the same message
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(PEOPLE);
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Read: PEOPLE, Delivered: 0, Unchanged: PEOPLE });
  });
});

test("a webhook gets each row as one request, with the secret header", async ({ page }) => {
  const receiver = await HttpReceiver.start();
  try {
    await new SourceWizard(page).create(
      "Receiver few",
      { saved: "Receiver people credentials" },
      schema,
      "few",
    );
    await page.getByRole("button", { name: "Add Destinations" }).click();
    const wizard = new DestinationWizard(page);
    await wizard.start("Webhook", "Own endpoint");
    const address = `http://127.0.0.1:${receiver.port}/hooks/tidegate?from=journey`;
    await wizard.webhook(address, { name: "Expect", value: "harbour-secret" });
    await expect(page.getByText("This header is set by Tidegate itself.")).toBeVisible();
    await wizard.webhook(address, { name: "X-Api-Key", value: "harbour\u200bsecret" });
    await expect(page.getByText("Character 8 can't be seen (U+200B)")).toBeVisible();
    await wizard.webhook(address, {
      name: "X-Api-Key",
      value: "harbour-secret",
    });
    await wizard.finish();
    const tested = receiver.posts().length;

    const run = new RunPage(page);
    await run.runNow();
    await run.ends("Succeeded");
    await run.shows({ Read: 50, Delivered: 50, Rejected: 0 });
    const posts = receiver.posts().slice(tested);
    expect(posts).toHaveLength(50);
    for (const { path, headers } of posts) {
      expect(path).toBe("/hooks/tidegate?from=journey");
      expect(headers).toMatchObject({
        "x-api-key": "harbour-secret",
        "content-type": "application/json",
      });
    }
    const events = posts.map(({ body }) => JSON.parse(body) as ReceivedEvent);
    expect(events.every(({ type }) => type === "identify")).toBe(true);
    expect(new Map(events.map(({ userId, traits }) => [userId, traits])).get("u7")).toEqual({
      user_id: "u7",
      email: "person7@example.com",
      version: "first",
    });
    expect(users(events).size).toBe(50);
    await expect(page.locator("body")).not.toContainText("harbour-secret");
  } finally {
    await receiver.stop();
  }
});

import { emailAddresses, loadEmailAddresses, ROWS } from "./fixtures/email-addresses";
import { control, expect, receivedEvents, signIn, test, workerPid } from "./fixtures/tidegate";
import { grantSource, type Login } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "killed_worker", password: "Dead-Reckoning-8" };
const schema = "journey_killed_worker";
/** It begins with eight requests of 500 events at once, and adds one a round. */
const FIRST_ROUND = 8 * 500;
/** As much as may come twice after a kill in the second round. */
const IN_FLIGHT = 9 * 500;
/** From the kill until another worker has the run: its lease and one sweep. */
const TAKEN_OVER_MS = 30_000;

test.afterEach(() => control("/events/faults", []));

test("a worker killed in the middle of a run: another finishes it, no row is lost, and what came twice is the same message", async ({
  page,
}) => {
  const rows = emailAddresses();
  await loadEmailAddresses(rows, schema);
  await grantSource(login.user, login.password, schema, "email_address");
  await signIn(page);
  await new SourceWizard(page).create("Killed worker", { login }, schema, "email_address");
  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Slow data plane", "killed-worker-key");

  const { last: before } = await receivedEvents();
  await control("/events/faults", [{ writeKey: "killed-worker-key", delayMs: 2_500 }]);
  const run = new RunPage(page);
  await run.runNow();
  await expect
    .poll(async () => (await run.counts()).Delivered, { timeout: 30_000, intervals: [100] })
    .toBeGreaterThanOrEqual(FIRST_ROUND);
  const killed = workerPid();
  process.kill(killed, "SIGKILL");
  expect((await run.counts()).Delivered).toBeLessThan(ROWS);
  await expect(run.state()).toHaveText("Running");
  await control("/events/faults", []);

  await expect(run.timeline()).toContainText("attempt 2", { timeout: TAKEN_OVER_MS });
  await run.ends("Succeeded");
  expect(workerPid()).not.toBe(killed);
  await run.shows({ Read: ROWS, Delivered: ROWS, Unchanged: 0, Rejected: 0 });
  await expect(page.getByText(/^Took .+, in 2 attempts\.$/)).toBeVisible();
  await expect(run.timeline()).toContainText("The worker ended; another took over.");

  const { events, last } = await receivedEvents(before);
  const byMessage = Map.groupBy(events, ({ messageId }) => messageId);
  expect(byMessage.size).toBe(ROWS);
  for (const same of byMessage.values())
    expect(new Set(same.map(({ userId, traits }) => JSON.stringify([userId, traits]))).size).toBe(
      1,
    );
  expect(new Set(events.map(({ userId }) => userId))).toEqual(
    new Set(rows.map(({ email }) => email)),
  );
  expect(events.length).toBeGreaterThan(ROWS); // the receiver kept what the killed worker never heard of
  expect(events.length - ROWS).toBeLessThanOrEqual(IN_FLIGHT);

  await run.runNow();
  await run.ends("Succeeded");
  await run.shows({ Read: ROWS, Delivered: 0, Unchanged: ROWS, Rejected: 0 });
  expect((await receivedEvents(last)).events).toEqual([]);
});

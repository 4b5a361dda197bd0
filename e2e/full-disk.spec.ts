// The volume of Tidegate's own database is full: PostgreSQL refuses every write with 53100, and goes on answering.
import {
  control,
  expect,
  inConfigDatabase,
  output,
  receivedEvents,
  signIn,
  test,
} from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "full_disk", password: "Ebb-Tide-61" };
const schema = "journey_full_disk";
const ROWS = 8_000;
const FULL = "could not extend file: No space left on device";

test.afterEach(async () => {
  await inConfigDatabase(
    "DROP TRIGGER IF EXISTS full_disk ON run; DROP FUNCTION IF EXISTS full_disk()",
  );
  await control("/events/faults", []);
});

test("a run whose progress can't be saved is never called succeeded; with room again it ends, and no row is lost", async ({
  page,
}) => {
  await createUser(login);
  await createTable(
    schema,
    "people",
    "user_id varchar(20), version varchar(20)",
    Array.from({ length: ROWS }, (_, at) => `('full${at + 1}','first')`),
    login,
  );
  await signIn(page);
  await new SourceWizard(page).create("Full disk", { login }, schema, "people");
  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Full disk data plane", "full-disk-key");
  const { last } = await receivedEvents();
  await control("/events/faults", [{ writeKey: "full-disk-key", delayMs: 1_500 }]);
  const run = new RunPage(page);
  await run.runNow();
  await expect
    .poll(async () => (await run.counts()).Delivered, { timeout: 30_000, intervals: [100] })
    .toBeGreaterThan(0);

  const refusals = () => output().split(FULL).length - 1;
  const before = refusals();
  await inConfigDatabase(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${FULL}' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON run FOR EACH ROW EXECUTE FUNCTION full_disk()`);
  await expect.poll(refusals, { timeout: 60_000 }).toBeGreaterThan(before + 1);
  await control("/events/faults", []);
  await expect(run.state()).not.toHaveText("Succeeded");

  await inConfigDatabase("DROP TRIGGER full_disk ON run");
  await run.ends("Succeeded", 120_000);
  await run.shows({ Read: ROWS, Delivered: ROWS, Unchanged: 0, Rejected: 0 });
  const users = new Map<string, Set<string>>();
  for (const { type, userId = "", messageId } of (await receivedEvents(last)).events)
    if (type === "identify" && userId.startsWith("full"))
      users.set(userId, (users.get(userId) ?? new Set()).add(messageId));
  expect(users.size).toBe(ROWS);
  expect(
    [...users.values()].every((ids) => ids.size === 1),
    "what came twice is the same message",
  ).toBe(true);
});

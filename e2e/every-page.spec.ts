import type { Page } from "@playwright/test";
import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import { apiRoutes, fill, pageRoutes } from "./fixtures/routes";
import { endpoints, expect, inConfigDatabase, owner, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { addTrackingApi, DestinationWizard } from "./pages/destination-wizard";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "every_page", password: "Signal-Mast-33" };
const schema = "journey_every_page";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const PUBLIC = ["/sign-in", "/setup", "/invite/no-such-token"];
const SOURCE_STEPS = ["name", "connection", "verify", "data", "columns", "schedule"];
const DESTINATION_STEPS = ["name", "connection", "verify"];

/** Ids of one of each, and of drafts that stand at their last step. */
type World = {
  sourceId: string;
  credentialId: string;
  destinationId: string;
  connectionId: string;
  runId: string;
  sourceDraft: string;
  doneSourceDraft: string;
  destinationDraft: string;
  doneDestinationDraft: string;
};
let world: World | undefined;

test.describe.configure({ mode: "serial", timeout: 300_000 });

const idIn = (page: Page, pattern: RegExp): string => {
  const id = pattern.exec(new URL(page.url()).pathname)?.[1];
  if (!id) throw new Error(`${page.url()} has no id of ${pattern.source}`);
  return id;
};
const SOURCE_DRAFT = /\/sources\/new\/([0-9a-f-]{36})/;
const DESTINATION_DRAFT = /\/destinations\/new\/([0-9a-f-]{36})/;

async function makeWorld(page: Page): Promise<World> {
  await createUser(login);
  await createTable(
    schema,
    "people",
    "user_id varchar(20), email varchar(60)",
    ["('u1','ann@example.com')", "('u2',NULL)", "(NULL,'nobody@example.com')"],
    login,
  );
  const source = new SourceWizard(page);
  await source.create("Every page", { login }, schema, "people");
  const doneSourceDraft = idIn(page, SOURCE_DRAFT);
  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Every page data plane");
  const doneDestinationDraft = idIn(page, DESTINATION_DRAFT);
  const run = new RunPage(page);
  await run.runNow();
  await run.ends("Succeeded");
  await run.shows({ Delivered: 2, Rejected: 1 });
  const runId = idIn(page, /\/runs\/([0-9a-f-]{36})/);
  await page.goto("/connections");
  await page.getByRole("link", { name: "Every page → Every page data plane" }).click();
  await expect(
    page.getByRole("heading", { name: "Every page → Every page data plane" }),
  ).toBeVisible();
  const connectionId = idIn(page, /\/connections\/([0-9a-f-]{36})/);
  await page.getByRole("link", { name: "Every page data plane", exact: true }).click();
  await expect(page).toHaveURL(/\/destinations\/[0-9a-f-]{36}$/);
  const destinationId = idIn(page, /\/destinations\/([0-9a-f-]{36})/);
  await page.getByRole("link", { name: "Every page", exact: true }).click();
  await expect(page).toHaveURL(/\/(sources|connections)\/[0-9a-f-]{36}$/);
  if (page.url().includes("/connections/"))
    await page.getByRole("link", { name: "Every page", exact: true }).click();
  await expect(page).toHaveURL(/\/sources\/[0-9a-f-]{36}$/);
  const sourceId = idIn(page, /\/sources\/([0-9a-f-]{36})/);

  await page.goto("/credentials");
  await page.getByRole("link", { name: "Every page credentials", exact: true }).click();
  await expect(page).toHaveURL(/\/credentials\/[0-9a-f-]{36}$/);
  const credentialId = idIn(page, /\/credentials\/([0-9a-f-]{36})/);

  await source.begin();
  await source.name("Every page, a draft");
  await source.connection(login);
  await source.verified();
  await source.data(schema, "people");
  await source.next();
  await source.at("schedule");
  const sourceDraft = idIn(page, SOURCE_DRAFT);
  const destination = new DestinationWizard(page);
  await destination.begin();
  await destination.start("Webhook", "Every page, a draft");
  await destination.webhook("http://127.0.0.1:9/nowhere", { name: "", value: "" });
  await expect(destination.check(/^Reaching/)).toContainText("Failed");
  const destinationDraft = idIn(page, DESTINATION_DRAFT);
  return {
    sourceId,
    credentialId,
    destinationId,
    connectionId,
    runId,
    sourceDraft,
    doneSourceDraft,
    destinationDraft,
    doneDestinationDraft,
  };
}

/** Every address of a page, the wizards' steps one by one. */
function addresses(made: World): string[] {
  return pageRoutes().flatMap((route) => {
    if (route === "/sources/new/[draftId]/[step]")
      return [
        ...SOURCE_STEPS.map((step) => fill(route, { draftId: made.sourceDraft, step })),
        fill(route, { draftId: made.doneSourceDraft, step: "done" }),
      ];
    if (route === "/destinations/new/[draftId]/[step]")
      return [
        ...DESTINATION_STEPS.map((step) => fill(route, { draftId: made.destinationDraft, step })),
        fill(route, { draftId: made.doneDestinationDraft, step: "done" }),
      ];
    return [fill(route, { ...made, token: "no-such-token" })];
  });
}

/** Opens an address and waits until nothing on it is being read or checked. */
async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("status", { name: /^(Loading|Reading)/ })).toHaveCount(0);
  await expect(page.getByText("Checking", { exact: true })).toHaveCount(0);
}

test("every page of the console: axe finds nothing in light and dark, and a phone scrolls it one way only", async ({
  page,
}) => {
  await signIn(page);
  world = await makeWorld(page);
  for (const address of addresses(world).filter((each) => !PUBLIC.includes(each))) {
    await test.step(address, async () => {
      await open(page, address);
      expect.soft(new URL(page.url()).pathname, "not led elsewhere").toBe(address);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    });
  }
});

test("what only shows on demand passes too: the sheet of navigation, a list of options, a dialog, refusals", async ({
  page,
}) => {
  if (!world) throw new Error("The journey before this one made no world.");
  await signIn(page);
  const wizard = new SourceWizard(page);
  await open(page, `/sources/new/${world.sourceDraft}/data`);
  await wizard.search("Table", "");
  await expect(page.getByRole("option", { name: /people/ })).toBeVisible();
  // the list alone: while it is open, React Aria hides the page behind it from screen readers, and Tab closes it
  await expectAccessible(page, "[role=listbox]");

  await open(page, `/sources/new/${world.sourceDraft}/columns`);
  await wizard.traitKey("email").fill("user_id.email");
  await expect(page.getByRole("alert").first()).toBeVisible();
  await expectAccessible(page);

  await open(page, `/sources/new/${world.sourceDraft}/connection`);
  await wizard.fillConnection({ Host: "", "CA certificate": "no certificate" });
  await wizard.next();
  await expect(page.getByText("Enter the host name of your Redshift service.")).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  await open(page, `/sources/${world.sourceId}`);
  await page.getByRole("button", { name: /^Delete/ }).click();
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await expectAccessible(page);

  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, "/");
  await page.getByRole("button", { name: "Open navigation" }).click();
  await expect(
    page.getByRole("dialog", { name: "Navigation" }).getByRole("link", { name: "Audit log" }),
  ).toBeVisible();
  await expectAccessible(page);
});

test("signed out: the public pages pass axe, every other leads to sign-in, the stream says 401, a used set-up link does not work", async ({
  page,
  request,
}) => {
  if (!world) throw new Error("The journey before this one made no world.");
  const { setupUrl, web } = endpoints();
  for (const address of addresses(world).filter((each) => !PUBLIC.includes(each))) {
    await page.goto(address);
    await expect.soft(page, address).toHaveURL(`${web}/sign-in`);
  }
  await open(page, "/sign-in");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("Enter your password.")).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  await page.goto("/invite/no-such-token");
  await expect(
    page.getByRole("alert").filter({ hasText: "This invitation does not work." }),
  ).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  await page.goto(setupUrl ?? "/setup?token=none");
  await expect(
    page.getByRole("alert").filter({ hasText: "This set-up link does not work" }),
  ).toBeVisible();
  await expect(page.getByRole("button", { name: "Create account" })).toHaveCount(0);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  const answers: Record<string, number> = {};
  for (const route of apiRoutes())
    answers[route] = (await request.get(fill(route, world))).status();
  expect(answers).toEqual({
    "/api/audit": 401,
    "/api/sign-in/oidc/callback": 200,
    "/api/browse": 405,
    "/api/health": 200,
    "/api/runs/[runId]/details": 405,
    "/api/runs/[runId]/rejected": 401,
    "/api/runs/[runId]/stream": 401,
  });
  expect(
    (
      await request.post(`/api/runs/${world.runId}/details`, {
        data: { ask: "payload", runId: world.runId, seq: 1 },
        headers: { origin: web },
      })
    ).status(),
  ).toBe(401);
  const inspection = { ask: "inspection", of: { sourceId: world.sourceId } };
  expect(
    (await request.post("/api/browse", { data: inspection, headers: { origin: web } })).status(),
  ).toBe(401);
});

test("unknown ids and those of another team are not found", async ({ page }) => {
  if (!world) throw new Error("The journey before this one made no world.");
  await signIn(page);
  const unknown: World = {
    sourceId: UNKNOWN,
    credentialId: UNKNOWN,
    destinationId: UNKNOWN,
    connectionId: UNKNOWN,
    runId: UNKNOWN,
    sourceDraft: UNKNOWN,
    doneSourceDraft: UNKNOWN,
    destinationDraft: UNKNOWN,
    doneDestinationDraft: UNKNOWN,
  };
  const withIds = (ids: World) => {
    const plain = pageRoutes().filter((route) => !route.includes("["));
    return addresses(ids).filter(
      (address) => !plain.includes(address) && !PUBLIC.includes(address),
    );
  };
  const expectNotFound = async (address: string) => {
    await page.goto(address);
    await expect
      .soft(page.getByRole("heading", { name: "There is nothing here" }), address)
      .toBeVisible();
  };
  for (const address of withIds(unknown)) await expectNotFound(address);
  for (const address of ["/runs/1", "/sources/..%2Fetc", "/no-such-page"])
    await expectNotFound(address);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  expect((await page.request.get(`/api/runs/${UNKNOWN}/stream`)).status()).toBe(404);

  await inConfigDatabase(
    "INSERT INTO team (id, name, slug) VALUES ('another-team', 'Another team', 'another-team')",
  );
  const mine = {
    source: [world.sourceId],
    credential: [world.credentialId],
    destination: [world.destinationId],
    connection: [world.connectionId],
    run: [world.runId],
    draft: [
      world.sourceDraft,
      world.doneSourceDraft,
      world.destinationDraft,
      world.doneDestinationDraft,
    ],
  };
  for (const [table, ids] of Object.entries(mine))
    await inConfigDatabase(`UPDATE ${table} SET team_id = 'another-team' WHERE id = ANY ($1)`, [
      ids,
    ]);
  for (const address of withIds(world)) await expectNotFound(address);
  expect((await page.request.get(`/api/runs/${world.runId}/stream`)).status()).toBe(404);
  expect((await page.request.get(`/api/runs/${world.runId}/rejected`)).status()).toBe(404);
  const { web } = endpoints();
  const rejected = await page.request.post(`/api/runs/${world.runId}/details`, {
    data: { ask: "payload", runId: world.runId, seq: 1 },
    headers: { origin: web },
  });
  expect(await rejected.json()).toEqual({ ok: false, reason: "This run no longer exists." });
  const browse = async (data: object, origin = web) =>
    (await (await page.request.post("/api/browse", { data, headers: { origin } })).json()) as {
      ok: boolean;
      reason?: string;
    };
  expect(await browse({ ask: "inspection", of: { sourceId: world.sourceId } })).toEqual({
    ok: false,
    reason: "This source no longer exists.",
  });
  expect(
    await browse({ ask: "schemas", draftId: world.sourceDraft, search: "", after: null }),
  ).toEqual({ ok: false, reason: "This draft no longer exists. Start again under Sources." });
  expect(
    await browse(
      { ask: "inspection", of: { sourceId: world.sourceId } },
      "https://elsewhere.example",
    ),
  ).toMatchObject({ ok: false, reason: expect.stringContaining("came from another site") });
  for (const address of ["/sources", "/destinations", "/connections", "/runs"]) {
    await open(page, address);
    await expect.soft(page.getByText("Every page", { exact: false }), address).toHaveCount(0);
  }
});

test("Sign out ends the session, also for who kept its cookie", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(owner.email);
  await page.getByLabel("Password").fill("not-the-password-0");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("The e-mail address or the password is wrong.")).toBeVisible();
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  const kept = await page.context().cookies();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.context().addCookies(kept);
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

import type { Page } from "@playwright/test";
import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import { HttpReceiver } from "./fixtures/http-receiver";
import { collectResponses } from "./fixtures/responses";
import { endpoints, expect, owner, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { DestinationWizard } from "./pages/destination-wizard";
import { openFromNavigation } from "./pages/navigation";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";
import {
  appCode,
  join,
  otherBrowser,
  signInAs,
  signOut,
  TeamPage,
  type Newcomer,
} from "./pages/team-page";

const login: Login = { user: "team_reader", password: "Capstan-Fairlead-58" };
const schema = "journey_team";
const person = (name: string): Newcomer => ({
  name,
  email: `${name.toLowerCase().replaceAll(" ", ".")}@example.com`,
  password: `${name} knots seven unlikely ropes`,
});

test("an editor is invited, and uses credentials without seeing them", async ({
  page,
  browser,
}) => {
  await createUser(login);
  await createTable(
    schema,
    "people",
    "user_id varchar(20), email varchar(60)",
    ["('u1','ann@example.com')"],
    login,
  );
  await signIn(page);
  await new SourceWizard(page).create("Team people", { login }, schema, "people");

  const team = new TeamPage(page);
  const link = await team.invite("Editor");
  await expect(
    page
      .getByRole("table", { name: "Open invitations" })
      .getByRole("row")
      .filter({ hasText: "Whoever has the link" }),
  ).toContainText("editor");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Invite to the team" })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  const editor = person("Edda Editor");
  const { context, page: theirs } = await otherBrowser(browser);
  const seen = await collectResponses(theirs);
  await theirs.goto(link);
  await expectAccessible(theirs);
  await expectNoSidewaysScroll(theirs);
  await theirs.getByLabel("Name", { exact: true }).fill(editor.name);
  await theirs.getByLabel("Email").fill(editor.email);
  await theirs.getByLabel("Password").fill("Edda Editor 1");
  await theirs.getByRole("button", { name: "Create account and join" }).click();
  await expect(
    theirs.getByText(
      "This is your name, your e-mail address or the name of this product with little else.",
    ),
  ).toBeVisible();
  await join(theirs, link, editor);
  const navigation = theirs.getByRole("navigation", { name: "Main" });
  await expect(navigation.getByRole("link", { name: "Team" })).toBeVisible();
  await expect(navigation.getByRole("link", { name: "Audit log" })).toHaveCount(0);

  // a used link says what a wrong one says
  const { context: third, page: late } = await otherBrowser(browser);
  for (const address of [link, "/invite/of-nobody-at-all"]) {
    await late.goto(address);
    await expect(
      late.getByRole("alert").filter({
        hasText:
          "This invitation does not work. It may have been used, revoked, or be too old. Ask for a new one.",
      }),
    ).toBeVisible();
  }
  await third.close();

  await openFromNavigation(theirs, "Credentials");
  await expect(theirs.getByRole("button", { name: "Delete" })).toHaveCount(0);
  await theirs.getByRole("link", { name: "Team people credentials" }).click();
  await expect(
    theirs.getByRole("heading", { level: 1, name: "Team people credentials" }),
  ).toBeVisible();
  await expect(theirs.getByLabel("Password")).toHaveCount(0);
  const wizard = new SourceWizard(theirs);
  await wizard.begin();
  await expect(
    theirs.getByRole("radio", { name: "Create Credentials from Scratch" }),
  ).toBeDisabled();
  await wizard.create("Edda’s people", { saved: "Team people credentials" }, schema, "people");
  expect(seen.texts().length).toBeGreaterThan(5);
  expect(seen.texts().filter((text) => text.includes(login.password))).toEqual([]);

  await context.close();
});

test("a viewer sees no buttons that change something, and a forged call is refused and written down", async ({
  page,
  browser,
}) => {
  await signIn(page);
  const team = new TeamPage(page);
  const viewer = person("Vera Viewer");
  const link = await team.invite("Viewer", viewer.email);
  const { context, page: theirs } = await otherBrowser(browser);
  await theirs.goto(link);
  await expect(theirs.getByText(viewer.email)).toBeVisible();
  await expect(theirs.getByLabel("Email")).toHaveCount(0);
  await join(theirs, link, viewer);
  for (const address of [
    "/",
    "/sources",
    "/destinations",
    "/connections",
    "/credentials",
    "/team",
  ]) {
    await theirs.goto(address);
    await expect(theirs.getByRole("heading", { level: 1 })).toBeVisible();
    await expect
      .soft(
        theirs.getByRole("button", {
          name: /^(Run now|Edit source|Delete|Test|Discard|Invite|Remove|Revoke|Save)/,
        }),
        address,
      )
      .toHaveCount(0);
    await expect
      .soft(theirs.locator("main").getByRole("link", { name: /^(Add|Connect|Set up)/ }), address)
      .toHaveCount(0);
  }
  await theirs.goto("/sources");
  await theirs.getByRole("link", { name: "Team people", exact: true }).click();
  await expect(theirs.getByRole("heading", { level: 1, name: "Team people" })).toBeVisible();
  await expect(
    theirs.getByRole("button", { name: /^(Run now|Edit source|Delete source|Verify again)/ }),
  ).toHaveCount(0);
  await expect(theirs.getByText("Passed", { exact: true }).first()).toBeVisible();
  for (const address of ["/audit", "/sources/new", "/destinations/new", "/connections/new"]) {
    await theirs.goto(address);
    await expect
      .soft(theirs.getByRole("heading", { name: "There is nothing here" }), address)
      .toBeVisible();
  }
  expect((await theirs.request.get("/api/audit")).status()).toBe(403);

  // the owner's own request, with the viewer's cookie
  const sourceId = await page
    .goto("/sources")
    .then(() => page.getByRole("link", { name: "Team people", exact: true }).getAttribute("href"));
  await page.goto(sourceId ?? "");
  const asked = page.waitForRequest(
    (request) => request.method() === "POST" && request.headers()["next-action"] !== undefined,
  );
  await page.getByRole("button", { name: "Edit source" }).click();
  const { "next-action": action = "", "content-type": type = "" } = (await asked).headers();
  await expect(page).toHaveURL(/\/sources\/new\/[0-9a-f-]+\/columns$/);
  const forged = await theirs.request.post(sourceId ?? "", {
    headers: {
      "next-action": action,
      "content-type": type,
      accept: "text/x-component",
      origin: endpoints().web,
    },
    data: (await asked).postData() ?? "",
  });
  expect(await forged.text()).toContain("Your role (viewer) does not allow this");

  await openFromNavigation(page, "Audit log");
  await page.getByLabel("Result").selectOption("refused");
  const line = page
    .getByRole("table", { name: "Audit log" })
    .getByRole("row")
    .filter({ hasText: "Vera Viewer" })
    .filter({ hasText: "source draft" });
  await expect(line.first()).toContainText("Refused");
  await expect(page).toHaveURL(/result=refused/);
  await line
    .first()
    .getByRole("button", { name: /^Details/ })
    .click();
  await expect(page.getByRole("figure", { name: "Details" })).toContainText(
    "Your role (viewer) does not allow this",
  );
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByLabel("Search").fill("nobody-of-this-name");
  await expect(page.getByRole("heading", { name: "Nothing matches" })).toBeVisible();
  await context.close();
});

test("removal, and a role that is taken, hold at once: also for a page that is open and live", async ({
  page,
  browser,
}) => {
  await signIn(page);
  const team = new TeamPage(page);
  const admin = person("Ada Admin");
  const { context, page: theirs } = await otherBrowser(browser);
  await join(theirs, await team.invite("Admin"), admin);

  // a run that waits: its receiver is not there
  await page.goto("/sources");
  await page.getByRole("link", { name: "Team people", exact: true }).click();
  const run = new RunPage(page);
  await waitingRun(page);
  const address = new URL(page.url()).pathname;
  await theirs.goto(address);
  await expect(theirs.getByRole("button", { name: "Try now" })).toBeVisible();
  await expect(run.state()).toContainText("Waiting");

  await openFromNavigation(page, "Team");
  await team.changeRole(admin.name, "Viewer");
  // nobody touched that page; who signs in again is a viewer
  await expect(theirs.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await signInAs(theirs, admin);
  await expect(theirs.getByRole("heading", { name: "Overview" })).toBeVisible();
  await theirs.goto(address);
  await expect(new RunPage(theirs).state()).toContainText("Waiting");
  await expect(theirs.getByRole("button", { name: "Try now" })).toHaveCount(0);
  const kept = await context.cookies();
  await team.remove(admin.name);
  await expect(theirs.getByRole("heading", { name: "Sign in" })).toBeVisible(); // nobody touched that page
  await context.addCookies(kept);
  await theirs.goto(address);
  await expect(theirs.getByRole("heading", { name: "Sign in" })).toBeVisible();

  // and whoever signs in is in no team, and told so
  await signInAs(theirs, admin);
  await expect(theirs.getByText("You are in no team")).toBeVisible();
  await expectAccessible(theirs);
  await expectNoSidewaysScroll(theirs);

  await page.goto(address);
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await run.ends("Cancelled");
  await context.close();
});

/** Delivers a table to a receiver that has gone: its run waits for the next try. */
async function waitingRun(page: Page): Promise<void> {
  const receiver = await HttpReceiver.start();
  await page.getByRole("link", { name: "Add Destinations" }).click();
  const destination = new DestinationWizard(page);
  await destination.start("Webhook", "A receiver that goes");
  await destination.webhook(`http://127.0.0.1:${receiver.port}/`, { name: "", value: "" });
  await destination.finish();
  await expect(page.getByRole("button", { name: "Run now" })).toBeVisible();
  await receiver.stop();
  const run = new RunPage(page);
  await run.runNow();
  await expect(run.state()).toContainText("Waiting", { timeout: 60_000 });
}

test("two-factor sign-in: an app's real code, a backup code that works once, required by the team", async ({
  page,
  browser,
}) => {
  await signIn(page);
  const team = new TeamPage(page);
  const tara = person("Tara Owner");
  const { context, page: theirs } = await otherBrowser(browser);
  await join(theirs, await team.invite("Owner"), tara);

  // requiring it of others needs one's own
  await openFromNavigation(theirs, "Team");
  await theirs.getByText("Require two-factor sign-in", { exact: true }).click();
  await expect(
    theirs.getByText(
      "Set up two-factor sign-in for your own account first: you would lock yourself out.",
    ),
  ).toBeVisible();

  await theirs.getByRole("link", { name: /^Account of Tara Owner/ }).click();
  await expect(theirs.getByRole("heading", { level: 1, name: "Account" })).toBeVisible();
  await theirs.getByRole("button", { name: "Set up an app" }).click();
  await theirs.getByLabel("Your password", { exact: true }).fill("not her password");
  await theirs.getByRole("button", { name: "Set up an app" }).click();
  await expect(theirs.getByText("This is not your password.")).toBeVisible();
  await theirs.getByLabel("Your password", { exact: true }).fill(tara.password);
  await theirs.getByRole("button", { name: "Set up an app" }).click();
  await expect(
    theirs.getByRole("img", { name: "QR code for your authenticator app" }),
  ).toBeVisible();
  await expectAccessible(theirs);
  await expectNoSidewaysScroll(theirs);
  const key = await theirs.getByLabel("Key", { exact: true }).innerText();
  const [backup = ""] = await theirs
    .getByRole("list", { name: "Backup codes" })
    .getByRole("listitem")
    .allInnerTexts();
  // each counts once; the app's clock may be off by one code
  const used = new Set<string>();
  const freshCode = () => {
    const codes = [0, 30_000, -30_000].map((ms) => appCode(key, Date.now() + ms));
    const fresh = codes.find((each) => !used.has(each)) ?? "";
    used.add(fresh);
    return fresh;
  };
  const first = freshCode();
  await theirs.getByLabel("Code of the app").fill(first);
  await theirs.getByRole("button", { name: "Turn on" }).click();
  await expect(theirs.getByText("Two-factor sign-in is on.")).toBeVisible();
  await signOut(theirs);

  const code = (text: string) => theirs.getByLabel("Code", { exact: true }).fill(text);
  const enter = () => theirs.getByRole("button", { name: "Sign in", exact: true }).click();
  await signInAs(theirs, tara);
  await expect(theirs.getByRole("heading", { name: "Enter your code" })).toBeVisible();
  await expectAccessible(theirs);
  await code("000000");
  await enter();
  await expect(theirs.getByText("This code is wrong, or older than half a minute.")).toBeVisible();
  await page.goto("/audit?result=refused");
  const lines = page
    .getByRole("table", { name: "Audit log" })
    .getByRole("row")
    .filter({ hasText: tara.name });
  await expect(lines.first()).toContainText("signed in");
  await lines
    .first()
    .getByRole("button", { name: /^Details/ })
    .click();
  await expect(page.getByRole("figure", { name: "Details" })).toContainText("wrong code");
  // the password alone opens nothing
  await theirs.goto("/sources");
  await expect(theirs.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await signInAs(theirs, tara);
  await code(first);
  await enter();
  await expect(theirs.getByText("This code was tried already.")).toBeVisible();
  await code(freshCode());
  await enter();
  await expect(theirs.getByRole("heading", { name: "Overview" })).toBeVisible();
  await signOut(theirs);
  for (const works of [true, false]) {
    await signInAs(theirs, tara);
    await code(backup);
    await enter();
    await expect(
      works
        ? theirs.getByRole("heading", { name: "Overview" })
        : theirs.getByText("This code is wrong"),
    ).toBeVisible();
    if (works) await signOut(theirs);
  }
  await theirs.getByRole("button", { name: "Back" }).click();
  await signInAs(theirs, tara);
  await code(freshCode());
  await enter();
  await openFromNavigation(theirs, "Team");
  await theirs.getByText("Require two-factor sign-in", { exact: true }).click();
  await expect(theirs.getByRole("switch", { name: "Require two-factor sign-in" })).toBeChecked();

  // the first owner has none, and is led to set one up
  await page.goto("/sources");
  await expect(page.getByText("Your team requires two-factor sign-in")).toBeVisible();
  await expectAccessible(page);
  await theirs.getByText("Require two-factor sign-in", { exact: true }).click();
  await expect(
    theirs.getByRole("switch", { name: "Require two-factor sign-in" }),
  ).not.toBeChecked();
  await page.goto("/sources");
  await expect(page.getByRole("heading", { level: 1, name: "Sources" })).toBeVisible();
  await openFromNavigation(page, "Team");
  await team.remove(tara.name);
  await context.close();
});

test("a passkey is added, signs in by itself, and is removed", async ({ page, browser }) => {
  await signIn(page);
  const team = new TeamPage(page);
  const pia = person("Pia Passkey");
  const { context, page: theirs } = await otherBrowser(browser);
  const devtools = await context.newCDPSession(theirs);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await join(theirs, await team.invite("Viewer"), pia);
  await theirs.goto("/account");
  await theirs.getByLabel("Passkey name").fill("A ship’s <key>");
  await theirs.getByLabel("Your password, to add it").fill("not her password");
  await theirs.getByRole("button", { name: "Add a passkey" }).click();
  await expect(theirs.getByText("This is not your password.")).toBeVisible();
  await theirs.getByLabel("Your password, to add it").fill(pia.password);
  await theirs.getByRole("button", { name: "Add a passkey" }).click();
  const passkeys = theirs.getByRole("list", { name: "Passkeys" }).getByRole("listitem");
  await expect(passkeys).toHaveCount(1);
  await expect(passkeys).toContainText("A ship’s <key>");
  await signOut(theirs);
  await theirs.getByRole("button", { name: "Use a passkey" }).click();
  await expect(theirs.getByRole("heading", { name: "Overview" })).toBeVisible();
  // whoever didn't add it sees that somebody did
  await expect(theirs.getByText("How you sign in was changed")).toBeVisible();
  await expect(theirs.getByText("The passkey “A ship’s <key>” was added.")).toBeVisible();
  await expectAccessible(theirs);
  await expectNoSidewaysScroll(theirs);
  await theirs.getByRole("button", { name: "That was me" }).click();
  await expect(theirs.getByText("How you sign in was changed")).toHaveCount(0);
  await theirs.goto("/account");
  await expect(theirs.getByText("The passkey “A ship’s <key>” was added.")).toBeVisible();
  await passkeys.getByRole("button", { name: /^Remove the passkey/ }).click();
  await theirs.getByLabel("Your password", { exact: true }).fill(pia.password);
  await theirs.getByRole("button", { name: "Remove passkey", exact: true }).click();
  await expect(passkeys).toHaveCount(0);
  await signOut(theirs);
  await theirs.getByRole("button", { name: "Use a passkey" }).click();
  await expect(
    theirs.getByText("This passkey is not known here. Sign in another way."),
  ).toBeVisible();
  await context.close();
});

test("a new password ends every other session; a single one is signed out by hand; a new sign-in is a new token", async ({
  page,
  browser,
}) => {
  await signIn(page);
  const sam = person("Sam Sessions");
  const { context, page: first } = await otherBrowser(browser);
  // what a request itself says of where it comes from is nobody's word, as long as no proxy is trusted
  const { context: secondContext, page: second } = await otherBrowser(browser, {
    "x-forwarded-for": "203.0.113.99",
    "x-real-ip": "203.0.113.98",
    forwarded: "for=203.0.113.97",
  });
  await join(first, await new TeamPage(page).invite("Viewer"), sam);
  const tokenOf = async () =>
    (await secondContext.cookies()).find(({ name }) => name.endsWith("session_token"));
  await signInAs(second, sam);
  await expect(second.getByRole("heading", { name: "Overview" })).toBeVisible();
  const before = await tokenOf();
  expect(before).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  const kept = await secondContext.cookies();
  await first.goto("/account");
  const sessions = first.getByRole("list", { name: "Sessions" }).getByRole("listitem");
  await expect(sessions).toHaveCount(2);
  await expect(first.getByText("203.0.113.")).toHaveCount(0);
  await expect(sessions.filter({ hasText: /127\.0\.0\.1|::1/ })).toHaveCount(2);
  await sessions.getByRole("button", { name: "Sign out" }).click();
  await expect(sessions).toHaveCount(1);
  await second.goto("/sources");
  await expect(second.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await signInAs(second, sam);
  await expect(second.getByRole("heading", { name: "Overview" })).toBeVisible();
  expect((await tokenOf())?.value).not.toBe(before?.value);

  await first.getByLabel("Current password").fill("not his password");
  await first.getByLabel("New password").fill("passwordpassword");
  await first.getByRole("button", { name: "Change password" }).click();
  await expect(first.getByText("This password is among the first that are tried.")).toBeVisible();
  await first.getByLabel("New password").fill("another rope altogether 9");
  await first.getByRole("button", { name: "Change password" }).click();
  await expect(first.getByText("This is not your current password.")).toBeVisible();
  await first.getByLabel("Current password").fill(sam.password);
  await first.getByRole("button", { name: "Change password" }).click();
  await expect(first.getByText("Changed. Every other session has ended.")).toBeVisible();
  await second.goto("/sources");
  await expect(second.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await secondContext.addCookies(kept);
  await second.goto("/sources");
  await expect(second.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await first.reload();
  await expect(first.getByRole("heading", { level: 1, name: "Account" })).toBeVisible();
  await context.close();
  await secondContext.close();
});

test("several teams: made, switched by keyboard, renamed, joined with the account one has, and left", async ({
  page,
  browser,
}) => {
  await signIn(page);
  const { context, page: theirs } = await otherBrowser(browser);
  const otto = person("Otto Owner");
  await join(theirs, await new TeamPage(page).invite("Owner"), otto);
  await openFromNavigation(theirs, "Team");
  await theirs.getByLabel("New team’s name").fill("Harbour “north” <b>");
  await theirs.getByRole("button", { name: "Create team" }).click();
  await expect(theirs.getByText("Nothing flows yet")).toBeVisible();
  const switcher = theirs.getByRole("button", { name: /Team$/ });
  await expect(switcher).toContainText("Harbour “north” <b>");
  await theirs.goto("/sources");
  await expect(theirs.getByRole("link", { name: "Team people", exact: true })).toHaveCount(0);
  await openFromNavigation(theirs, "Team");
  await theirs.getByLabel("Team name", { exact: true }).fill("=1+1");
  await theirs.getByRole("button", { name: "Save team name" }).click();
  await expect(switcher).toContainText("=1+1");
  const csv = await theirs.request.get("/api/audit?what=team");
  expect(csv.headers()["content-type"]).toBe("text/csv; charset=utf-8");
  expect(await csv.text()).toMatch(/,changed,team,'=1\+1,done,/);
  await theirs.getByLabel("Team name", { exact: true }).fill("Harbour north");
  await theirs.getByRole("button", { name: "Save team name" }).click();
  await expect(switcher).toContainText("Harbour north");
  await expectAccessible(theirs);
  const link = await new TeamPage(theirs).invite("Viewer");

  await switcher.focus();
  await theirs.keyboard.press("Enter");
  await theirs.getByRole("option", { name: `${owner.name}’s team` }).waitFor();
  await theirs.keyboard.press("ArrowDown");
  await theirs.keyboard.press("Enter");
  await expect(switcher).toContainText(`${owner.name}’s team`);
  await theirs.goto("/sources");
  await expect(theirs.getByRole("link", { name: "Team people", exact: true })).toBeVisible();

  // somebody with an account of another team follows a link while signed out
  const { context: third, page: guests } = await otherBrowser(browser);
  const guest = person("Gita Guest");
  await join(guests, await new TeamPage(page).invite("Viewer"), guest);
  await signOut(guests);
  await guests.goto(link);
  await guests.getByRole("link", { name: "Sign in" }).click();
  await expect(guests.getByRole("heading", { name: "Sign in" })).toBeVisible(); // the form before has an address and a password, too
  await guests.getByLabel("Email").fill(guest.email);
  await guests.getByLabel("Password").fill(guest.password);
  await guests.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(guests.getByText(`You are signed in as ${guest.name}`)).toBeVisible();
  await expectAccessible(guests);
  await guests.getByRole("button", { name: "Join the team" }).click();
  await expect(guests.getByText("Nothing flows yet")).toBeVisible();
  await guests.setViewportSize({ width: 390, height: 844 });
  await guests.getByRole("button", { name: "Open navigation" }).click();
  await guests
    .getByRole("dialog", { name: "Navigation" })
    .getByRole("button", { name: /Team$/ })
    .click();
  await expectAccessible(guests, "[role=listbox]");
  await guests.getByRole("option", { name: `${owner.name}’s team` }).click();
  await guests.setViewportSize({ width: 1360, height: 860 });
  await guests.goto("/sources");
  await expect(guests.getByRole("link", { name: "Team people", exact: true })).toBeVisible();
  await openFromNavigation(guests, "Team");
  await guests.getByRole("button", { name: "Leave the team" }).click();
  const dialog = guests.getByRole("alertdialog");
  await dialog.getByLabel(/^Type/).fill(`${owner.name}’s team`);
  await dialog.getByRole("button", { name: "Leave the team" }).click();
  await expect(guests.getByText("Nothing flows yet")).toBeVisible();
  await third.close();
  await context.close();
});

test("the OpenID provider lets in members and invited addresses, and nobody else", async ({
  page,
  browser,
}) => {
  await signIn(page);
  const invited = "olga";
  await new TeamPage(page).invite("Viewer", `${invited}@example.com`);
  const arrive = async (name: string) => {
    const { context, page: theirs } = await otherBrowser(browser);
    await toProvider(theirs, name);
    return { context, theirs };
  };
  for (const name of ["stranger", "unverified-olga"]) {
    const { context, theirs } = await arrive(name);
    await expect(
      theirs.getByText("You are not known here, or your address is not verified."),
    ).toBeVisible();
    await context.close();
  }
  for (const time of ["the first time", "again"]) {
    const { context, theirs } = await arrive(invited);
    await expect(theirs.getByRole("heading", { name: "Overview" }), time).toBeVisible();
    await context.close();
  }
  // an answer meant for one browser opens nothing in another, and nothing the second time
  const { context: asking, page: asks } = await otherBrowser(browser);
  const answers: string[] = [];
  asks.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/sign-in/oidc/callback")
      answers.push(request.url());
  });
  await toProvider(asks, invited);
  await expect(asks.getByRole("heading", { name: "Overview" })).toBeVisible();
  const [answer = ""] = answers;
  expect(new URL(answer).searchParams.get("code")).toBeTruthy();
  const { context: other, page: thief } = await otherBrowser(browser);
  await thief.goto(answer);
  await expect(thief.getByText("The sign-in at the provider did not come through.")).toBeVisible();
  await signOut(asks);
  await asks.goto(answer);
  await expect(asks.getByText("The sign-in at the provider did not come through.")).toBeVisible();
  await other.close();
  await asking.close();

  // an answer that nobody asked for
  const { context, page: forged } = await otherBrowser(browser);
  await forged.goto("/api/sign-in/oidc/callback?code=abc&state=def");
  await expect(forged.getByText("The sign-in at the provider did not come through.")).toBeVisible();
  await expectAccessible(forged);
  await context.close();
  await openFromNavigation(page, "Team");
  await expect(new TeamPage(page).member("Provider’s olga")).toContainText("viewer");
});

/** Signs in at the provider's own pages. */
async function toProvider(page: Page, name: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Continue with Harbour ID" }).click();
  await page.locator("input[name=login]").fill(name);
  await page.locator("input[name=password]").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

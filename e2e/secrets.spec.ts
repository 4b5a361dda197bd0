// Every kind of secret that a person can enter is used, rightly and wrongly; then everything that Tidegate keeps, says
// and sends is searched for each.
import type { Page } from "@playwright/test";
import { HttpReceiver } from "./fixtures/http-receiver";
import { collectResponses } from "./fixtures/responses";
import { startBastion } from "./fixtures/ssh-server";
import {
  asAdmin,
  configDump,
  control,
  endpoints,
  expect,
  output,
  owner,
  signIn,
  statementsOf,
  test,
} from "./fixtures/tidegate";
import { createTable, createUser } from "./fixtures/warehouse";
import { addTrackingApi, DestinationWizard } from "./pages/destination-wizard";
import { openFromNavigation } from "./pages/navigation";
import { RunPage } from "./pages/run-page";
import { SourceWizard } from "./pages/source-wizard";

test.describe.configure({ timeout: 300_000 });

// with characters that every notation writes in its own way
const login = { user: "keeps_secrets", password: "Tide&Gate<41>+%-Qx" };
const secrets = {
  "warehouse password": login.password,
  "wrong password": "Wrong&Gate<42>+%-Qx",
  "rotated password": "Next&Gate<43>+%-Qx",
  "IAM secret access key": "IamSecret/43+KEY/EXAMPLEabcdefgh",
  "write key": "write&key<44>+%-Qx",
  "header value": "Bearer header&value<45>+%",
  "PostgreSQL password": "Postgres&Gate<46>+%-Qx",
  "S3 secret access key": "",
  "unload secret access key": "Unload/Secret+KEY/EXAMPLEabcdefgh",
  "SSH private key": "",
  "owner's password": owner.password,
};

/** The ways in which a text may stand in another. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const unicode = secret.replace(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  return [
    ...new Set([
      secret,
      html,
      unicode,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      encodeURI(secret),
      bytes.toString("base64").replace(/=+$/, "").slice(0, -1),
      bytes.toString("base64url").slice(0, -1),
      bytes.toString("hex"),
    ]),
  ];
}

/** Every page that links lead to, as a document and as what Next sends when one goes there. */
async function crawl(page: Page): Promise<string[]> {
  const { web } = endpoints();
  const bodies: string[] = [];
  const seen = new Set(["/"]);
  for (const path of seen) {
    const document = await page.request.get(path);
    const html = await document.text();
    bodies.push(html, await (await page.request.get(path, { headers: { rsc: "1" } })).text());
    for (const [, href = ""] of html.matchAll(/href="([^"#]+)/g)) {
      const url = new URL(href.replaceAll("&amp;", "&"), web);
      if (
        url.origin === web &&
        !/\.(css|js|svg|woff2?|ico|png)$/.test(url.pathname) &&
        seen.size < 250
      )
        seen.add(url.pathname + url.search);
    }
  }
  return bodies;
}

test("no secret is in the database, the logs, a page, an answer, an error or the history of runs", async ({
  page,
  context,
}) => {
  const { host, port, database, ca } = endpoints().sandbox.redshift;
  secrets["S3 secret access key"] = endpoints().sandbox.s3.secretAccessKey;
  const responses = await collectResponses(page);
  const bastion = await startBastion();
  const receiver = await HttpReceiver.start();
  secrets["SSH private key"] = bastion.privateKey.split("\n")[2] ?? "";
  await createUser(login);
  await createTable(
    "keeps_secrets",
    "people",
    "user_id varchar(20), email varchar(60)",
    ["('u1','ann@example.com')", "(NULL,'nobody@example.com')"],
    login,
  );
  await signIn(page);
  const source = new SourceWizard(page);
  const run = new RunPage(page);

  await test.step("a warehouse behind an SSH server: by IAM that nobody grants, by a wrong password, by the right one", async () => {
    await source.begin();
    await source.name("Keeps secrets");
    await source.fillConnection({
      Host: host,
      Port: String(port),
      Database: database,
      User: login.user,
      Password: secrets["wrong password"],
      "CA certificate": ca,
    });
    await page.getByText("Connect through an SSH tunnel").click();
    for (const [label, text] of Object.entries({
      "SSH host": "127.0.0.1",
      "SSH port": String(bastion.port),
      "SSH user": bastion.user,
      "SSH private key": bastion.privateKey,
    }))
      await source.field(label).fill(text);
    await source.next();
    await source.outcomes("Failed", "Not run", "Not run");
    await source.check("Verifying Connection").getByRole("button", { name: "Details" }).click();
    await source.back();
    await page.getByText("Log in by IAM").click();
    for (const [label, text] of Object.entries({
      "AWS region": "eu-central-1",
      "Cluster or workgroup": "keeps-secrets",
      "Access key ID": "AKIAIOSFODNN7EXAMPLE",
      "Secret access key": secrets["IAM secret access key"],
      "SSH private key": bastion.privateKey,
    }))
      await source.field(label).fill(text);
    await source.next();
    await source.outcomes("Failed", "Not run", "Not run");
    await source.back();
    await page.getByText("Log in by IAM").click();
    for (const [label, text] of Object.entries({
      Password: login.password,
      "SSH private key": bastion.privateKey,
    }))
      await source.field(label).fill(text);
    await source.next();
    await source.verified();
    await source.data("keeps_secrets", "people");
    await source.next();
    await source.frequency("Manual");
    await source.next();
    await expect(page.getByRole("heading", { name: "Source created" })).toBeVisible();
  });

  const done = page.url();
  await test.step("a bucket for large reads whose key nobody knows, saved and tested", async () => {
    const { bucket, region, endpoint } = endpoints().sandbox.s3;
    await openFromNavigation(page, "Sources");
    await page.getByRole("link", { name: "Keeps secrets", exact: true }).click();
    await page.getByRole("link", { name: "Large reads" }).click();
    await page
      .getByRole("radiogroup", { name: "Access" })
      .getByText("Access keys", { exact: true })
      .click();
    for (const [label, text] of Object.entries({
      Bucket: bucket,
      Region: region,
      Endpoint: endpoint,
      "Access key ID": "AKIAUNLOADEXAMPLE",
      "Secret access key": secrets["unload secret access key"],
    }))
      await page.getByLabel(label, { exact: true }).fill(text);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByText(/^Saved\./)).toBeVisible();
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await expect(
      page
        .getByRole("list", { name: "Verifying Unload Bucket" })
        .getByRole("listitem")
        .filter({ hasText: "Bucket" })
        .first(),
    ).toContainText("Failed", { timeout: 30_000 });
  });

  await test.step("receivers of events: rows delivered, refused and rejected", async () => {
    await page.goto(done);
    await page.getByRole("button", { name: "Add Destinations" }).click();
    await addTrackingApi(page, "Keeps a write key", secrets["write key"]);
    await control("/events/faults", [{ writeKey: secrets["write key"], status: 401, times: 1 }]);
    await run.runNow();
    await run.ends("Failed");
    await openFromNavigation(page, "Connections");
    await page.getByRole("link", { name: "Keeps secrets → Keeps a write key" }).click();
    await run.runNow();
    await run.ends("Succeeded");
    const wizard = new DestinationWizard(page);
    await wizard.begin();
    await wizard.start("Webhook", "Keeps a header");
    await wizard.webhook(`http://127.0.0.1:${receiver.port}/in`, {
      name: "Authorization",
      value: secrets["header value"],
    });
    await wizard.finish();
    await page.getByRole("button", { name: "Connect a source" }).click();
    await wizard.connect("Keeps secrets", "Keeps a header");
    await run.runNow();
    await run.ends("Succeeded");
  });

  await test.step("warehouses as destinations: one that takes rows by S3, one whose password is wrong", async () => {
    const wizard = new DestinationWizard(page);
    await wizard.begin();
    await wizard.startRedshift("Keeps keys");
    await page.getByLabel("Target schema").fill("keeps_secrets");
    await wizard.warehouse(login, database);
    await wizard.staging("keeps-secrets", "Access keys");
    await expect(wizard.check("CREATE on schema")).toContainText("Failed");
    await wizard.begin();
    await page
      .getByRole("radiogroup", { name: "Warehouse Destinations" })
      .getByText("PostgreSQL", { exact: true })
      .click();
    await wizard.next();
    await page.getByLabel("Destination name").fill("Keeps a wrong one");
    await wizard.next();
    const postgres = new URL(endpoints().database);
    for (const [label, text] of Object.entries({
      Host: postgres.hostname,
      Port: postgres.port,
      Database: "tidegate",
      User: decodeURIComponent(postgres.username),
      Password: secrets["PostgreSQL password"],
    }))
      await page.getByLabel(label, { exact: true }).fill(text);
    await page.getByRole("button", { name: /SSL mode/ }).click();
    await page.getByRole("option", { name: /^off/ }).click();
    await wizard.next();
    await expect(wizard.check("Connection")).toContainText("Failed");
  });

  await test.step("credentials changed, rotated and refused", async () => {
    await openFromNavigation(page, "Credentials");
    await page
      .getByRole("row")
      .filter({ hasText: "Keeps secrets credentials" })
      .getByRole("link", { name: "Rotate", exact: true })
      .click();
    await page.getByLabel("New password", { exact: true }).fill(secrets["rotated password"]);
    await page.getByRole("button", { name: "Change, test and swap" }).click();
    await expect(page.getByText(/^Rotated .*The old secret is gone from here\.$/)).toBeVisible({
      timeout: 60_000,
    });
    await asAdmin(
      async (query) =>
        void (await query(`ALTER USER ${login.user} PASSWORD 'Changed-By-Others-1'`)),
    );
    await openFromNavigation(page, "Connections");
    await page.getByRole("link", { name: "Keeps secrets → Keeps a header" }).click();
    await run.runNow();
    await run.ends("Failed");
    await openFromNavigation(page, "Credentials");
    await page
      .getByRole("row")
      .filter({ hasText: "Keeps secrets credentials" })
      .getByRole("button", { name: "Test" })
      .click();
    await expect(page.getByText(/“Keeps secrets credentials”: .*refused the user/)).toBeVisible();
  });

  const pages = await crawl(page);
  expect(pages.join().match(/Keeps secrets/g)?.length).toBeGreaterThan(20);
  const places: Record<string, string> = {
    "config database": await configDump(),
    logs: output(),
    pages: pages.join("\n"),
    "answers to the browser": responses.texts().join("\n"),
    "what the browser keeps": JSON.stringify([
      await context.storageState(),
      await page.evaluate(() => [JSON.stringify(localStorage), JSON.stringify(sessionStorage)]),
    ]),
    "the warehouse's log of statements": JSON.stringify(await statementsOf(login.user)),
  };
  // that the search finds what is there
  expect(places["config database"]).toContain("Keeps secrets credentials");
  expect(places["answers to the browser"]).toContain("refused the user");
  const hits = Object.entries(places).flatMap(([place, text]) =>
    Object.entries(secrets).flatMap(([secret, value]) => {
      expect(value.length, secret).toBeGreaterThan(10);
      return spellings(value)
        .filter((spelling) => text.includes(spelling))
        .map(
          (spelling) => `${secret} in ${place}${spelling === value ? "" : ", in another spelling"}`,
        );
    }),
  );
  expect(hits).toEqual([]);
  await bastion.close();
  await receiver.stop();
});

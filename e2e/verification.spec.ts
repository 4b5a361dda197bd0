import { connect, createServer, type AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import { asAdmin, endpoints, expect, signIn, test } from "./fixtures/tidegate";
import { createUser, type Login } from "./fixtures/warehouse";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "verification", password: "Lee-Shore-64" };
const grantless: Login = { user: "verification_grantless", password: "Foul-Anchor-73" };

const stop = (page: Page, name: string) =>
  page
    .getByRole("list", { name: "The way to the warehouse" })
    .getByRole("listitem")
    .filter({ hasText: new RegExp(`^${name}`) });
const part = (page: Page, name: string) =>
  page
    .getByRole("list", { name: /^Parts of/ })
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { level: 4, name }) });

/** Passes everything on, but for what clients send once they are encrypted: that waits for `release`. */
async function holdingProxy(): Promise<{ port: number; release(): void; close(): void }> {
  const { host, port } = endpoints().sandbox.redshift;
  let release = () => undefined as void;
  const released = new Promise<void>((open) => {
    release = open;
  });
  const server = createServer((client) => {
    const warehouse = connect(port, host);
    client.on("error", () => warehouse.destroy());
    warehouse.on("error", () => client.destroy());
    warehouse.pipe(client);
    // SSLRequest and the client's two flights of the handshake; its login is the next thing it says
    let passed = 0;
    client.on("data", (chunk: Buffer) => {
      if (++passed <= 3) return void warehouse.write(chunk);
      client.pause();
      void released.then(() => {
        warehouse.write(chunk);
        client.resume();
      });
    });
    client.on("end", () => warehouse.end());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { port: (server.address() as AddressInfo).port, release, close: () => server.close() };
}

test("the way lights up link by link, while the rest is not known yet", async ({ page }) => {
  await createUser(login);
  await signIn(page);
  const proxy = await holdingProxy();
  const { database, ca } = endpoints().sandbox.redshift;
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Live verification");
  await wizard.fillConnection({
    Host: "localhost",
    Port: String(proxy.port),
    Database: database,
    User: login.user,
    Password: login.password,
    "CA certificate": ca,
  });
  await wizard.next();

  for (const name of ["You", "Name", "TCP"]) await expect(stop(page, name)).toContainText("passed");
  await expect(stop(page, "_rudderstack")).toContainText("not known yet");
  await expect(wizard.check("Verifying Connection")).toContainText("Checking");
  await wizard.check("Verifying Connection").getByRole("button", { name: "Details" }).click();
  await expect(part(page, "TCP connection")).toContainText("Passed");
  await expect(wizard.nextButton()).toBeDisabled();

  proxy.release();
  await wizard.outcomes("Passed", "Passed", "Passed");
  for (const name of ["TLS", "Login", "Database", "Schemas", "_rudderstack"])
    await expect(stop(page, name)).toContainText("passed");
  await expect(part(page, "TLS")).toContainText(/TLS 1\.\d, with a certificate for localhost/);
  await expect(
    page
      .getByRole("log", { name: /Verifying Credentials/ })
      .getByText(/^Able to Access RudderStack Schema: Passed\./),
  ).toBeAttached();
  proxy.close();
});

test("a broken link has its parts, its statement and nothing that axe finds; mended, it turns green without retyping", async ({
  page,
}) => {
  await createUser(grantless, "state schema");
  await asAdmin(
    async (query) =>
      void (await query(`GRANT USAGE ON SCHEMA "_rudderstack" TO ${grantless.user}`)),
  );
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Broken link");
  await wizard.connection(grantless);
  await wizard.outcomes("Passed", "Passed", "Failed");
  await expect(stop(page, "Schemas")).toContainText("passed");
  await expect(stop(page, "_rudderstack")).toContainText("broken");
  const failed = wizard.check("Able to Access RudderStack Schema");
  await failed.getByRole("button", { name: "Details" }).click();
  await expect(part(page, "USAGE on it")).toContainText("Passed");
  await expect(part(page, "CREATE in it")).toContainText("Failed");
  await expect(part(page, "A table written, read and dropped")).toContainText("Not run");
  await expectAccessible(page, "main");
  await expectNoSidewaysScroll(page);

  const grant = await failed
    .getByRole("figure", { name: "What mends “Able to Access RudderStack Schema”" })
    .locator("pre")
    .innerText();
  expect(grant).toBe(`GRANT CREATE ON SCHEMA "_rudderstack" TO ${grantless.user};`);
  await asAdmin(async (query) => void (await query(grant)));
  await page.getByRole("button", { name: "Verify again" }).click();
  await wizard.outcomes("Passed", "Passed", "Passed");
  await expect(stop(page, "_rudderstack")).toContainText("passed");
  await expect(wizard.nextButton()).toBeEnabled();
});

import type { Page } from "@playwright/test";
import { expectAccessible, expectNoSidewaysScroll } from "./fixtures/accessibility";
import { startBastion } from "./fixtures/ssh-server";
import { endpoints, expect, signIn, test } from "./fixtures/tidegate";
import { createTable, createUser, type Login } from "./fixtures/warehouse";
import { openFromNavigation } from "./pages/navigation";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "tunnelled", password: "Breast-Rope-28" };
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

test("through an SSH tunnel: a refused user, then every step; another host key is refused until a person trusts it, in the wizard and later", async ({
  page,
}) => {
  await createUser(login);
  await createTable("tunnel_shop", "people", "email varchar(50)", ["('ada@example.com')"], login);
  let bastion = await startBastion();
  await signIn(page);
  const { host, port, database, ca } = endpoints().sandbox.redshift;
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Through a bastion");
  await wizard.fillConnection({
    Host: host,
    Port: String(port),
    Database: database,
    User: login.user,
    Password: login.password,
    "CA certificate": ca,
  });
  await page.getByText("Connect through an SSH tunnel").click();
  await expectAccessible(page, "main");
  await expectNoSidewaysScroll(page);
  await wizard.next();
  await expect(
    page.getByText("Enter the host name of the SSH server, such as bastion.example.com."),
  ).toBeVisible();
  await wizard.field("SSH host").fill("127.0.0.1");
  await wizard.field("SSH port").fill(String(bastion.port));
  await wizard.field("SSH user").fill("nobody");
  await wizard.next();
  await expect(
    page.getByText("Enter a private key or a password for the SSH server."),
  ).toBeVisible();
  await wizard.field("SSH private key").fill(bastion.privateKey);
  await wizard.next();

  await wizard.outcomes("Failed", "Not run", "Not run");
  await expect(stop(page, "SSH tunnel")).toContainText("broken");
  await expect(wizard.check("Verifying Connection")).toContainText(
    "The SSH server refused the user “nobody” or the key.",
  );
  await wizard.back();
  await expect(wizard.field("SSH user")).toHaveValue("nobody");
  await expect(wizard.field("SSH private key")).toHaveValue("");
  expect(await page.content()).not.toContain(bastion.privateKey.split("\n")[1] ?? "BEGIN");
  await wizard.field("SSH user").fill(bastion.user);
  await wizard.next(); // what was kept was meant for another user
  await expect(
    page.getByText("Enter the password again: the connection has changed"),
  ).toBeVisible();
  await wizard.field("Password").fill(login.password);
  await wizard.next();
  await expect(
    page.getByText("Enter the private key or the password again: the SSH server has changed"),
  ).toBeVisible();
  await wizard.field("SSH private key").fill(bastion.privateKey);
  await wizard.next();

  await wizard.outcomes("Passed", "Passed", "Passed");
  for (const name of ["SSH tunnel", "Name", "TCP", "TLS", "Login"])
    await expect(stop(page, name)).toContainText("passed");
  await wizard.check("Verifying Connection").getByRole("button", { name: "Details" }).click();
  await expect(part(page, "SSH tunnel")).toContainText(
    /Its host key is pinned from now on: SHA256:/,
  );
  const pinned = /SHA256:[\w+/]{43}/.exec(await part(page, "SSH tunnel").innerText())?.[0] ?? "";
  expect(bastion.forwarded).toContain(`${host}:${port}`);
  await expect(wizard.nextButton()).toBeEnabled();

  await bastion.close();
  bastion = await startBastion(bastion);
  await page.getByRole("button", { name: "Verify again" }).click();
  await wizard.outcomes("Failed", "Not run", "Not run");
  await expect(wizard.check("Verifying Connection")).toContainText(
    `Pinned is ${pinned}, it shows SHA256:`,
  );
  expect(bastion.forwarded).toEqual([]);
  await expectAccessible(page, "main");
  await expectNoSidewaysScroll(page);
  await page.getByRole("button", { name: "Trust the new host key" }).click();
  await wizard.verified();
  await wizard.chooseTable("tunnel_shop", "people");
  await expect(wizard.grid()).toContainText("ada@example.com");
  await wizard.next();
  await wizard.at("columns");
  await wizard.next();
  await wizard.frequency("Manual");
  await wizard.next();
  await expect(page.getByRole("heading", { name: "Source created" })).toBeVisible();

  // the pinned key went along with the saved credentials
  await bastion.close();
  bastion = await startBastion(bastion);
  await openFromNavigation(page, "Sources");
  await page.getByRole("link", { name: "Through a bastion" }).click();
  await page.getByRole("button", { name: "Verify again" }).click();
  await wizard.outcomes("Failed", "Not run", "Not run");
  expect(bastion.forwarded).toEqual([]);
  await page.getByRole("button", { name: "Trust the new host key" }).click();
  await wizard.outcomes("Passed", "Passed", "Passed");
  expect(bastion.forwarded.length).toBeGreaterThan(0);
  await bastion.close();
});

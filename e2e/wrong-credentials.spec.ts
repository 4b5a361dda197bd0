import { closedPort } from "./fixtures/http-receiver";
import { collectResponses } from "./fixtures/responses";
import { asAdmin, endpoints, expect, signIn, test } from "./fixtures/tidegate";
import { createUser, type Login } from "./fixtures/warehouse";
import { SourceWizard } from "./pages/source-wizard";

const login: Login = { user: "wrong_credentials", password: "Lee-Shore-41" };
const ungranted: Login = { user: "wrong_ungranted", password: "Foul-Anchor-52" };

test("each wrong setting fails at its own check, in plain words; corrected, it turns green", async ({
  page,
}) => {
  await createUser(login);
  const responses = await collectResponses(page);
  await signIn(page);
  const { host, port, database, ca } = endpoints().sandbox.redshift;
  const right = {
    Host: host,
    Port: String(port),
    Database: database,
    User: login.user,
    Password: login.password,
    "CA certificate": ca,
  };
  const closed = String(await closedPort());
  const wrong: {
    what: string;
    field: keyof typeof right;
    text: string;
    says: RegExp;
    details: RegExp;
  }[] = [
    // which of the two depends on this machine's own DNS
    {
      what: "host",
      field: "Host",
      text: "no-such-host.invalid",
      says: /There is no host named “no-such-host\.invalid”|can't be looked up/,
      details: /getaddrinfo (ENOTFOUND|EAI_AGAIN) no-such-host\.invalid/,
    },
    {
      what: "port",
      field: "Port",
      text: closed,
      says: new RegExp(`:${closed} refuses the connection`),
      details: /ECONNREFUSED/,
    },
    {
      what: "database",
      field: "Database",
      text: "no_such_database",
      says: /There is no database named “no_such_database”/,
      details: /database "no_such_database" does not exist/,
    },
    {
      what: "user",
      field: "User",
      text: "no_such_user",
      says: /refused the user “no_such_user” or its password/,
      details: /authentication failed for user "no_such_user"/,
    },
    {
      what: "password",
      field: "Password",
      text: "Wrong-Tack-63",
      says: /refused the user “wrong_credentials” or its password/,
      details: /authentication failed for user "wrong_credentials"/,
    },
    {
      what: "authority",
      field: "CA certificate",
      text: "",
      says: /isn't signed by an authority that is trusted here/,
      details: /unable to verify|self-signed certificate/,
    },
  ];

  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Wrong credentials");
  await wizard.fillConnection(right);
  for (const { what, field, text, says, details } of wrong) {
    await test.step(`wrong ${what}`, async () => {
      await wizard.fillConnection({ Password: login.password, [field]: text });
      await wizard.next();
      await wizard.outcomes("Failed", "Not run", "Not run");
      const failed = wizard.check("Verifying Connection");
      await expect(failed).toContainText(says);
      await expect(failed.getByText(details)).toBeHidden();
      await failed.getByRole("button", { name: "Details" }).click();
      await expect(failed.getByText(details)).toBeVisible();
      await expect(wizard.nextButton()).toBeDisabled();

      await wizard.back();
      await wizard.at("connection");
      for (const label of ["Host", "Port", "Database", "User"] as const)
        await expect(wizard.field(label)).toHaveValue(label === field ? text : right[label]);
      await expect(wizard.field("Password")).toHaveValue("");
      await wizard.fillConnection({ Password: login.password, [field]: right[field] });
      await wizard.next();
      await wizard.outcomes("Passed", "Passed", "Passed");
      await expect(wizard.nextButton()).toBeEnabled();
      await wizard.back();
      await wizard.at("connection");
    });
  }

  await test.step("a kept password goes only to the host it was entered for", async () => {
    await expect(page.getByText("Set. Leave it empty to keep it.")).toBeVisible();
    await wizard.fillConnection({ Host: "localhost.example.invalid" });
    await wizard.next();
    await expect(
      page.getByText(
        "Enter the password again: the connection has changed, and a kept password is sent only to where it was entered for.",
      ),
    ).toBeVisible();
    await wizard.at("connection");
    await page.reload();
    await expect(wizard.field("Host")).toHaveValue(host);
    await wizard.next();
    await wizard.outcomes("Passed", "Passed", "Passed");
  });

  await test.step("no password in the page, nor in anything the server sent", async () => {
    await wizard.back();
    await wizard.at("connection");
    await page.reload();
    const texts = [await page.content(), ...responses.texts()];
    expect(
      texts.filter((text) => text.includes("refused the user")).length,
      "the answers of the checks are among them",
    ).toBeGreaterThan(1);
    for (const secret of [login.password, "Wrong-Tack-63"])
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  });
});

test("_rudderstack that may not be used, or is not there, fails the third check alone and gives the statement that mends it", async ({
  page,
}) => {
  await createUser(ungranted, "state schema");
  await asAdmin(async (query) => void (await query("CREATE DATABASE wrong_bare")));
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Without grants");
  await wizard.connection(ungranted);

  const failed = wizard.check("Able to Access RudderStack Schema");
  await wizard.outcomes("Passed", "Passed", "Failed");
  await expect(failed).toContainText(
    "“wrong_ungranted” lacks USAGE and CREATE on the schema “_rudderstack”.",
  );
  await expect(wizard.nextButton()).toBeDisabled();
  const remedy = failed
    .getByRole("figure", { name: "What mends “Able to Access RudderStack Schema”" })
    .locator("pre");
  const grant = await remedy.innerText();
  expect(grant).toContain('GRANT ALL ON SCHEMA "_rudderstack" TO');

  // the page's own statement, run by a superuser, is all that was missing
  await asAdmin(async (query) => void (await query(grant)));
  await page.getByRole("button", { name: "Verify again" }).click();
  await wizard.outcomes("Passed", "Passed", "Passed");

  await wizard.back();
  await wizard.at("connection");
  await wizard.fillConnection({ Database: "wrong_bare", Password: ungranted.password });
  await wizard.next();
  await wizard.outcomes("Passed", "Passed", "Failed");
  await expect(failed).toContainText("There is no schema “_rudderstack”.");
  await expect(remedy).toContainText('CREATE SCHEMA "_rudderstack";');
});

import { readFileSync } from "node:fs";
import { asAdmin, expect, signIn, test } from "./fixtures/tidegate";
import { createTable, grantSource } from "./fixtures/warehouse";
import { addTrackingApi } from "./pages/destination-wizard";
import { SourceWizard } from "./pages/source-wizard";

const login = { user: "columns_reader", password: "Harbour-Light-9" };

test("keys are changed in bulk, undone, kept as a file; on the data preview page personal data is covered until asked for", async ({
  page,
}) => {
  await asAdmin(async (query) => {
    await query('CREATE SCHEMA IF NOT EXISTS "columns_shop"');
    await query(
      'CREATE TABLE "columns_shop"."buyers" (email varchar(60), cust_first_name varchar(40), cust_last_order integer, plan varchar(10))',
    );
    await query(
      "INSERT INTO \"columns_shop\".\"buyers\" VALUES ('ada@example.com', 'Ada', 7, 'team'), (NULL, 'Nobody', 8, 'free')",
    );
  });
  await grantSource(login.user, login.password, "columns_shop", "buyers");
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Buyers");
  await wizard.connection(login);
  await wizard.verified();
  await wizard.data("columns_shop", "buyers");

  const keys = () =>
    Promise.all(
      ["email", "cust_first_name", "cust_last_order", "plan"].map((column) =>
        wizard.traitKey(column).inputValue(),
      ),
    );
  const tools = page.getByRole("group", { name: "Change all selected keys" });
  await tools.getByRole("button", { name: "Strip prefix" }).click();
  await page.getByLabel("Prefix to strip").fill("cust_");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect.poll(keys).toEqual(["email", "first_name", "last_order", "plan"]);
  await tools.getByRole("button", { name: "camelCase" }).click();
  await expect.poll(keys).toEqual(["email", "firstName", "lastOrder", "plan"]);
  await tools.getByRole("button", { name: "Undo" }).click();
  await expect.poll(keys).toEqual(["email", "first_name", "last_order", "plan"]);
  await tools.getByRole("button", { name: "Group under" }).click();
  await page.getByLabel("Group", { exact: true }).fill("buyer");
  await page.getByLabel("Group", { exact: true }).press("Enter");
  await expect
    .poll(keys)
    .toEqual(["buyer.email", "buyer.first_name", "buyer.last_order", "buyer.plan"]);
  await expect(page.getByRole("heading", { name: "Columns and traits" })).toBeVisible(); // Enter answered the question, not the step

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    tools.getByRole("button", { name: "Export" }).click(),
  ]);
  const file = readFileSync(await download.path());
  await tools.getByRole("button", { name: "snake_case" }).click();
  await wizard.traitKey("plan").fill("changed");
  await page
    .getByLabel("Mapping file")
    .setInputFiles({ name: "mapping.json", mimeType: "application/json", buffer: file });
  await expect
    .poll(keys)
    .toEqual(["buyer.email", "buyer.first_name", "buyer.last_order", "buyer.plan"]);
  await page
    .getByLabel("Mapping file")
    .setInputFiles({ name: "other.json", mimeType: "application/json", buffer: Buffer.from("[]") });
  await expect(page.getByText("This file is no mapping that was exported here.")).toBeVisible();
  await wizard.next();
  await wizard.frequency("Manual");
  await wizard.next();
  await page.getByRole("link", { name: "Open the source" }).click();
  await page.getByRole("link", { name: "Data preview" }).click();

  const grid = page.getByRole("grid", { name: "Data preview" });
  const json = page.getByRole("region", { name: "JSON preview" });
  await expect(grid).toContainText("team");
  await expect(grid).toContainText("NULL");
  await expect(json).toContainText('"last_order": 7');
  for (const part of [grid, json])
    for (const hidden of ["ada@example.com", "Ada"]) await expect(part).not.toContainText(hidden);
  await page.getByRole("button", { name: "Show values" }).click();
  await expect(grid).toContainText("ada@example.com");
  await expect(json).toContainText('"first_name": "Ada"');
});

test("deleting a connection drops what it kept in _rudderstack, and nothing else", async ({
  page,
}) => {
  const reader = { user: "forgetful_reader", password: "Harbour-Light-8" };
  await createTable("forget_shop", "people", "email varchar(50)", ["('ada@example.com')"]);
  await grantSource(reader.user, reader.password, "forget_shop", "people");
  await signIn(page);
  const wizard = new SourceWizard(page);
  await wizard.begin();
  await wizard.name("Forgotten people");
  await wizard.connection(reader);
  await wizard.verified();
  await wizard.data("forget_shop", "people");
  await wizard.next();
  await wizard.frequency("Manual");
  await wizard.next();
  await page.getByRole("button", { name: "Add Destinations" }).click();
  await addTrackingApi(page, "Forgotten receiver");
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByRole("status", { name: "State" })).toContainText("Succeeded", {
    timeout: 60_000,
  });

  const tables = async () => {
    const found: string[] = [];
    await asAdmin<{ tablename: string }>(async (query) => {
      const { rows } = await query(
        `SELECT tablename FROM pg_tables WHERE schemaname = '_rudderstack' AND tableowner = '${reader.user}'`,
      );
      found.push(...rows.map(({ tablename }) => tablename));
    });
    return found;
  };
  expect((await tables()).length).toBeGreaterThan(0);
  await page.getByRole("link", { name: "Connections", exact: true }).click();
  await page.getByRole("link", { name: "Forgotten people → Forgotten receiver" }).click();
  await page.getByRole("button", { name: "Delete connection" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("textbox").fill("Forgotten people");
  await dialog.getByRole("button", { name: "Delete connection" }).click();
  await expect(page.getByRole("heading", { name: "Connections", exact: true })).toBeVisible();
  expect(await tables()).toEqual([]);
});

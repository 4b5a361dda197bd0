import { expect, type Page } from "@playwright/test";
import { endpoints } from "@/e2e/fixtures/tidegate";

export type Login = { user: string; password: string };

/** Add Source, step by step, by the names a person sees. */
export class SourceWizard {
  constructor(readonly page: Page) {}

  readonly next = () => this.page.getByRole("button", { name: "Next", exact: true }).click();

  /** Picks an option of a combobox by typing. */
  async choose(label: string, option: string): Promise<void> {
    const box = this.page.getByRole("combobox", { name: label });
    await expect(box).toBeEnabled();
    await box.click();
    await box.fill(option);
    await this.page.getByRole("option", { name: option }).first().click();
    await expect(box).toHaveValue(option);
  }

  async begin(): Promise<void> {
    await this.page.getByRole("link", { name: "Sources", exact: true }).click();
    await this.page.getByRole("link", { name: "Add Source" }).click();
    const group = this.page.getByRole("radiogroup", { name: "Warehouse Sources" });
    await group.getByText("Redshift", { exact: true }).click();
    await this.next();
  }

  async name(name: string, credentials: "Create Credentials from Scratch" | "Use Existing Credentials" = "Create Credentials from Scratch", saved?: string): Promise<void> {
    await this.page.getByLabel("Source name").fill(name);
    await this.page.getByRole("radiogroup", { name: "Credentials" }).getByText(credentials).click();
    if (saved) await this.page.getByRole("radiogroup", { name: "Saved credentials" }).getByText(saved, { exact: true }).click();
    await this.next();
  }

  async connection(login: Login, changes: { host?: string; port?: string; database?: string } = {}): Promise<void> {
    const { redshift } = endpoints().sandbox;
    const { page } = this;
    await page.getByLabel("Host").fill(changes.host ?? redshift.host);
    await page.getByLabel("Port").fill(changes.port ?? String(redshift.port));
    await page.getByLabel("Database").fill(changes.database ?? redshift.database);
    await page.getByLabel("User", { exact: true }).fill(login.user);
    await page.getByLabel("Password").fill(login.password);
    const certificate = page.getByLabel("CA certificate");
    if (!(await certificate.isVisible())) await page.getByRole("button", { name: "Advanced" }).click();
    await certificate.fill(redshift.ca);
    await this.next();
  }

  /** The outcome of a check as the page says it. */
  check(title: string) {
    return this.page.getByRole("list", { name: "Verifying Credentials" }).getByRole("listitem").filter({ has: this.page.getByRole("heading", { name: title }) });
  }

  async verified(): Promise<void> {
    for (const title of ["Verifying Connection", "Able to List Schema", "Able to Access RudderStack Schema"]) await expect(this.check(title)).toContainText("Passed");
    await this.next();
  }

  async data(schema: string, table: string): Promise<void> {
    await this.choose("Schema", schema);
    await this.choose("Table", table);
    await expect(this.page.getByRole("grid", { name: "Data preview" })).toBeVisible();
    await this.next();
  }

  traitKey(column: string) {
    return this.page.getByRole("textbox", { name: `JSON Trait Key for ${column}` });
  }

  async frequency(option: string): Promise<void> {
    await this.page.getByRole("button", { name: /Run Frequency/ }).click();
    await this.page.getByRole("option", { name: option }).click();
  }
}

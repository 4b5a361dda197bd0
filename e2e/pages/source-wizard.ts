import { expect, type Page } from "@playwright/test";
import { endpoints } from "@/e2e/fixtures/tidegate";
import type { Login } from "@/e2e/fixtures/warehouse";
import { openFromNavigation } from "./navigation";

const CHECKS = [
  "Verifying Connection",
  "Able to List Schema",
  "Able to Access RudderStack Schema",
] as const;

/** Add Source, step by step, by the names a person sees. */
export class SourceWizard {
  constructor(readonly page: Page) {}

  readonly nextButton = () => this.page.getByRole("button", { name: "Next", exact: true });
  readonly next = () => this.nextButton().click();
  readonly back = () => this.page.getByRole("button", { name: "Back", exact: true }).click();

  /** Waits until the wizard stands at a step. */
  async at(step: string): Promise<void> {
    await expect(this.page).toHaveURL(new RegExp(`/sources/new/[0-9a-f-]+/${step}$`));
    await expect(this.page.getByRole("status", { name: /^(Loading|Reading)/ })).toHaveCount(0);
  }

  /** Types into a combobox, which opens its list. */
  async search(label: string, text: string): Promise<void> {
    const box = this.page.getByRole("combobox", { name: label });
    await expect(box).toBeEnabled();
    await box.click();
    await box.fill(text);
  }

  /** Picks an option of a combobox by typing. */
  async choose(label: string, option: string): Promise<void> {
    await this.search(label, option);
    await this.page.getByRole("option", { name: option, disabled: false }).first().click();
    await expect(this.page.getByRole("combobox", { name: label })).toHaveValue(option);
  }

  async begin(): Promise<void> {
    await openFromNavigation(this.page, "Sources");
    await this.page.getByRole("link", { name: "Add Source" }).click();
    const group = this.page.getByRole("radiogroup", { name: "Warehouse Sources" });
    await group.getByText("Redshift", { exact: true }).click();
    await this.next();
  }

  async name(
    name: string,
    credentials:
      | "Create Credentials from Scratch"
      | "Use Existing Credentials" = "Create Credentials from Scratch",
    saved?: string,
  ): Promise<void> {
    await this.page.getByLabel("Source name").fill(name);
    await this.page.getByRole("radiogroup", { name: "Credentials" }).getByText(credentials).click();
    if (saved)
      await this.page
        .getByRole("radiogroup", { name: "Saved credentials" })
        .getByText(saved, { exact: true })
        .click();
    await this.next();
  }

  async connection(login: Login): Promise<void> {
    const { host, port, database, ca } = endpoints().sandbox.redshift;
    await this.fillConnection({
      Host: host,
      Port: String(port),
      Database: database,
      User: login.user,
      Password: login.password,
      "CA certificate": ca,
    });
    await this.next();
  }

  field(label: string) {
    return this.page.getByLabel(label, { exact: true });
  }

  /** Fills the named fields of the connection step and leaves the others as they are. */
  async fillConnection(
    fields: Partial<
      Record<"Host" | "Port" | "Database" | "User" | "Password" | "CA certificate", string>
    >,
  ): Promise<void> {
    await expect(this.field("Host")).toBeVisible();
    const certificate = this.field("CA certificate");
    if (fields["CA certificate"] !== undefined && !(await certificate.isVisible())) {
      await this.page.getByRole("button", { name: "Advanced" }).click();
      await expect(certificate).toBeVisible();
    }
    for (const [label, text] of Object.entries(fields)) await this.field(label).fill(text);
  }

  /** The outcome of a check as the page says it. */
  check(title: string) {
    return this.page
      .getByRole("list", { name: "Verifying Credentials" })
      .getByRole("listitem")
      .filter({ has: this.page.getByRole("heading", { name: title }) });
  }

  /** Each check's outcome in the seed's order. */
  async outcomes(...expected: ("Passed" | "Failed" | "Not run")[]): Promise<void> {
    for (const [at, title] of CHECKS.entries())
      await expect(
        this.check(title).getByText(expected[at] ?? "Passed", { exact: true }),
      ).toBeVisible();
  }

  async verified(): Promise<void> {
    await this.outcomes("Passed", "Passed", "Passed");
    await this.next();
  }

  async chooseTable(schema: string, table: string): Promise<void> {
    await this.choose("Schema", schema);
    await this.choose("Table", table);
    await expect(this.grid()).toBeVisible();
  }

  async data(schema: string, table: string): Promise<void> {
    await this.chooseTable(schema, table);
    await this.next();
    await this.at("columns");
  }

  /** What the Data step says of the chosen table. */
  tableCheck() {
    return this.page.getByRole("list", { name: "Checking the table" });
  }

  grid() {
    return this.page.getByRole("grid", { name: "Data preview" });
  }

  json() {
    return this.page.getByRole("region", { name: "JSON preview" });
  }

  /** The field of a column that is drawn: the first twenty or so of a table, and what was searched or scrolled to. */
  traitKey(column: string) {
    return this.page.getByRole("textbox", { name: `JSON Trait Key for ${column}`, exact: true });
  }

  /** The same for any column of a table, however many it has. */
  async searchedTraitKey(column: string) {
    await this.page.getByRole("searchbox", { name: "Search columns" }).fill(column);
    await expect(this.traitKey(column)).toBeVisible();
    return this.traitKey(column);
  }

  async frequency(option: string): Promise<void> {
    await this.page.getByRole("button", { name: /Run Frequency/ }).click();
    await this.page.getByRole("option", { name: option, exact: true }).click();
  }

  /** From an empty Add Source to "Source created", run by hand only. */
  async create(
    name: string,
    from: { login: Login } | { saved: string },
    schema: string,
    table: string,
  ): Promise<void> {
    await this.begin();
    if ("login" in from) {
      await this.name(name);
      await this.connection(from.login);
    } else await this.name(name, "Use Existing Credentials", from.saved);
    await this.verified();
    await this.data(schema, table);
    await this.next();
    await this.frequency("Manual");
    await this.next();
    await expect(this.page.getByRole("heading", { name: "Source created" })).toBeVisible();
  }
}

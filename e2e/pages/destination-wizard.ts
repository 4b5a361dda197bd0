import { expect, type Page } from "@playwright/test";
import { endpoints } from "@/e2e/fixtures/tidegate";
import { openFromNavigation } from "./navigation";

/** Add Destination, step by step, by the names a person sees. */
export class DestinationWizard {
  constructor(readonly page: Page) {}

  readonly nextButton = () => this.page.getByRole("button", { name: "Next", exact: true });
  readonly next = () => this.nextButton().click();
  readonly back = () => this.page.getByRole("button", { name: "Back", exact: true }).click();

  async begin(): Promise<void> {
    await openFromNavigation(this.page, "Destinations");
    await this.page.getByRole("link", { name: "Add Destination" }).click();
  }

  /** Chooses the kind on the catalogue, then names the destination. */
  async start(kind: "Tracking API" | "Webhook", name: string): Promise<void> {
    await this.page.getByRole("radiogroup", { name: "Event Destinations" }).getByText(kind, { exact: true }).click();
    await this.next();
    await this.page.getByLabel("Destination name").fill(name);
    await this.next();
  }

  async trackingApi(url: string, writeKey: string): Promise<void> {
    await this.page.getByLabel("Data plane URL").fill(url);
    await this.page.getByLabel("Write key").fill(writeKey);
    await this.next();
  }

  async webhook(url: string, header: { name: string; value: string }): Promise<void> {
    await this.page.getByLabel("URL", { exact: true }).fill(url);
    await this.page.getByLabel("Header name").fill(header.name);
    await this.page.getByLabel("Header value").fill(header.value);
    await this.next();
  }

  check(title: string | RegExp) {
    return this.page.getByRole("list", { name: "Verifying Destination" }).getByRole("listitem").filter({ has: this.page.getByRole("heading", { name: title }) });
  }

  async verifyAgain(): Promise<void> {
    await this.page.getByRole("button", { name: "Verify again" }).click();
  }

  async finish(): Promise<void> {
    await expect(this.check("Test event accepted")).toContainText("Passed");
    await this.next();
    await expect(this.page.getByRole("heading", { name: "Destination created" })).toBeVisible();
  }
}

/** Adds a Tracking API destination from where "Add Destinations" has led. */
export async function addTrackingApi(page: Page, name: string, writeKey = "journey-key"): Promise<void> {
  const wizard = new DestinationWizard(page);
  await wizard.start("Tracking API", name);
  await wizard.trackingApi(endpoints().sandbox.events.url, writeKey);
  await wizard.finish();
}

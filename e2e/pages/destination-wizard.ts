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
    await this.page
      .getByRole("radiogroup", { name: "Event Destinations" })
      .getByText(kind, { exact: true })
      .click();
    await this.next();
    await this.page.getByLabel("Destination name").fill(name);
    await this.next();
  }

  async startRedshift(name: string): Promise<void> {
    await this.page
      .getByRole("radiogroup", { name: "Warehouse Destinations" })
      .getByText("Redshift", { exact: true })
      .click();
    await this.next();
    await this.page.getByLabel("Destination name").fill(name);
    await this.next();
    await expect(this.page.getByLabel("Host", { exact: true })).toBeVisible();
  }

  async warehouse(
    { user, password }: { user: string; password: string },
    database: string,
  ): Promise<void> {
    const { host, port, ca } = endpoints().sandbox.redshift;
    for (const [label, text] of Object.entries({
      Host: host,
      Port: String(port),
      Database: database,
      User: user,
      Password: password,
    }))
      await this.page.getByLabel(label, { exact: true }).fill(text);
    await this.page.getByRole("button", { name: "Advanced" }).click();
    await this.page.getByLabel("CA certificate").fill(ca);
    await this.next();
    await expect(this.page.getByRole("heading", { name: "Staging" })).toBeVisible();
  }

  /** The sandbox's bucket, read by COPY as the sandbox's role or with the keys that upload. */
  async staging(prefix: string, access: "IAM role" | "Access keys" = "IAM role"): Promise<void> {
    await this.page
      .getByRole("radiogroup", { name: "Access" })
      .getByText(access, { exact: true })
      .click();
    const { bucket, region, endpoint, accessKeyId, secretAccessKey, roleArn } =
      endpoints().sandbox.s3;
    const fields = {
      Bucket: bucket,
      Prefix: prefix,
      Region: region,
      Endpoint: endpoint,
      ...(access === "IAM role" && { "Role ARN": roleArn }),
      "Access key ID": accessKeyId,
      "Secret access key": secretAccessKey,
    };
    for (const [label, text] of Object.entries(fields))
      await this.page.getByLabel(label, { exact: true }).fill(text);
    await this.next();
    await expect(this.page.getByRole("list", { name: "Verifying Destination" })).toBeVisible();
  }

  /** All nine checks, by the names that a person reads. */
  async loadingVerified(): Promise<void> {
    for (const title of [
      "Connection",
      "CREATE on database",
      "TEMPORARY on database",
      "USAGE on schema",
      "CREATE on schema",
      "Write to S3",
      "COPY from S3",
      "Upsert",
      "Clean up",
    ]) {
      await expect(this.check(title).getByText("Passed", { exact: true }).first()).toBeVisible({
        timeout: 30_000,
      });
    }
  }

  /** "Connect Destinations", from its form to the connection's page. */
  async connect(source: string, destination: string, mode?: string): Promise<void> {
    for (const [label, name] of [
      ["Source", source],
      ["Destination", destination],
    ] as const) {
      const combo = this.page.getByRole("combobox", { name: label });
      if ((await combo.inputValue()) === name) continue;
      await combo.fill(name);
      await this.page.getByRole("option", { name }).first().click();
    }
    if (mode)
      await this.page
        .getByRole("radiogroup", { name: "Sync mode" })
        .getByText(mode, { exact: true })
        .click();
    await this.page.getByRole("button", { name: "Start syncing" }).click();
    await expect(
      this.page.getByRole("heading", { name: `${source} → ${destination}` }),
    ).toBeVisible();
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
    return this.page
      .getByRole("list", { name: "Verifying Destination" })
      .getByRole("listitem")
      .filter({
        has: this.page.getByRole("heading", {
          name: title,
          ...(typeof title === "string" && { exact: true }),
        }),
      });
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
export async function addTrackingApi(
  page: Page,
  name: string,
  writeKey = "journey-key",
): Promise<void> {
  const wizard = new DestinationWizard(page);
  await wizard.start("Tracking API", name);
  await wizard.trackingApi(endpoints().sandbox.events.url, writeKey);
  await wizard.finish();
}

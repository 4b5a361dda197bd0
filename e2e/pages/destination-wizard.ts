import { expect, type Page } from "@playwright/test";
import { endpoints } from "@/e2e/fixtures/tidegate";

/** Adds a Tracking API destination from where "Add Destinations" has led. */
export async function addTrackingApi(page: Page, name: string, writeKey = "journey-key"): Promise<void> {
  const next = () => page.getByRole("button", { name: "Next", exact: true }).click();
  await page.getByText("Tracking API", { exact: true }).click();
  await next();
  await page.getByLabel("Destination name").fill(name);
  await next();
  await page.getByLabel("Data plane URL").fill(endpoints().sandbox.events.url);
  await page.getByLabel("Write key").fill(writeKey);
  await next();
  await expect(page.getByRole("list", { name: "Verifying Destination" }).getByRole("listitem").filter({ hasText: "Test event accepted" })).toContainText("Passed");
  await next();
  await expect(page.getByRole("heading", { name: "Destination created" })).toBeVisible();
}

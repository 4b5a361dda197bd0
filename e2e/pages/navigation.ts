import { expect, type Page } from "@playwright/test";

type Place =
  | "Overview"
  | "Sources"
  | "Destinations"
  | "Connections"
  | "Runs"
  | "Credentials"
  | "Team"
  | "Audit log";

/** Opens a page from the navigation at the left. */
export async function openFromNavigation(page: Page, place: Place): Promise<void> {
  await page
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: place, exact: true })
    .click();
  await expect(page.getByRole("heading", { name: place, level: 1 })).toBeVisible();
}

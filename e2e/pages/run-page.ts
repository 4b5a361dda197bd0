import { expect, type Page } from "@playwright/test";

type Counts = Record<"Read" | "Delivered" | "Unchanged" | "Rejected", number>;

/** The page of one run, live. */
export class RunPage {
  constructor(readonly page: Page) {}

  readonly state = () => this.page.getByRole("status", { name: "State" });
  readonly count = (name: keyof Counts) => this.page.getByLabel(name, { exact: true });
  readonly timeline = () => this.page.getByRole("region", { name: "Timeline" });

  /** Starts a run from wherever "Run now" stands, and waits for the page of the new run. */
  async runNow(): Promise<void> {
    const before = this.page.url();
    await this.page.getByRole("button", { name: "Run now" }).click();
    await expect(this.page).toHaveURL(
      (url) => /^\/runs\/[0-9a-f-]{36}$/.test(url.pathname) && url.href !== before,
    );
  }

  async ends(state: "Succeeded" | "Failed" | "Cancelled", timeout = 60_000): Promise<void> {
    await expect(this.state()).toHaveText(state, { timeout });
  }

  async shows(counts: Partial<Counts>): Promise<void> {
    for (const [name, value] of Object.entries(counts))
      await expect(this.count(name as keyof Counts)).toHaveText(value.toLocaleString("en"));
  }

  async counts(): Promise<Counts> {
    const read = async (name: keyof Counts) =>
      Number((await this.count(name).innerText()).replaceAll(",", ""));
    return {
      Read: await read("Read"),
      Delivered: await read("Delivered"),
      Unchanged: await read("Unchanged"),
      Rejected: await read("Rejected"),
    };
  }
}

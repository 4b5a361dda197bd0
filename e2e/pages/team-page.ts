import { createHmac } from "node:crypto";
import { expect, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { endpoints } from "@/e2e/fixtures/tidegate";
import { openFromNavigation } from "./navigation";

export type Newcomer = { name: string; email: string; password: string };
type Role = "Owner" | "Admin" | "Editor" | "Viewer";

/** Team, by the names a person sees. */
export class TeamPage {
  constructor(readonly page: Page) {}

  readonly member = (name: string) =>
    this.page.getByRole("table", { name: "Members" }).getByRole("row").filter({ hasText: name });

  /** Makes an invitation and gives its link. */
  async invite(role: Role, email = ""): Promise<string> {
    await openFromNavigation(this.page, "Team");
    await this.page.getByRole("button", { name: "Invite", exact: true }).click();
    const dialog = this.page.getByRole("dialog", { name: "Invite to the team" });
    await dialog.getByLabel("Email").fill(email);
    await dialog.getByRole("button", { name: /Role/ }).click();
    await this.page.getByRole("option", { name: new RegExp(`^${role}:`) }).click();
    await dialog.getByRole("button", { name: "Create link" }).click();
    const link = await dialog.getByLabel("Invitation link").innerText();
    await dialog.getByRole("button", { name: "Done" }).click();
    return link;
  }

  async changeRole(name: string, role: Role): Promise<void> {
    await this.page.getByRole("button", { name: new RegExp(`Role of ${name}`) }).click();
    await this.page.getByRole("option", { name: role.toLowerCase() }).click();
    await expect(this.page.getByText("Changed. It holds at once.")).toBeVisible();
  }

  async remove(name: string): Promise<void> {
    await this.member(name).getByRole("button", { name: "Remove" }).click();
    const dialog = this.page.getByRole("alertdialog");
    await dialog.getByLabel(`Type “${name}” to remove them`).fill(name);
    await dialog.getByRole("button", { name: "Remove member" }).click();
    await expect(this.member(name)).toHaveCount(0);
  }
}

/** A browser of somebody's own, at Tidegate. */
export async function otherBrowser(
  browser: Browser,
  extraHTTPHeaders?: Record<string, string>,
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    baseURL: endpoints().web,
    viewport: { width: 1360, height: 860 },
    extraHTTPHeaders,
  });
  return { context, page: await context.newPage() };
}

/** Follows an invitation as somebody new. */
export async function join(
  page: Page,
  link: string,
  { name, email, password }: Newcomer,
): Promise<void> {
  await page.goto(link);
  await page.getByLabel("Name", { exact: true }).fill(name);
  if (await page.getByLabel("Email").count()) await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create account and join" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
}

export async function signInAs(
  page: Page,
  { email, password }: Pick<Newcomer, "email" | "password">,
): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
}

const STEP_MS = 30_000;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** What an authenticator app shows for a key at a moment: RFC 6238, by hand. */
export function appCode(key: string, at = Date.now()): string {
  let bits = "";
  for (const letter of key.replace(/=+$/, ""))
    bits += ALPHABET.indexOf(letter).toString(2).padStart(5, "0");
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MS)));
  const hash = createHmac("sha1", bytes).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 0xf;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

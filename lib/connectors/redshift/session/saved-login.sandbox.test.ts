import { afterAll, beforeAll, expect, test } from "vitest";
import { login } from "@/lib/connectors/registry";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { openRedshift } from "./client";

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await openWarehouse();
});
afterAll(() => warehouse.drop());

const next = "Halyard-Cleat-18";
const statuses = async (secret: object) => {
  const found: string[] = [];
  for await (const { title, status } of (await login("redshift", warehouse.config, secret)).check(
    never,
  ))
    if (status !== "running") found.push(`${title}: ${status}`);
  return found;
};
const letsIn = async (secret: { password: string; otherPassword?: string }): Promise<boolean> => {
  try {
    await (
      await openRedshift(warehouse.config, secret, { statementTimeoutMs: 10_000 }, never)
    ).close();
    return true;
  } catch {
    return false;
  }
};

test("the user changes its own password; while it is rotated either one lets in, and a check tells of the present one alone", async () => {
  const { config, secret } = warehouse;
  const old = secret.password;
  expect(await statuses(secret)).toEqual(["Verifying Connection: passed"]);
  await (await login("redshift", config, secret)).changePassword?.(next, never);
  expect(await letsIn({ password: old })).toBe(false);
  expect(await letsIn({ password: next })).toBe(true);
  expect(await letsIn({ password: old, otherPassword: next })).toBe(true);
  expect(await letsIn({ password: next, otherPassword: old })).toBe(true);
  expect(await letsIn({ password: old, otherPassword: "Neither-1" })).toBe(false);
  expect(await statuses({ password: old, otherPassword: next })).toEqual([
    "Verifying Connection: failed",
  ]);
});

test("a password against Redshift's rule is refused before anything is sent, and neither password is in an error", async () => {
  const { config } = warehouse;
  const changing = async (present: string, wanted: string) =>
    (await login("redshift", config, { password: present })).changePassword?.(wanted, never);
  await expect(changing(next, "short")).rejects.toThrow("8 to 64 characters");
  expect(await letsIn({ password: next })).toBe(true);
  const refusal = await changing("Wrong-Present-1", "Never-Seen-22").catch((error: unknown) =>
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
  );
  expect(refusal).toContain("refused the user");
  expect(refusal).not.toMatch(/Wrong-Present-1|Never-Seen-22/);
});

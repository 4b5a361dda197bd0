// What a first `npm start` makes: a demo that can't be loaded is a Tidegate that doesn't start.
import { expect, test } from "vitest";
import { runningSandbox } from "./testing/running";

const sandbox = runningSandbox({ demo: true });

test("the demo is whole, and its user reads what the script granted, and no more", async () => {
  const { user, password } = sandbox.endpoints.demo;
  const client = await sandbox.login(user, password);
  const { rows } = await client.query(
    "SELECT COUNT(*) AS people, COUNT(profile) AS profiles, COUNT(fingerprint) AS fingerprints FROM demo.people",
  );
  const [{ people, profiles, fingerprints }] = rows as [Record<string, string>];
  expect(Number(people)).toBe(50_000);
  for (const some of [profiles, fingerprints]) {
    expect(Number(some)).toBeGreaterThan(40_000);
    expect(Number(some)).toBeLessThan(50_000);
  }
  await expect(client.query("SELECT * FROM demo.salaries")).rejects.toThrow("permission denied");
});

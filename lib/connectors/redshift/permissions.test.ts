import { expect, test } from "vitest";
import { generatePassword, passwordRule, permissionsScript, undoScript, type Permissions } from "./permissions";

const wish: Permissions = { user: "rudder", password: "", schema: "", table: "", allTables: false, futureTables: false, owner: "" };

test("with nothing filled in it is the guide's script, line by line, in its order", () => {
  expect(permissionsScript({ ...wish, allTables: true, futureTables: true })).toBe(
    `CREATE USER rudder WITH PASSWORD '<strong_unique_password>';
CREATE SCHEMA "_rudderstack";
GRANT ALL ON SCHEMA "_rudderstack" TO rudder;
GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA "_rudderstack" TO rudder;
GRANT USAGE ON SCHEMA "<YOUR_SCHEMA>" TO rudder;
GRANT SELECT ON TABLE "<YOUR_SCHEMA>"."<YOUR_TABLE>" TO rudder;
GRANT SELECT ON ALL TABLES IN SCHEMA "<YOUR_SCHEMA>" TO rudder;
ALTER DEFAULT PRIVILEGES IN SCHEMA "<YOUR_SCHEMA>" GRANT SELECT ON TABLES TO rudder;`,
  );
});

test("hostile names stay names, and a backslash in a password stays one", () => {
  const script = permissionsScript({ ...wish, user: 'Ev"il; DROP', password: "a\\' x", schema: 's"; --', table: "t", futureTables: true, owner: "dbt Runner" });
  expect(script).toContain(`CREATE USER "Ev""il; DROP" WITH PASSWORD 'a\\\\'' x';`);
  expect(script).toContain('GRANT USAGE ON SCHEMA "s""; --" TO "Ev""il; DROP";');
  expect(script).toContain('ALTER DEFAULT PRIVILEGES FOR USER "dbt Runner" IN SCHEMA "s""; --"');
});

test("undo revokes before it drops the user, and only what was granted", () => {
  const lines = undoScript({ ...wish, schema: "shop", futureTables: true }).split("\n");
  expect(lines.at(-1)).toBe("DROP USER rudder;");
  expect(lines.filter((line) => line.includes("DEFAULT PRIVILEGES"))).toEqual(['ALTER DEFAULT PRIVILEGES IN SCHEMA "shop" REVOKE SELECT ON TABLES FROM rudder;']);
  expect(undoScript({ ...wish, schema: "shop" })).not.toContain("DEFAULT PRIVILEGES");
});

test.each([["short1A", 0], ["no-upper-case-1", 1], ["NO-LOWER-CASE-1", 2], ["No-Number-Here", 3], ["With Space 1a", 4], ["Quote'1aaa", 4], ["At@sign1a", 4], ["Ümlaut-1aB", 4], ["A1a".repeat(22), 0]])("%s breaks exactly the part that it breaks", (password, part) => {
  expect(passwordRule(password).flatMap(({ holds }, at) => (holds ? [] : [at]))).toEqual([part]);
});

test("a thousand generated passwords hold the rule and differ", () => {
  const made = new Set(Array.from({ length: 1_000 }, () => generatePassword()));
  expect(made.size).toBe(1_000);
  for (const password of made) expect(passwordRule(password).every(({ holds }) => holds)).toBe(true);
});

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  generatePassword,
  nothingPresent,
  passwordRule,
  permissionsScript,
  presentIn,
  readingGrants,
  readNames,
  stateSchemaGrants,
  undoScript,
  writeNames,
  writtenPassword,
  type Permissions,
} from "./permissions";

const salt = new Uint8Array(32).fill(7);
const wish: Permissions = {
  user: "rudder",
  has: nothingPresent,
  password: "",
  passwordForm: "clear",
  salt,
  schema: "",
  table: "",
  allTables: false,
  futureTables: false,
  owners: [],
};

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
  const script = permissionsScript({
    ...wish,
    user: 'Ev"il; DROP',
    password: "a\\' x",
    schema: 's"; --',
    table: "t",
    futureTables: true,
    owners: ["dbt Runner", "etl", "user"],
  });
  expect(script).toContain(`CREATE USER "Ev""il; DROP" WITH PASSWORD 'a\\\\'' x';`);
  expect(script).toContain('GRANT USAGE ON SCHEMA "s""; --" TO "Ev""il; DROP";');
  expect(script).toContain(
    'ALTER DEFAULT PRIVILEGES FOR USER "dbt Runner", etl, "user" IN SCHEMA "s""; --"',
  );
});

test("undo revokes before it drops the user, and only what was granted", () => {
  const lines = undoScript({ ...wish, schema: "shop", futureTables: true }).split("\n");
  expect(lines.at(-1)).toBe("DROP USER rudder;");
  expect(lines.filter((line) => line.includes("DEFAULT PRIVILEGES"))).toEqual([
    'ALTER DEFAULT PRIVILEGES IN SCHEMA "shop" REVOKE SELECT ON TABLES FROM rudder;',
  ]);
  expect(undoScript({ ...wish, schema: "shop" })).not.toContain("DEFAULT PRIVILEGES");
});

test.each([
  ["short1A", 0],
  ["no-upper-case-1", 1],
  ["NO-LOWER-CASE-1", 2],
  ["No-Number-Here", 3],
  ["With Space 1a", 4],
  ["Quote'1aaa", 4],
  ["At@sign1a", 4],
  ["Ümlaut-1aB", 4],
  ["A1a".repeat(22), 0],
])("%s breaks exactly the part that it breaks", (password, part) => {
  expect(passwordRule(password).flatMap(({ holds }, at) => (holds ? [] : [at]))).toEqual([part]);
});

test("a thousand generated passwords hold the rule and differ", () => {
  const made = new Set(Array.from({ length: 1_000 }, () => generatePassword()));
  expect(made.size).toBe(1_000);
  for (const password of made)
    expect(passwordRule(password).every(({ holds }) => holds)).toBe(true);
});

test("every grant alone, with names that bite", () => {
  const state = stateSchemaGrants('o"neil');
  expect([state.usage, state.createIn, state.table('a";--')]).toEqual([
    'GRANT USAGE ON SCHEMA "_rudderstack" TO "o""neil";',
    'GRANT CREATE ON SCHEMA "_rudderstack" TO "o""neil";',
    'GRANT ALL PRIVILEGES ON TABLE "_rudderstack"."a"";--" TO "o""neil";',
  ]);
  const reading = readingGrants('sh"op', "select");
  expect([
    reading.usage,
    reading.table("t"),
    reading.allTables,
    reading.noFutureTables(["etl"]),
  ]).toEqual([
    'GRANT USAGE ON SCHEMA "sh""op" TO "select";',
    'GRANT SELECT ON TABLE "sh""op"."t" TO "select";',
    'GRANT SELECT ON ALL TABLES IN SCHEMA "sh""op" TO "select";',
    'ALTER DEFAULT PRIVILEGES FOR USER etl IN SCHEMA "sh""op" REVOKE SELECT ON TABLES FROM "select";',
  ]);
});

test("what is there already is left out", () => {
  const [create, ...rest] = permissionsScript(wish).split("\n");
  expect(create).toMatch(/^CREATE USER/);
  expect(
    permissionsScript({
      ...wish,
      has: { user: true, stateSchema: false, stateGrants: false },
    }).split("\n"),
  ).toEqual(rest);
  expect(
    permissionsScript({
      ...wish,
      has: { user: true, stateSchema: true, stateGrants: false },
    }).split("\n"),
  ).toEqual(rest.slice(1));
  expect(
    permissionsScript({ ...wish, has: { user: true, stateSchema: true, stateGrants: true } }).split(
      "\n",
    ),
  ).toEqual(rest.slice(3));
});

test("what is there already is read off the checks' parts", () => {
  const parts = (...passed: string[]) => [
    { parts: passed.map((id) => ({ id, status: "passed" })) },
  ];
  expect(presentIn([])).toEqual(nothingPresent);
  expect(presentIn(parts("name", "tcp", "login"))).toEqual({ ...nothingPresent, user: true });
  expect(
    presentIn([
      ...parts("login"),
      {
        parts: [
          { id: "exists", status: "passed" },
          { id: "usage", status: "passed" },
          { id: "create", status: "failed" },
          { id: "tables", status: "passed" },
        ],
      },
    ]),
  ).toEqual({ user: true, stateSchema: true, stateGrants: false });
  expect(presentIn(parts("login", "exists", "usage", "create", "tables"))).toEqual({
    user: true,
    stateSchema: true,
    stateGrants: true,
  });
});

test("the hash of AWS's own example, and of anything else, in each form", () => {
  expect(writtenPassword({ ...wish, user: "user1", password: "ez", passwordForm: "md5" })).toBe(
    "md5153c434b4b77c89e6b94f12c5393af5b",
  );
  expect(
    permissionsScript({ ...wish, user: "user1", password: "ez", passwordForm: "md5" }),
  ).toContain("CREATE USER user1 WITH PASSWORD 'md5153c434b4b77c89e6b94f12c5393af5b';");
  expect(writtenPassword({ ...wish, passwordForm: "md5" })).toBe("<strong_unique_password>");
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc
        .string({ unit: "grapheme", minLength: 1 })
        .filter((user) => user.trim() === user && user !== ""),
      (password, user) => {
        expect(writtenPassword({ ...wish, user, password, passwordForm: "md5" })).toBe(
          `md5${createHash("md5")
            .update(password + user)
            .digest("hex")}`,
        );
        expect(writtenPassword({ ...wish, user, password, passwordForm: "sha256" })).toBe(
          `sha256|${createHash("sha256").update(password).update(salt).digest("hex")}|${"07".repeat(32)}`,
        );
      },
    ),
  );
});

test("a list of names is read as it was written", () => {
  expect(readNames(' etl , "dbt Runner", "a,b" , "q""q", etl')).toEqual([
    "etl",
    "dbt Runner",
    "a,b",
    'q"q',
  ]);
  expect(readNames("")).toEqual([]);
  const name = fc
    .string({ unit: fc.constantFrom("a", "B", " ", ",", '"', "é"), minLength: 1 })
    .filter((text) => text.trim() !== "");
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 5 }), (names) => {
      expect(readNames(writeNames(names))).toEqual(names);
    }),
  );
});

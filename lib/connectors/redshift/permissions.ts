// The scripts that a superuser runs before Tidegate logs in; isomorphic: they are written in the browser while one types.
import { identifier, literal } from "./quote";
import { STATE_SCHEMA } from "./spec";

export type Permissions = {
  user: string;
  /** Empty: a placeholder stands in the script. */
  password: string;
  schema: string;
  table: string;
  /** The optional grant on all tables of the schema. */
  allTables: boolean;
  /** The optional grant on tables made later. */
  futureTables: boolean;
  /** Who makes those tables; empty: the one who runs the script. */
  owner: string;
};

/** A user's name bare where that says the same, as people write it, else quoted. */
const account = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : identifier(name));
const or = (text: string, placeholder: string): string => text.trim() || placeholder;

function names({ user, schema, table, owner }: Permissions) {
  const schemaName = identifier(or(schema, "<YOUR_SCHEMA>"));
  return {
    user: account(or(user, "rudder")),
    schema: schemaName,
    table: `${schemaName}.${identifier(or(table, "<YOUR_TABLE>"))}`,
    state: identifier(STATE_SCHEMA),
    forUser: owner.trim() ? ` FOR USER ${account(owner.trim())}` : "",
  };
}

/**
 * User, `_rudderstack`, schema and table, in the order in which they must be run. `ALTER DEFAULT PRIVILEGES` without
 * FOR USER concerns only what the one who runs it creates (AWS, r_ALTER_DEFAULT_PRIVILEGES).
 */
export function permissionsScript(wish: Permissions): string {
  const { user, schema, table, state, forUser } = names(wish);
  return [
    `CREATE USER ${user} WITH PASSWORD ${literal(or(wish.password, "<strong_unique_password>"))};`,
    `CREATE SCHEMA ${state};`,
    `GRANT ALL ON SCHEMA ${state} TO ${user};`,
    `GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA ${state} TO ${user};`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${user};`,
    `GRANT SELECT ON TABLE ${table} TO ${user};`,
    ...(wish.allTables ? [`GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${user};`] : []),
    ...(wish.futureTables ? [`ALTER DEFAULT PRIVILEGES${forUser} IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${user};`] : []),
  ].join("\n");
}

/**
 * Takes everything back. Redshift refuses to drop a user who owns a table or holds a privilege (AWS, r_DROP_USER), so
 * the state goes first, then the privileges, then the user.
 */
export function undoScript(wish: Permissions): string {
  const { user, schema, state, forUser } = names(wish);
  return [
    `-- Removes the state of every sync that is kept in ${state}: leave this line out if others keep theirs there too.`,
    `DROP SCHEMA ${state} CASCADE;`,
    ...(wish.futureTables ? [`ALTER DEFAULT PRIVILEGES${forUser} IN SCHEMA ${schema} REVOKE SELECT ON TABLES FROM ${user};`] : []),
    `REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA ${schema} FROM ${user};`,
    `REVOKE ALL ON SCHEMA ${schema} FROM ${user};`,
    `DROP USER ${user};`,
  ].join("\n");
}

const FORBIDDEN = new Set(["'", '"', "\\", "/", "@"]);
const ALLOWED = Array.from({ length: 126 - 33 + 1 }, (_, at) => String.fromCharCode(33 + at)).filter((character) => !FORBIDDEN.has(character));

/** Redshift's rule for passwords (AWS, r_CREATE_USER), part by part, each held or not. */
export const passwordRule = (password: string): { text: string; holds: boolean }[] => [
  { text: "8 to 64 characters", holds: password.length >= 8 && password.length <= 64 },
  { text: "an upper case letter", holds: /[A-Z]/.test(password) },
  { text: "a lower case letter", holds: /[a-z]/.test(password) },
  { text: "a number", holds: /[0-9]/.test(password) },
  { text: "only ASCII without spaces, and none of ' \" \\ / @", holds: password !== "" && [...password].every((character) => ALLOWED.includes(character)) },
];

const LENGTH = 32;

/** A password to the rule, from the browser's own randomness. About 200 bits. */
export function generatePassword(random: (bytes: Uint8Array) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  for (;;) {
    // bytes past the last whole multiple are thrown away, so that every character is as likely as every other
    const limit = Math.floor(256 / ALLOWED.length) * ALLOWED.length;
    const bytes = [...random(new Uint8Array(LENGTH * 3))].filter((byte) => byte < limit).slice(0, LENGTH);
    const password = bytes.map((byte) => ALLOWED[byte % ALLOWED.length]).join("");
    if (password.length === LENGTH && passwordRule(password).every(({ holds }) => holds)) return password;
  }
}

// What a superuser runs for Tidegate, and nowhere else written down; isomorphic: the script is written in the browser
// while one types, and a failed check offers the statement that is missing.
import { md5 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { identifier, literal, plainIdentifier } from "@/lib/connectors/redshift/quote";
import { STATE_SCHEMA } from "@/lib/connectors/redshift/spec";

/** How a password stands in a script: as it is, or as a hash that can be mailed (AWS, r_CREATE_USER). */
export const passwordForms = ["clear", "md5", "sha256"] as const;
export type PasswordForm = (typeof passwordForms)[number];

export type Present = { user: boolean; stateSchema: boolean; stateGrants: boolean };
export const nothingPresent: Present = { user: false, stateSchema: false, stateGrants: false };

type Told = { parts?: readonly { id: string; status: string }[] };

/** What the checks of checks.ts found, part by part. */
export function presentIn(checks: readonly Told[]): Present {
  const parts = checks.flatMap((check) => check.parts ?? []);
  const passed = (...ids: string[]) =>
    ids.every((id) => parts.some((part) => part.id === id && part.status === "passed"));
  return {
    user: passed("login"),
    stateSchema: passed("exists"),
    stateGrants: passed("usage", "create", "tables"),
  };
}

export type Permissions = {
  user: string;
  /** What a verification found to be there already; it is left out. */
  has: Present;
  /** Empty: a placeholder stands in the script. */
  password: string;
  passwordForm: PasswordForm;
  /** 32 random bytes for the SHA-256 form. */
  salt: Uint8Array;
  schema: string;
  table: string;
  /** The optional grant on all tables of the schema. */
  allTables: boolean;
  /** The optional grant on tables made later. */
  futureTables: boolean;
  /** Who makes those tables; none: the one who runs the script. */
  owners: string[];
};

/** What makes `_rudderstack` usable. */
export const stateSchemaGrants = (user: string) => {
  const [state, to] = [identifier(STATE_SCHEMA), plainIdentifier(user)];
  return {
    create: `CREATE SCHEMA ${state};`,
    schema: `GRANT ALL ON SCHEMA ${state} TO ${to};`,
    usage: `GRANT USAGE ON SCHEMA ${state} TO ${to};`,
    createIn: `GRANT CREATE ON SCHEMA ${state} TO ${to};`,
    table: (table: string) =>
      `GRANT ALL PRIVILEGES ON TABLE ${state}.${identifier(table)} TO ${to};`,
    tables: `GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA ${state} TO ${to};`,
  };
};

/** What makes a schema's tables readable. */
export const readingGrants = (schema: string, user: string) => {
  const [inSchema, to] = [identifier(schema), plainIdentifier(user)];
  return {
    usage: `GRANT USAGE ON SCHEMA ${inSchema} TO ${to};`,
    table: (table: string) => `GRANT SELECT ON TABLE ${inSchema}.${identifier(table)} TO ${to};`,
    allTables: `GRANT SELECT ON ALL TABLES IN SCHEMA ${inSchema} TO ${to};`,
    /** Without FOR USER it concerns only what the one who runs it creates (AWS, r_ALTER_DEFAULT_PRIVILEGES). */
    futureTables: (owners: string[]) =>
      `ALTER DEFAULT PRIVILEGES${forUsers(owners)} IN SCHEMA ${inSchema} GRANT SELECT ON TABLES TO ${to};`,
    noFutureTables: (owners: string[]) =>
      `ALTER DEFAULT PRIVILEGES${forUsers(owners)} IN SCHEMA ${inSchema} REVOKE SELECT ON TABLES FROM ${to};`,
  };
};

const forUsers = (owners: string[]): string =>
  owners.length > 0 ? ` FOR USER ${owners.map(plainIdentifier).join(", ")}` : "";

const PASSWORD_PLACEHOLDER = "<strong_unique_password>";
export const SCHEMA_PLACEHOLDER = "<YOUR_SCHEMA>";
const TABLE_PLACEHOLDER = "<YOUR_TABLE>";
const DEFAULT_USER = "rudder";

const or = (text: string, placeholder: string): string => text.trim() || placeholder;
const names = (wish: Permissions) => ({
  user: or(wish.user, DEFAULT_USER),
  schema: or(wish.schema, SCHEMA_PLACEHOLDER),
  table: or(wish.table, TABLE_PLACEHOLDER),
});

/** The password as CREATE USER takes it. MD5 is over password and user name, SHA-256 over password and salt. */
export function writtenPassword({
  password,
  passwordForm,
  salt,
  user,
}: Pick<Permissions, "password" | "passwordForm" | "salt" | "user">): string {
  if (password === "") return PASSWORD_PLACEHOLDER;
  if (passwordForm === "md5")
    return `md5${bytesToHex(md5(utf8ToBytes(password + or(user, DEFAULT_USER))))}`;
  if (passwordForm === "sha256")
    return `sha256|${bytesToHex(sha256(concatBytes(utf8ToBytes(password), salt)))}|${bytesToHex(salt)}`;
  return password;
}

/** Another password for a user who is there; the user itself may run it too (AWS, r_ALTER_USER). */
export const alterPassword = (
  wish: Pick<Permissions, "password" | "passwordForm" | "salt" | "user">,
): string =>
  `ALTER USER ${plainIdentifier(or(wish.user, DEFAULT_USER))} PASSWORD ${literal(writtenPassword(wish))};`;

/** User, `_rudderstack`, schema and table, in the order in which they must be run. */
export function permissionsScript(wish: Permissions): string {
  const { user, schema, table } = names(wish);
  const { has } = wish;
  const state = stateSchemaGrants(user);
  const reading = readingGrants(schema, user);
  return [
    ...(has.user
      ? []
      : [`CREATE USER ${plainIdentifier(user)} WITH PASSWORD ${literal(writtenPassword(wish))};`]),
    ...(has.stateSchema ? [] : [state.create]),
    ...(has.stateGrants ? [] : [state.schema, state.tables]),
    reading.usage,
    reading.table(table),
    ...(wish.allTables ? [reading.allTables] : []),
    ...(wish.futureTables ? [reading.futureTables(wish.owners)] : []),
  ].join("\n");
}

/**
 * Takes everything back. Redshift refuses to drop a user who owns a table or holds a privilege (AWS, r_DROP_USER), so
 * the state goes first, then the privileges, then the user.
 */
export function undoScript(wish: Permissions): string {
  const { user, schema } = names(wish);
  const [state, inSchema, from] = [
    identifier(STATE_SCHEMA),
    identifier(schema),
    plainIdentifier(user),
  ];
  return [
    `-- Removes the state of every sync that is kept in ${state}: leave this line out if others keep theirs there too.`,
    `DROP SCHEMA ${state} CASCADE;`,
    ...(wish.futureTables ? [readingGrants(schema, user).noFutureTables(wish.owners)] : []),
    `REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA ${inSchema} FROM ${from};`,
    `REVOKE ALL ON SCHEMA ${inSchema} FROM ${from};`,
    `DROP USER ${from};`,
  ].join("\n");
}

// ── As a destination ─────────────────────────────────────────────────────────

const DEFAULT_LOADER = "flydata";
const DATABASE_PLACEHOLDER = "<database_name>";

/** What loading needs, statement by statement. */
export const loadingGrants = (database: string, schema: string, user: string) => {
  const [base, inSchema, to] = [
    plainIdentifier(database),
    plainIdentifier(schema),
    plainIdentifier(user),
  ];
  return {
    createOnDatabase: `GRANT CREATE ON DATABASE ${base} TO ${to};`,
    temporary: `GRANT TEMPORARY ON DATABASE ${base} TO ${to};`,
    createSchema: `CREATE SCHEMA IF NOT EXISTS ${inSchema};`,
    usage: `GRANT USAGE ON SCHEMA ${inSchema} TO ${to};`,
    createInSchema: `GRANT CREATE ON SCHEMA ${inSchema} TO ${to};`,
  };
};

export type Setup = Pick<Permissions, "user" | "password" | "passwordForm" | "salt"> & {
  database: string;
  schema: string;
};
const setupNames = ({ user, database, schema }: Setup) => ({
  user: or(user, DEFAULT_LOADER),
  database: or(database, DATABASE_PLACEHOLDER),
  schema: or(schema, "<schema_name>"),
});
/** A placeholder stands as it is, so that it is seen. */
const unquoted = (text: string): string => text.replace(/"(<[a-z_]+>)"/gi, "$1");

/** Sync user, database privileges, schema privileges: in the order in which a superuser runs them. */
export function setupScript(wish: Setup): string {
  const { user, database, schema } = setupNames(wish);
  const grants = loadingGrants(database, schema, user);
  return unquoted(
    [
      `CREATE USER ${plainIdentifier(user)} PASSWORD ${literal(writtenPassword({ ...wish, user }))};`,
      grants.createOnDatabase,
      grants.temporary,
      grants.createSchema,
      grants.usage,
      grants.createInSchema,
    ].join("\n"),
  );
}

/** Takes it back. The tables stay, so they get another owner first: Redshift drops no user who owns anything (AWS, r_DROP_USER). */
export function undoSetupScript(wish: Setup): string {
  const { user, database, schema } = setupNames(wish);
  const [base, inSchema, from] = [
    plainIdentifier(database),
    plainIdentifier(schema),
    plainIdentifier(user),
  ];
  return unquoted(
    [
      "-- Lists what the user owns, with the statements that make it yours. Run those before the user is dropped.",
      // OWNER TO takes a name and no function (AWS, ALTER TABLE), so the name is written out
      `SELECT 'ALTER TABLE ' || QUOTE_IDENT(schemaname) || '.' || QUOTE_IDENT(tablename) || ' OWNER TO ' || QUOTE_IDENT(CURRENT_USER) || ';' FROM pg_tables WHERE tableowner = ${literal(user)};`,
      `SELECT 'ALTER SCHEMA ' || QUOTE_IDENT(nspname) || ' OWNER TO ' || QUOTE_IDENT(CURRENT_USER) || ';' FROM pg_namespace n JOIN pg_user u ON u.usesysid = n.nspowner WHERE u.usename = ${literal(user)};`,
      `REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA ${inSchema} FROM ${from};`,
      `REVOKE ALL ON SCHEMA ${inSchema} FROM ${from};`,
      `REVOKE ALL ON DATABASE ${base} FROM ${from};`,
      `DROP USER ${from};`,
    ].join("\n"),
  );
}

/** Why each is needed. */
export const requiredPrivileges = [
  {
    name: "CREATE (Database)",
    check: "CREATE on database",
    why: "To make the target schema where it doesn't exist.",
  },
  {
    name: "TEMPORARY (Database)",
    check: "TEMPORARY on database",
    why: "To stage rows beside the table, so that each key is there once. Every user has it unless it was taken from PUBLIC.",
  },
  {
    name: "USAGE (Schema)",
    check: "USAGE on schema",
    why: "To find the tables in the schema, and write to them.",
  },
  {
    name: "CREATE (Schema)",
    check: "CREATE on schema",
    why: "To make the target table, and the small table that remembers what was loaded.",
  },
] as const;

/** Names as people list them: `etl, "dbt Runner"`. A quoted one may hold a comma, and doubles its quotes. */
export function readNames(text: string): string[] {
  const found = text.match(/"(?:[^"]|"")*"|[^,"]+/g) ?? [];
  const read = found
    .map((part) => part.trim())
    .map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part));
  return [...new Set(read.filter((name) => name !== ""))];
}

/** What `readNames` reads as these. */
export const writeNames = (names: string[]): string =>
  names.map((name) => (/[,"]|^\s|\s$/.test(name) ? identifier(name) : name)).join(", ");

const FORBIDDEN = new Set(["'", '"', "\\", "/", "@"]);
const ALLOWED = Array.from({ length: 126 - 33 + 1 }, (_, at) =>
  String.fromCharCode(33 + at),
).filter((character) => !FORBIDDEN.has(character));

/** Redshift's rule for passwords (AWS, r_CREATE_USER), part by part, each held or not. */
export const passwordRule = (password: string): { text: string; holds: boolean }[] => [
  { text: "8 to 64 characters", holds: password.length >= 8 && password.length <= 64 },
  { text: "an upper case letter", holds: /[A-Z]/.test(password) },
  { text: "a lower case letter", holds: /[a-z]/.test(password) },
  { text: "a number", holds: /[0-9]/.test(password) },
  {
    text: "only ASCII without spaces, and none of ' \" \\ / @",
    holds: password !== "" && [...password].every((character) => ALLOWED.includes(character)),
  },
];

const LENGTH = 32;

/** A password to the rule, from the browser's own randomness. About 200 bits. */
export function generatePassword(
  random: (bytes: Uint8Array) => Uint8Array = (bytes) => crypto.getRandomValues(bytes),
): string {
  for (;;) {
    // bytes past the last whole multiple are thrown away, so that every character is as likely as every other
    const limit = Math.floor(256 / ALLOWED.length) * ALLOWED.length;
    const bytes = [...random(new Uint8Array(LENGTH * 3))]
      .filter((byte) => byte < limit)
      .slice(0, LENGTH);
    const password = bytes.map((byte) => ALLOWED[byte % ALLOWED.length]).join("");
    if (password.length === LENGTH && passwordRule(password).every(({ holds }) => holds))
      return password;
  }
}

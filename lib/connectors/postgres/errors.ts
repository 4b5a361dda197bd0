// What went wrong between us and PostgreSQL, said plainly.
import { messageOf, SyncError, type Fault } from "@/lib/platform/errors";
import { startOf } from "@/lib/platform/foreign-text";
import { explainRefusal, NetworkRefused } from "@/lib/platform/network/guard";
import type { PostgresConfig } from "./spec";

type Known = { message: string; fault: Fault; remedy?: string };
/** Where an error came from: the login, and the schema that is written to where there is one. */
type Place = PostgresConfig & { targetSchema?: string };
type Rule = (place: Place, text: string) => Known;
const fix = (message: string, remedy: string): Known => ({
  message,
  fault: "user-fixable",
  remedy,
});
const passing = (message: string, remedy?: string): Known => ({
  message,
  fault: "transient",
  ...(remedy && { remedy }),
});
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const at = ({ host, port }: PostgresConfig) => `${host}:${port}`;
const silent: Rule = (c) =>
  passing(
    `Nothing answers at ${at(c)}.`,
    "Check host and port, and that a firewall lets this machine in.",
  );
const lost: Rule = (c) => passing(`The connection to ${at(c)} was lost.`);

const rules: Record<string, Rule> = {
  ENOTFOUND: (c) => fix(`There is no host named “${c.host}”.`, "Check the host name."),
  ECONNREFUSED: (c) =>
    passing(
      `${at(c)} refuses the connection.`,
      "Check the port, and that the server listens on that address.",
    ),
  ETIMEDOUT: silent,
  EHOSTUNREACH: silent,
  TIMEOUT: silent,
  ECONNRESET: lost,
  EPIPE: lost,
  LOST: lost,
  "28P01": (c) =>
    fix(
      `The server refused the user “${c.user}” or its password.`,
      "Check user and password; capitals count in both.",
    ),
  "28000": (c) =>
    fix(
      `The server doesn't let “${c.user}” in from here.`,
      "Look at pg_hba.conf, and at “SSL mode”.",
    ),
  "3D000": (c) =>
    fix(
      `There is no database named “${c.database}”.`,
      "Check the name of the database; capitals count.",
    ),
  "3F000": (c) =>
    fix(
      `There is no schema “${c.targetSchema ?? "public"}”.`,
      `Create it: CREATE SCHEMA ${quoted(c.targetSchema ?? "public")};`,
    ),
  "42501": (c, text) => {
    if (c.targetSchema === undefined)
      return fix(
        `The user “${c.user}” isn't allowed to do this.`,
        "Ask the owner of the database for the privilege that the server's text names.",
      );
    const [schema, user] = [quoted(c.targetSchema), quoted(c.user)];
    const [, table] = /(?:table|relation) "?([^"\n]+?)"?(?: —|$)/.exec(text) ?? [];
    if (/must be owner/i.test(text))
      return fix(
        `“${c.user}” doesn't own ${table ?? "the table"}, and its columns must change.`,
        `Its owner or a superuser runs: ALTER TABLE ${schema}.${quoted(table ?? "<table>")} OWNER TO ${user};`,
      );
    if (table)
      return fix(
        `The user “${c.user}” isn't allowed to load ${c.targetSchema}.${table}.`,
        `Its owner or a superuser runs: GRANT SELECT, INSERT, UPDATE, DELETE ON ${schema}.${quoted(table)} TO ${user};`,
      );
    return fix(
      `The user “${c.user}” isn't allowed to do this.`,
      `Grant what it needs: GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${user};`,
    );
  },
  TLS: (c) =>
    fix(
      `The encrypted connection to ${c.host} could not be set up.`,
      "Check “SSL mode” and the CA certificate.",
    ),
  "40001": () => passing("Another transaction changed the same rows at the same time."),
  "40P01": () => passing("Two transactions waited for each other."),
  "42P01": () =>
    passing(
      "The table was dropped, or renamed for a moment.",
      "It is tried again by itself. If it stays so, look whether somebody else drops it.",
    ),
  "54000": () =>
    fix(
      "A row is too large for PostgreSQL: of a row's columns, about 8,000 bytes must fit on a page.",
      "Select fewer columns: some 400 texts, or 1,000 numbers, fit in any case.",
    ),
  "54011": () =>
    fix(
      "The table would have more columns than PostgreSQL takes (1,600).",
      "Select fewer columns, load into another table, or drop columns that are no longer loaded.",
    ),
  "57P03": () => passing("The server is starting or stopping."),
  "53300": (c, text) =>
    /too many connections for (role|database)/i.test(text)
      ? passing(
          `“${c.user}” has all the connections to “${c.database}” that a CONNECTION LIMIT allows.`,
          `A load needs one. End what holds them, or raise the limit: ALTER ROLE "${c.user.replaceAll('"', '""')}" CONNECTION LIMIT 5;`,
        )
      : passing("The server has no free connection."),
};

/** Every cause that has a message of its own. */
export const knownCauses: readonly string[] = Object.keys(rules);

function codeOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/SSL|certificate|self.signed/i.test(error.message) && !/^[0-9A-Z]{5}$/.test(code))
    return "TLS";
  if (code) return code;
  if (/timeout expired/i.test(error.message)) return "TIMEOUT";
  return /Connection terminated|not queryable|Premature close/i.test(error.message) ? "LOST" : "";
}

/** By the class of its code alone: connection, operator intervention, resources and the system itself pass. */
const knownByClass = (code: string): Known =>
  /^(08|57|53|58)/.test(code)
    ? passing("The server is not able to do this right now.")
    : { message: "PostgreSQL refused a statement.", fault: "terminal" };

/** An error of the driver or the server in words; a value that COPY refuses is told with its line and column. */
export function toSyncError(error: unknown, config: Place, password: string): SyncError {
  if (error instanceof SyncError) return error;
  if (error instanceof NetworkRefused) {
    const { message, remedy } = explainRefusal(error);
    return new SyncError(message, "user-fixable", { remedy, code: error.code }, { cause: error });
  }
  const cause = error instanceof Error ? error : new Error(messageOf(error));
  const code = codeOf(cause);
  const where = "where" in cause && typeof cause.where === "string" ? cause.where : "";
  const text = [cause.message, where].filter(Boolean).join(" — ").replaceAll(password, "***");
  const [, line, column, value] =
    /^COPY tidegate_stage, line (\d+)(?:, column (.+?))?(?:: "(.*)")?$/s.exec(where) ?? [];
  const refusedValue =
    line !== undefined
      ? fix(
          `PostgreSQL refused a value in row ${line} of the batch${column ? `, column “${column}”` : ""}${value ? `, value “${startOf(value, 60)}”` : ""}: ${cause.message}.`,
          "Nothing of the batch was loaded. Correct the value, or the type of the column.",
        )
      : undefined;
  const known = rules[code]?.(config, text) ?? refusedValue ?? knownByClass(code);
  return new SyncError(
    known.message,
    known.fault,
    { remedy: known.remedy, code: code || undefined, serverText: text },
    { cause },
  );
}

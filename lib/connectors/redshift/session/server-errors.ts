// Errors that Redshift reports with the SQLSTATE XX000, "internal error", although each means something of its own.
// Only their texts tell them apart. This is the one table of those texts, each with the source of the fact.

/** What such an error means to us; errors.ts has the words and what is done about each. */
export type ServerErrorCode =
  | "1023"
  | "CONFLICT"
  | "RELATION_REPLACED"
  | "RELATION_NOT_IN_SNAPSHOT"
  | "QUERY_ABORTED"
  | "DISK_FULL"
  | "OUT_OF_RESOURCES"
  | "RESIZING"
  | "TOO_MANY_COLUMNS"
  | "CONNECTION_LIMIT"
  | "53300"
  | "PROTECTED_BY_POLICY";

type Known = {
  code: ServerErrorCode;
  text: RegExp;
  source: string;
  /** The SQLSTATEs it comes with, where XX000 is not the only one. */
  states?: readonly string[];
};

const known: readonly Known[] = [
  {
    code: "1023",
    text: /^(ERROR:\s*)?1023\b|Serializable isolation violation/i,
    source: "AWS, “Serializable isolation”: ERROR:1023 DETAIL: Serializable isolation violation",
  },
  {
    code: "CONFLICT",
    text: /conflict with concurrent transaction/i,
    source: "aws/amazon-redshift-jdbc-driver #147, dbt-labs/dbt-adapters #1873, estuary #5220",
  },
  {
    code: "RELATION_REPLACED",
    text: /could not open relation with OID \d+|table \d+ dropped by concurrent transaction|cache lookup failed for relation/i,
    source:
      "dbt-labs/dbt-redshift #974; AWS, cluster versions 1.0.6805; sqlalchemy-redshift #104 (catalogue)",
  },
  {
    code: "RELATION_NOT_IN_SNAPSHOT",
    text: /^(ERROR:\s*)?1018\b/i,
    source: "AWS, “Serializable isolation”: ERROR: 1018 DETAIL: Relation does not exist",
  },
  {
    code: "QUERY_ABORTED",
    text: /\bcode:\s+1020\b|system requested abort/i,
    source: "PostHog/posthog #64160, metabase/metabase #28136: rules of query monitoring",
  },
  {
    code: "DISK_FULL",
    text: /Disk Full/i,
    source:
      "Stitch's documentation, “Redshift error messages” (code 1016); rudder-server redshift.go",
  },
  {
    code: "OUT_OF_RESOURCES",
    text: /Insufficient system resources/i,
    source: "PostHog/posthog #47159",
  },
  {
    code: "RESIZING",
    text: /system is in resize mode/i,
    source:
      "rudder-server redshift.go: Cannot execute write query because system is in resize mode",
  },
  {
    code: "TOO_MANY_COLUMNS",
    text: /tables can have at most \d+ columns|target lists can have at most \d+ entries/i,
    source: "rudder-server redshift.go; AWS, CREATE TABLE",
    states: ["XX000", "54011"],
  },
  {
    code: "CONNECTION_LIMIT",
    text: /too many connections for (user|role|database)\b/i,
    source:
      "PostgreSQL's CheckMyDatabase and InitializeSessionUserId; pgadmin-org/pgadmin4 #3710; AWS, CREATE USER … CONNECTION LIMIT",
    states: ["53300", "XX000"],
  },
  {
    code: "53300",
    text: /connection limit "?\d+"? exceeded for non-bootstrap users/i,
    source: "AWS Knowledge Center, “connection limits”; airbytehq/airbyte #23523",
    states: ["53300", "53400", "28000", "XX000"],
  },
  {
    code: "PROTECTED_BY_POLICY",
    text: /\b(RLS|DDM|row[- ]level security|masking polic)/i,
    source: "AWS, “Considerations” of row-level security and of dynamic data masking",
    states: ["XX000", "0A000", "42501"],
  },
];

/** The meaning of a server's error, or undefined. `text` is the message followed by its detail. */
export const serverErrorCode = (sqlState: string, text: string): ServerErrorCode | undefined =>
  known.find(
    ({ states = ["XX000"], ...error }) => states.includes(sqlState) && error.text.test(text),
  )?.code;

/** Codes of a statement that lost against another transaction: nothing of it was done, and it may be run again. */
const conflicts: ReadonlySet<string> = new Set([
  ...(["1023", "CONFLICT", "RELATION_REPLACED", "RELATION_NOT_IN_SNAPSHOT"] as const),
  // PostgreSQL's own, which Redshift's older releases and the tests' servers use
  ...(["40001", "40P01"] as const),
]);
/** Codes of a CREATE … IF NOT EXISTS that somebody else's overtook: it exists, and the next try finds it. */
const madeMeanwhile: ReadonlySet<string> = new Set(["42P07", "42P06", "42710", "23505"]);
export const isMadeMeanwhile = (code: string | undefined): boolean => madeMeanwhile.has(code ?? "");
export const isConflictCode = (code: string | undefined): boolean => conflicts.has(code ?? "");
/** The user, or the database, has as many sessions as it may have: with one of them ended, the next try may do. */
export const isConnectionLimit = (code: string | undefined): boolean => code === "CONNECTION_LIMIT";

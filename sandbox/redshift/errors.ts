// Redshift's errors: those the sandbox raises itself, and PostgreSQL 18's in Redshift's words.
import type { Isolation } from "./modes";
import type { Fields } from "./wire";

/** An error the client is to see. */
export class RedshiftError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly extra: { detail?: string; hint?: string; severity?: "ERROR" | "FATAL" } = {},
  ) {
    super(message);
  }

  fields(): Fields {
    const severity = this.extra.severity ?? "ERROR";
    const fields: Fields = { S: severity, C: this.code, M: this.message };
    if (this.extra.detail) fields["D"] = this.extra.detail;
    if (this.extra.hint) fields["H"] = this.extra.hint;
    return fields;
  }
}

export const syntaxError = (near: string): RedshiftError =>
  new RedshiftError(
    "42601",
    near === "" ? "syntax error at end of input" : `syntax error at or near "${near}"`,
  );

export const unsupported = (what: string): RedshiftError => new RedshiftError("0A000", what);

/** Functions that catalog-semantics.sql names though they are not there, and what each stands for. */
const missing: Record<string, [code: string, message: string]> = {
  999001: ["42846", "cannot cast type boolean to character varying"],
  999002: ["42846", "cannot cast type boolean to character varying"],
  999003: ["42846", "cannot cast type boolean to character"],
  999004: ["42846", "cannot cast type character varying to boolean"],
  999005: ["42846", "cannot cast type character varying to boolean"],
  999006: ["42846", "cannot cast type character to boolean"],
  999011: ["42846", "cannot cast type geometry to character varying"],
  999012: ["42846", "cannot cast type geography to character varying"],
  999013: ["42846", "cannot cast type hllsketch to character varying"],
  999007: ["42883", "operator does not exist: boolean || character varying"],
  999008: ["42883", "operator does not exist: character varying || boolean"],
};

/** Checks of the domains in catalog-semantics.sql. CONCAT: airbytehq/airbyte #16412; LISTAGG: AWS's page r_LISTAGG. */
const longNames: Record<string, string> = { char: "character", varbyte: "binary varying" };
const tooLongTexts: Record<string, [code: string, message: string]> = {
  rs_long_concat: ["22001", "CONCAT() result too long for type varchar(65535)"],
  rs_long_json: ["22001", "JSON_SERIALIZE() result too long for type varchar(65535)"],
  rs_long_spatial: ["22001", "ST_AsEWKT() result too long for type varchar(65535)"],
  rs_long_list: ["XX000", "Result size exceeds LISTAGG limit"],
};

/** Says in Redshift's words what PostgreSQL said, to a session of such an isolation. */
export function translateError(fields: Fields, isolation: Isolation): Fields {
  const { C: code = "XX000", M: text = "" } = fields;
  const kept: Fields = { S: fields["S"] ?? "ERROR", C: code, M: text };
  if (fields["D"]) kept["D"] = fields["D"];
  if (fields["H"]) kept["H"] = fields["H"];
  if (fields["P"]) kept["P"] = fields["P"];

  const tooLong = /rs_bytes_\d+_(\d+)_(\w+)/.exec(fields["n"] ?? "");
  if (code === "23514" && tooLong) {
    // The byte check of catalog.sql: VARCHAR(n) counts bytes on Redshift, characters on PostgreSQL.
    delete kept["D"];
    return {
      ...kept,
      C: "22001",
      M: `value too long for type ${longNames[tooLong[2] ?? ""] ?? "character varying"}(${tooLong[1]})`,
    };
  }
  const known =
    missing[/^cache lookup failed for function (\d+)$/.exec(text)?.[1] ?? ""] ??
    (code === "23514" ? tooLongTexts[fields["n"] ?? ""] : undefined);
  if (known) return { S: kept["S"] ?? "ERROR", C: known[0], M: known[1] };
  if (code === "40001" && isolation === "snapshot") {
    // aws/amazon-redshift-jdbc-driver #147, dbt-labs/dbt-core #2967
    return {
      S: kept["S"] ?? "ERROR",
      C: "XX000",
      M: "could not complete because of conflict with concurrent transaction",
    };
  }
  if (code === "40001") {
    delete kept["H"];
    return {
      ...kept,
      C: "XX000",
      M: "1023",
      D: "Serializable isolation violation on table - transactions forming the cycle could not be serialized; retry the transaction",
    };
  }
  if (code === "21000" && text.includes("affect row a second time"))
    return {
      S: kept["S"] ?? "ERROR",
      C: "XX000",
      M: "Found multiple matches to update the same tuple.",
    };
  // Redshift's roles that log in are users.
  if (code === "53300") return { ...kept, M: text.replace("for role", "for user") };
  if (code === "28P01") return { ...kept, C: "28000" };
  if (code === "57014" && text.includes("user request"))
    return { ...kept, M: "Query cancelled on user's request" };
  if (code === "57014" && text.includes("statement timeout"))
    return { ...kept, M: "Query (0) cancelled on user's request, statement timeout" };
  if (code === "42501")
    return {
      ...kept,
      M: text.replace(
        /^(permission denied for|must be owner of) (table|view|materialized view|sequence) /,
        "$1 relation ",
      ),
    };
  return kept;
}

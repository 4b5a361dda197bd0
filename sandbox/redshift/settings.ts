// SET, SHOW and RESET. Settings that only Redshift has live in PostgreSQL as `redshift.<name>`, so
// that they follow transactions as the others do.
import { RedshiftError, syntaxError } from "./errors";
import { applyEdits, literalValue, type Statement, type Token } from "./lexer";
import { commonEdits, qualifiedName, quoteLiteral, type RewriteContext } from "./rewrite";

/** Redshift's own settings and what SHOW says before anyone set them. */
export const redshiftSettings: Record<string, string> = {
  query_group: "unset",
  enable_case_sensitive_identifier: "off",
  enable_case_sensitive_super_attribute: "off",
  enable_numeric_rounding: "on",
  enable_result_cache_for_session: "on",
  enable_vacuum_boost: "off",
  json_serialization_enable: "off",
  json_serialization_parse_nested_strings: "off",
  json_parse_truncate_strings: "off",
  json_parse_dedup_attributes: "off",
  parse_super_null_on_error: "off",
  navigate_super_null_on_error: "on",
  cast_super_null_on_error: "on",
  describe_field_name_in_uppercase: "off",
  downcase_delimited_identifier: "on",
  error_on_nondeterministic_update: "off",
  wlm_query_slot_count: "1",
  wlm_json_configuration: "",
  mv_enable_aqmv_for_session: "on",
  spectrum_query_maxerror: "-1",
  use_fips_ssl: "off",
  auto_analyze: "on",
  analyze_threshold_percent: "10",
  default_geometry_encoding: "1",
  stored_proc_log_min_messages: "log",
  require_ssl: "off",
  max_concurrency_scaling_clusters: "1",
};

/** Settings both have. */
const shared = new Set([
  "search_path",
  "statement_timeout",
  "timezone",
  "datestyle",
  "client_encoding",
  "extra_float_digits",
  "application_name",
  "intervalstyle",
  "standard_conforming_strings",
  "transaction_isolation",
  "is_superuser",
  "server_encoding",
  "lc_collate",
]);
const on = new Set(["TRUE", "ON", "1", "YES", "'TRUE'", "'ON'", "'1'", "'YES'"]);

export interface SettingPlan {
  sql: string;
  caseSensitive?: boolean;
}

function unknownSetting(name: string): RedshiftError {
  return new RedshiftError("42704", `unrecognized configuration parameter "${name}"`);
}

export function setStatement(
  { sql, tokens: all }: Statement,
  context: RewriteContext,
): SettingPlan {
  const rewritten = applyEdits(sql, commonEdits(all, context));
  const local = all[1]?.up === "LOCAL";
  const at = local || all[1]?.up === "SESSION" ? 2 : 1;
  const word = all[at]?.up ?? "";
  if (["AUTHORIZATION", "CHARACTERISTICS", "TIME", "TRANSACTION", "SEED", "NAMES"].includes(word))
    return { sql: rewritten };
  const name = word.toLowerCase();
  if (all[at + 1]?.up !== "TO" && all[at + 1]?.raw !== "=")
    throw syntaxError(all[at + 1]?.raw ?? "");
  const value = all[at + 2];
  if (!value) throw syntaxError("");
  if (Object.hasOwn(redshiftSettings, name)) {
    const word = value.up === "DEFAULT" ? "DEFAULT" : `'${value.raw.toLowerCase()}'`;
    const given = value.kind === "string" ? value.raw : word;
    const plan: SettingPlan = { sql: `SET ${local ? "LOCAL " : ""}redshift.${name} TO ${given}` };
    if (name === "enable_case_sensitive_identifier")
      plan.caseSensitive = on.has(value.up.toUpperCase());
    return plan;
  }
  if (shared.has(name)) return { sql: rewritten };
  throw unknownSetting(name);
}

export function resetStatement({ sql, tokens: all }: Statement): SettingPlan {
  const name = (all[1]?.up ?? "").toLowerCase();
  if (Object.hasOwn(redshiftSettings, name))
    return {
      sql: `RESET redshift.${name}`,
      ...(name === "enable_case_sensitive_identifier" ? { caseSensitive: false } : {}),
    };
  if (name === "all") return { sql, caseSensitive: false };
  if (shared.has(name) || name === "session") return { sql };
  throw unknownSetting(name);
}

/** SHOW COLUMNS FROM TABLE, TABLES FROM SCHEMA and SCHEMAS FROM DATABASE (r_SHOW_COLUMNS and its kin). */
const listings: Record<string, { of: string; path: string[]; columns: string; order: string }> = {
  COLUMNS: {
    of: "TABLE",
    path: ["database_name", "schema_name", "table_name"],
    columns:
      "database_name, schema_name, table_name, column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, remarks FROM pg_catalog.svv_all_columns",
    order: "ordinal_position",
  },
  TABLES: {
    of: "SCHEMA",
    path: ["database_name", "schema_name"],
    columns:
      "database_name, schema_name, table_name, table_type, table_acl, remarks FROM pg_catalog.svv_all_tables",
    order: "table_name",
  },
  SCHEMAS: {
    of: "DATABASE",
    path: ["database_name"],
    columns:
      "database_name, schema_name, schema_owner, schema_type, schema_acl, source_database, schema_option FROM pg_catalog.svv_all_schemas",
    order: "schema_name",
  },
};

function listing(all: Token[], context: RewriteContext): string | undefined {
  const what = all[1]?.up ?? "";
  const shown = Object.hasOwn(listings, what) ? listings[what] : undefined;
  if (!shown) return undefined;
  if (all[2]?.up !== "FROM" || all[3]?.up !== shown.of) throw syntaxError(all[2]?.raw ?? "");
  const path = qualifiedName(all, 4, context);
  // The database may be left out.
  const names = shown.path.slice(-path.parts.length);
  if (path.parts.length > shown.path.length || (what === "COLUMNS" && path.parts.length < 2))
    throw syntaxError(all[4]?.raw ?? "");
  const given = path.parts.map((part) => quoteLiteral(context.names.full(part)));
  const conditions = names.map((name, at) => `${name} = ${given[at]}`);
  let at = path.next;
  if (all[at]?.up === "LIKE") {
    const pattern = all[at + 1];
    if (pattern?.kind !== "string") throw syntaxError(pattern?.raw ?? "");
    const named = what === "COLUMNS" ? "column_name" : shown.order;
    conditions.push(`${named} LIKE ${quoteLiteral(literalValue(pattern))}`);
    at += 2;
  }
  let limit = "";
  if (all[at]?.up === "LIMIT") {
    if (all[at + 1]?.kind !== "number") throw syntaxError(all[at + 1]?.raw ?? "");
    limit = ` LIMIT ${all[at + 1]?.raw}`;
    at += 2;
  }
  if (all[at]) throw syntaxError(all[at]?.raw ?? "");
  return `SELECT ${shown.columns} WHERE ${conditions.join(" AND ")} ORDER BY ${shown.order}${limit}`;
}

export function showStatement({ sql, tokens: all }: Statement, context: RewriteContext): string {
  const listed = listing(all, context);
  if (listed) return listed;
  const name = (all[1]?.up ?? "").toLowerCase();
  if (!name) throw syntaxError("");
  if (all[2] && name !== "time" && name !== "transaction") throw syntaxError(all[2].raw);
  if (name === "server_version") return `SELECT '8.0.2'::text AS server_version`;
  if (Object.hasOwn(redshiftSettings, name))
    return `SELECT pg_catalog.rs_setting('${name}') AS ${name}`;
  if (shared.has(name) || ["all", "time", "transaction", "max_connections", "port"].includes(name))
    return sql;
  throw unknownSetting(name);
}

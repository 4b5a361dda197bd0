// SET, SHOW and RESET. Settings that only Redshift has live in PostgreSQL as `redshift.<name>`, so
// that they follow transactions as the others do.
import { RedshiftError, syntaxError } from "./errors";
import { applyEdits, type Statement } from "./lexer";
import { commonEdits, type RewriteContext } from "./rewrite";

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
    const given =
      value.kind === "string"
        ? value.raw
        : value.up === "DEFAULT"
          ? "DEFAULT"
          : `'${value.raw.toLowerCase()}'`;
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

export function showStatement({ sql, tokens: all }: Statement): string {
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

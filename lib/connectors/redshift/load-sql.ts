// Every statement that puts rows into Redshift; pure. Reviewed as golden text in load-sql.golden.txt.
import {
  ACCESS_KEY,
  ROLE_ARN,
  type StagingConfig,
  type StagingSecret,
} from "@/lib/connectors/s3/spec";
import { identifier, literal } from "./quote";
import type { TargetColumn } from "./target";

export const qualified = (schema: string, table: string): string =>
  `${identifier(schema)}.${identifier(table)}`;
const lines = (...parts: string[]): string => parts.join("\n");
const list = (names: readonly string[]): string => names.map(identifier).join(", ");

export const schemaExists = (schema: string): string =>
  `SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)}`;
export const createSchema = (schema: string): string =>
  `CREATE SCHEMA IF NOT EXISTS ${identifier(schema)}`;
export const isEmpty = (target: string): string =>
  `SELECT COUNT(*) FROM (SELECT 1 FROM ${target} LIMIT 1) one`;

// ── The fence: one row a connection, beside the table it loads ───────────────

const hex32 = (id: string): string => id.replaceAll("-", "").toLowerCase();
export const fenceTable = (schema: string, connectionId: string): string =>
  qualified(schema, `_tidegate_load_${hex32(connectionId)}`);

export const createFence = (fence: string): string =>
  `CREATE TABLE IF NOT EXISTS ${fence} (fence bigint NOT NULL, run_id varchar(64), seq bigint NOT NULL, loaded bigint NOT NULL, deleted bigint NOT NULL, rejected bigint NOT NULL, committed_at timestamp) DISTSTYLE ALL`;
export const readFence = (fence: string): string =>
  `SELECT fence, run_id, seq, loaded, deleted, rejected FROM ${fence}`;
export const insertFence = (fence: string, number: number): string =>
  `INSERT INTO ${fence} VALUES (${Math.trunc(number)}, NULL, 0, 0, 0, 0, NULL)`;
export const moveFence = (fence: string, number: number): string =>
  `UPDATE ${fence} SET fence = ${Math.trunc(number)}`;
export const checkpoint = (
  fence: string,
  runId: string,
  at: { seq: number; loaded: number; deleted: number; rejected: number },
): string =>
  `UPDATE ${fence} SET run_id = ${literal(runId)}, seq = ${at.seq}, loaded = ${at.loaded}, deleted = ${at.deleted}, rejected = ${at.rejected}, committed_at = GETDATE()`;
export const dropFence = (fence: string): string => `DROP TABLE IF EXISTS ${fence}`;

// ── Staging ──────────────────────────────────────────────────────────────────

/** Temporary: its session's end removes it, whatever happens. No user's table can have a name of the temporary schema. */
export const STAGE = "tidegate_stage";
export const DELETES = "tidegate_deletes";
export const SEQ = "_tidegate_seq";

export const createStage = (
  stage: string,
  columns: readonly Pick<TargetColumn, "name" | "type">[],
): string =>
  `CREATE TEMPORARY TABLE ${identifier(stage)} (${[`${identifier(SEQ)} bigint`, ...columns.map(({ name, type }) => `${identifier(name)} ${stagedType(type)}`)].join(", ")})`;

/** COPY reads spatial values from hexadecimal EWKB alone, and ours are EWKT: they are staged as text. */
const isSpatial = (type: string): boolean => type === "geometry" || type === "geography";
const stagedType = (type: string): string => (isSpatial(type) ? "varchar(65535)" : type);
/** A staged value as the target wants it. */
const fromStage = ({ name, type }: Pick<TargetColumn, "name" | "type">): string => {
  const column = `s.${identifier(name)}`;
  if (type === "geometry") return `ST_GeomFromEWKT(${column})`;
  return type === "geography" ? `ST_GeogFromText(${column})` : column;
};
export const needsStage = (columns: readonly Pick<TargetColumn, "type">[]): boolean =>
  columns.some(({ type }) => isSpatial(type));

/** Who COPY and UNLOAD use the bucket as. Quoted, and judged once more: what is kept may be older than the form's rule. */
export function authorization(
  { access, roleArn, accessKeyId }: StagingConfig,
  { secretAccessKey }: StagingSecret,
): string {
  const isRight =
    access === "role"
      ? ROLE_ARN.test(roleArn)
      : ACCESS_KEY.test(accessKeyId) && ACCESS_KEY.test(secretAccessKey);
  if (!isRight) throw new Error("The role or the access keys are not such as AWS makes them."); // and are not told
  return access === "role"
    ? `IAM_ROLE ${literal(roleArn)}`
    : `ACCESS_KEY_ID ${literal(accessKeyId)} SECRET_ACCESS_KEY ${literal(secretAccessKey)}`;
}

export type CopyPlan = {
  into: string;
  columns: readonly string[];
  manifest: string;
  staging: StagingConfig;
  secret: StagingSecret;
  nullText: string;
  maxError: number;
  isStage: boolean;
};

/** No option that changes a value unsaid: neither TRUNCATECOLUMNS nor EMPTYASNULL, ROUNDEC, ACCEPTINVCHARS, ACCEPTANYDATE or FILLRECORD. */
export const copy = ({
  into,
  columns,
  manifest,
  staging,
  secret,
  nullText,
  maxError,
  isStage,
}: CopyPlan): string =>
  lines(
    `COPY ${into} (${list(columns)})`,
    `FROM ${literal(`s3://${staging.bucket}/${manifest}`)}`,
    authorization(staging, secret),
    `REGION ${literal(staging.region)} MANIFEST GZIP`,
    `CSV NULL AS ${literal(nullText)} DATEFORMAT 'auto' TIMEFORMAT 'auto'`,
    `MAXERROR ${Math.trunc(maxError)}${isStage ? " COMPUPDATE OFF STATUPDATE OFF" : ""}`,
  );

export const lastCopyCount = "SELECT pg_last_copy_count()";
export const countStaged = (stage: string): string => `SELECT COUNT(*) FROM ${identifier(stage)}`;

// ── Upsert ───────────────────────────────────────────────────────────────────

const sameKey = (a: string, b: string, keys: readonly string[]): string =>
  keys.map((key) => `${a}.${identifier(key)} = ${b}.${identifier(key)}`).join(" AND ");

/** The old versions of every staged key. */
export const deleteOld = (target: string, keys: readonly string[]): string =>
  `DELETE FROM ${target} USING ${identifier(STAGE)} s WHERE ${keys.map((key) => `${target}.${identifier(key)} = s.${identifier(key)}`).join(" AND ")}`;
export const deleteGone = (target: string, keys: readonly string[]): string =>
  `DELETE FROM ${target} USING ${identifier(DELETES)} s WHERE ${keys.map((key) => `${target}.${identifier(key)} = s.${identifier(key)}`).join(" AND ")}`;

export type InsertPlan = {
  target: string;
  columns: readonly Pick<TargetColumn, "name" | "type">[];
  keys: readonly string[];
  oneRowPerKey: boolean;
  hasDeletes: boolean;
};

/** The newest version of each key, unless a delete came after it. */
export function insertNewest({
  target,
  columns,
  keys,
  oneRowPerKey,
  hasDeletes,
}: InsertPlan): string {
  const into = `INSERT INTO ${target} (${list(columns.map(({ name }) => name))})`;
  const values = columns.map(fromStage).join(", ");
  if (oneRowPerKey) return lines(into, `SELECT ${values} FROM ${identifier(STAGE)} s`);
  const newest = `(SELECT t.*, ROW_NUMBER() OVER (PARTITION BY ${keys.map((key) => `t.${identifier(key)}`).join(", ")} ORDER BY t.${identifier(SEQ)} DESC) AS "_tidegate_nth" FROM ${identifier(STAGE)} t) s`;
  if (!hasDeletes)
    return lines(into, `SELECT ${values} FROM ${newest}`, `WHERE s."_tidegate_nth" = 1`);
  const gone = `(SELECT ${list(keys)}, MAX(${identifier(SEQ)}) AS "_tidegate_last" FROM ${identifier(DELETES)} GROUP BY ${list(keys)}) d`;
  return lines(
    into,
    `SELECT ${values} FROM ${newest}`,
    `LEFT JOIN ${gone} ON ${sameKey("d", "s", keys)}`,
    `WHERE s."_tidegate_nth" = 1 AND (d."_tidegate_last" IS NULL OR d."_tidegate_last" < s.${identifier(SEQ)})`,
  );
}

// ── Why a COPY failed ────────────────────────────────────────────────────────

/** The older view has the line's text, which begins with the row's seq; the newer one is the only one that a serverless workgroup has. */
export const loadErrors = (prefix: string, limit: number): string =>
  lines(
    "SELECT TRIM(filename), line_number, TRIM(colname), TRIM(type), TRIM(col_length), TRIM(raw_field_value), TRIM(err_reason), TRIM(raw_line)",
    `FROM stl_load_errors WHERE ${beginsWith("filename", prefix)} ORDER BY starttime DESC, filename, line_number LIMIT ${Math.trunc(limit)}`,
  );
export const loadErrorDetail = (prefix: string, limit: number): string =>
  lines(
    "SELECT TRIM(file_name), line_number, TRIM(column_name), TRIM(column_type), TRIM(column_length), NULL, TRIM(error_message), NULL",
    `FROM sys_load_error_detail WHERE ${beginsWith("file_name", prefix)} ORDER BY start_time DESC, file_name, line_number LIMIT ${Math.trunc(limit)}`,
  );
/** The older view keeps 256 characters of a path. */
const beginsWith = (column: string, prefix: string): string => {
  const kept = [...prefix].slice(0, 256).join("");
  return `LEFT(${column}, ${[...kept].length}) = ${literal(kept)}`;
};

// Every statement that puts rows into Redshift; pure. Reviewed as golden text in load-sql.golden.txt.
import { createHash } from "node:crypto";
import {
  ACCESS_KEY,
  ROLE_ARN,
  type StagingConfig,
  type StagingSecret,
} from "@/lib/connectors/s3/spec";
import { identifier, literal } from "@/lib/connectors/redshift/quote";
import type { TargetColumn } from "./target";

export const qualified = (schema: string, table: string): string =>
  `${identifier(schema)}.${identifier(table)}`;
const lines = (...parts: string[]): string => parts.join("\n");
const list = (names: readonly string[]): string => names.map(identifier).join(", ");

export const schemaExists = (schema: string): string =>
  `SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)}`;
export const createSchema = (schema: string): string =>
  `CREATE SCHEMA IF NOT EXISTS ${identifier(schema)}`;
// ── The fence: one row a table that is loaded, beside it ─────────────────────

const FENCE_PREFIX = "_tidegate_load_";
/**
 * Named after the table, not after the connection: so a table has one writer, whoever described it, also where two
 * Tidegates load into one warehouse.
 */
export const fenceName = (table: string): string =>
  FENCE_PREFIX + createHash("md5").update(table).digest("hex");
export const fenceTable = (schema: string, table: string): string =>
  qualified(schema, fenceName(table));
/** As earlier versions named it, with less in it. */
export const earlierFenceName = (connectionId: string): string =>
  FENCE_PREFIX + connectionId.replaceAll("-", "").toLowerCase();
export const renameFence = (schema: string, connectionId: string, table: string): string =>
  `ALTER TABLE ${qualified(schema, earlierFenceName(connectionId))} RENAME TO ${identifier(fenceName(table))}`;

export const createFence = (fence: string): string =>
  `CREATE TABLE IF NOT EXISTS ${fence} (fence bigint NOT NULL, run_id varchar(64), seq bigint NOT NULL, loaded bigint NOT NULL, deleted bigint NOT NULL, rejected bigint NOT NULL, committed_at timestamp, ${FENCE_ADDED.map(({ name, type }) => `${name} ${type}`).join(", ")}) DISTSTYLE ALL`;
/** Columns that the fences of earlier versions lack: whose table it is, which one it was, and how many rows it had. */
const FENCE_ADDED = [
  { name: "connection_id", type: "varchar(64)" },
  { name: "table_id", type: "varchar(32)" },
  { name: "table_rows", type: "bigint" },
] as const;
/** One column a statement: Redshift adds no more at once. */
export const completeFence = (fence: string, has: readonly string[]): string[] =>
  FENCE_ADDED.filter(({ name }) => !has.includes(name)).map(
    ({ name, type }) => `ALTER TABLE ${fence} ADD COLUMN ${name} ${type}`,
  );
/** The fences of a schema, whosever they are. */
export const fencesIn = (schema: string): string =>
  `SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = ${literal(schema)} AND LEFT(CAST(tablename AS varchar), ${FENCE_PREFIX.length}) = ${literal(FENCE_PREFIX)} ORDER BY tablename`;
/** What the last load left. */
export const readLeft = (fence: string): string =>
  `SELECT connection_id, table_id, table_rows FROM ${fence} ORDER BY fence DESC LIMIT 1`;
export const countTarget = (target: string): string => `SELECT COUNT(*) FROM ${target}`;
export const emptyTarget = (target: string): string => `DELETE FROM ${target}`;
/** The later fence, should two workers have made a row each: under SNAPSHOT isolation two inserts are no conflict. */
export const readFence = (fence: string): string =>
  `SELECT fence, run_id, seq, loaded, deleted, rejected, connection_id FROM ${fence} ORDER BY fence DESC LIMIT 1`;
/** Before the first row is made: whoever comes second waits, and then sees it. */
export const lockFence = (fence: string): string => `LOCK ${fence}`;
export const insertFence = (fence: string, number: number, connectionId: string): string =>
  `INSERT INTO ${fence} (fence, seq, loaded, deleted, rejected, connection_id) VALUES (${Math.trunc(number)}, 0, 0, 0, 0, ${literal(connectionId)})`;
export const moveFence = (fence: string, number: number, connectionId: string): string =>
  `UPDATE ${fence} SET fence = ${Math.trunc(number)}, connection_id = ${literal(connectionId)}`;
/** `rows`: how many the table has now. */
export const checkpoint = (
  fence: string,
  runId: string,
  at: { seq: number; loaded: number; deleted: number; rejected: number },
  table: { id: string; rows: number },
): string =>
  `UPDATE ${fence} SET run_id = ${literal(runId)}, seq = ${at.seq}, loaded = ${at.loaded}, deleted = ${at.deleted}, rejected = ${at.rejected}, committed_at = GETDATE(), table_id = ${literal(table.id)}, table_rows = ${Math.trunc(table.rows)}`;
export const dropFence = (fence: string): string => `DROP TABLE IF EXISTS ${fence}`;

// ── Staging ──────────────────────────────────────────────────────────────────

/** Temporary: its session's end removes it, whatever happens. No user's table can have a name of the temporary schema. */
export const STAGE = "tidegate_stage";
export const DELETES = "tidegate_deletes";
export const SEQ = "_tidegate_seq";
/** Which SUPER values of a row are NULL: a digit each. */
export const NULLS = "_tidegate_null";

export const createStage = (stage: string, columns: readonly StagedColumn[]): string => {
  const flags = flaggedColumns(columns).length;
  const made = [
    `${identifier(SEQ)} bigint`,
    ...columns.map(({ name, type }) => `${identifier(name)} ${stagedType(type)}`),
    ...(flags > 0 ? [`${identifier(NULLS)} varchar(${flags})`] : []),
  ];
  return `CREATE TEMPORARY TABLE ${identifier(stage)} (${made.join(", ")})`;
};

type StagedColumn = Pick<TargetColumn, "name" | "type">;

/**
 * The SUPER columns, by index. Whether COPY looks for the text that stands for NULL before it parses JSON is documented
 * nowhere, so a separate column flags their NULL.
 */
export const flaggedColumns = (columns: readonly Pick<TargetColumn, "type">[]): number[] =>
  columns.flatMap(({ type }, index) => (type === "super" ? [index] : []));
/** The columns of a stage, as COPY fills them. */
export const stagedNames = (columns: readonly StagedColumn[]): string[] => [
  SEQ,
  ...columns.map(({ name }) => name),
  ...(flaggedColumns(columns).length > 0 ? [NULLS] : []),
];

/** COPY reads spatial values from hexadecimal EWKB alone, and ours are EWKT: they are staged as text. */
const isSpatial = (type: string): boolean => type === "geometry" || type === "geography";
const stagedType = (type: string): string => (isSpatial(type) ? "varchar(65535)" : type);
/** Staged values as the target wants them. */
const fromStage = (columns: readonly StagedColumn[]): string => {
  const flagged = flaggedColumns(columns);
  const values = columns.map(({ name, type }, index) => {
    const column = `s.${identifier(name)}`;
    if (type === "geometry") return `ST_GeomFromEWKT(${column})`;
    if (type === "geography") return `ST_GeogFromText(${column})`;
    if (type !== "super") return column;
    const place = flagged.indexOf(index) + 1;
    return `CASE WHEN SUBSTRING(s.${identifier(NULLS)}, ${place}, 1) = '1' THEN NULL ELSE ${column} END`;
  });
  return values.join(", ");
};
export const needsStage = (columns: readonly Pick<TargetColumn, "type">[]): boolean =>
  columns.some(({ type }) => isSpatial(type) || type === "super");

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
/** Where the positions of a stage begin again after a gap: each with the one before it, or NULL at the beginning. */
export const stagedRuns = (stage: string): string =>
  lines(
    `SELECT g.seq, g.before FROM (SELECT ${identifier(SEQ)} AS seq, LAG(${identifier(SEQ)}) OVER (ORDER BY ${identifier(SEQ)}) AS before FROM ${identifier(stage)}) g`,
    "WHERE g.before IS NULL OR g.seq - g.before > 1 ORDER BY g.seq",
  );
export const lastStaged = (stage: string): string =>
  `SELECT MAX(${identifier(SEQ)}) FROM ${identifier(stage)}`;
export const countStaged = (stage: string): string => `SELECT COUNT(*) FROM ${identifier(stage)}`;

// ── Upsert ───────────────────────────────────────────────────────────────────

/**
 * A column by which rows of the target are identified. Redshift's `=` ignores blanks at the end of a text (AWS, “Character
 * types”, significance of trailing blanks), and a source's key of several columns doesn't: of its texts the lengths count
 * too.
 */
export type TargetKey = { name: string; withLength: boolean };
export const targetKeys = (
  keys: readonly string[],
  columns: readonly Pick<TargetColumn, "name" | "type">[],
): TargetKey[] =>
  keys.map((name) => ({
    name,
    withLength:
      keys.length > 1 &&
      columns.some((column) => column.name === name && /^(var)?char/.test(column.type)),
  }));

const keyParts = (of: string, keys: readonly TargetKey[]): string[] =>
  keys.flatMap(({ name, withLength }) => {
    const value = `${of}.${identifier(name)}`;
    return withLength ? [value, `OCTET_LENGTH(${value})`] : [value];
  });
const sameKey = (a: string, b: string, keys: readonly TargetKey[]): string => {
  const others = keyParts(b, keys);
  return keyParts(a, keys)
    .map((part, index) => `${part} = ${others[index]}`)
    .join(" AND ");
};

/** The old versions of every staged key. */
export const deleteOld = (target: string, keys: readonly TargetKey[]): string =>
  `DELETE FROM ${target} USING ${identifier(STAGE)} s WHERE ${sameKey(target, "s", keys)}`;
export const deleteGone = (target: string, keys: readonly TargetKey[]): string =>
  `DELETE FROM ${target} USING ${identifier(DELETES)} s WHERE ${sameKey(target, "s", keys)}`;

export type InsertPlan = {
  target: string;
  columns: readonly Pick<TargetColumn, "name" | "type">[];
  keys: readonly TargetKey[];
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
  const values = fromStage(columns);
  if (oneRowPerKey) return lines(into, `SELECT ${values} FROM ${identifier(STAGE)} s`);
  const newest = `(SELECT t.*, ROW_NUMBER() OVER (PARTITION BY ${keyParts("t", keys).join(", ")} ORDER BY t.${identifier(SEQ)} DESC) AS "_tidegate_nth" FROM ${identifier(STAGE)} t) s`;
  if (!hasDeletes)
    return lines(into, `SELECT ${values} FROM ${newest}`, `WHERE s."_tidegate_nth" = 1`);
  const gone = `(SELECT ${list(keys.map(({ name }) => name))}, MAX(${identifier(SEQ)}) AS "_tidegate_last" FROM ${identifier(DELETES)} g GROUP BY ${keyParts("g", keys).join(", ")}) d`;
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
    "SELECT TRIM(file_name), line_number, TRIM(column_name), TRIM(column_type), TRIM(column_length), CAST(NULL AS varchar(1)), TRIM(error_message), CAST(NULL AS varchar(1))",
    `FROM sys_load_error_detail WHERE ${beginsWith("file_name", prefix)} ORDER BY start_time DESC, file_name, line_number LIMIT ${Math.trunc(limit)}`,
  );
/** The older view keeps 256 characters of a path. */
const beginsWith = (column: string, prefix: string): string => {
  const kept = [...prefix].slice(0, 256).join("");
  return `LEFT(${column}, ${[...kept].length}) = ${literal(kept)}`;
};

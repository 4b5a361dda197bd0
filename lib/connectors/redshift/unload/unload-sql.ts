// The statements that let a change set leave by UNLOAD; pure. Golden text: unload-sql.golden.txt.
import type { StagingConfig, StagingSecret } from "@/lib/connectors/s3/spec";
import { deltaTable } from "@/lib/connectors/redshift/changes/changes-sql";
import { MAX_TEXT_BYTES, type RedshiftColumn } from "@/lib/connectors/redshift/catalog/columns";
import { authorization } from "@/lib/connectors/redshift/load/load-sql";
import { literal } from "@/lib/connectors/redshift/quote";
import { asText, inState, lines, typed } from "@/lib/connectors/redshift/sql";

/** Doubles beyond these are read by pages: their 15 digits may be no float at all, and nothing must fail the statement. */
const FLOAT_BOUNDS = { least: double("1e-280"), most: double("1e300") };
/** More than the greatest real. */
const BEYOND_REAL = double("1e39");

/** A number as a double: a literal with an exponent may be read as a numeric, which has 38 digits at most. */
function double(text: string): string {
  return typed(literal(text), "double precision");
}

/** Whether a value's text may be empty: only then has NULL to be told apart by more than an empty field. */
export const mayBeEmpty = ({ form, type, maxBytes }: RedshiftColumn): boolean =>
  form === "text" ||
  form === "varbyte" ||
  (form === "cast" && maxBytes === MAX_TEXT_BYTES && !type.startsWith("char"));

export const isFloat = ({ kind }: Pick<RedshiftColumn, "kind">): boolean => kind === "float";
export const isReal = ({ type }: Pick<RedshiftColumn, "type">): boolean => type === "real";

/**
 * A float as text that keeps it: a cast to text may have 15 digits, and what they miss follows after a blank. The
 * difference of a double and its own 15 digits is a double, and so short that its 15 digits are enough. A real's is
 * taken as a double, in which nothing of a real is lost.
 */
function floatText(column: RedshiftColumn, ref: string): string {
  const text = `CAST(${ref} AS varchar)`;
  const back = `CAST(${text} AS double precision)`;
  const value = isReal(column) ? `CAST(${ref} AS double precision)` : ref;
  // neither NaN nor the infinities
  const isWithin = isReal(column)
    ? `ABS(${value}) < ${BEYOND_REAL}`
    : `ABS(${ref}) > ${FLOAT_BOUNDS.least} AND ABS(${ref}) < ${FLOAT_BOUNDS.most}`;
  return `${text} || CASE WHEN ${isWithin} THEN CASE WHEN ${back} <> ${value} THEN ' ' || CAST(${value} - ${back} AS varchar) ELSE '' END ELSE '' END`;
}

/** The text that a page would have: by a cast wherever UNLOAD has a format of its own. */
function unloadedText(column: RedshiftColumn, ref: string): string {
  const [, length] = /^char\((\d+)\)$/.exec(column.type) ?? [];
  if (length) return `RPAD(${ref}, ${length})`; // a char keeps its blanks on the wire, and loses them in a cast
  if (isFloat(column)) return floatText(column, ref);
  if (column.form === "cast" && column.maxBytes === MAX_TEXT_BYTES)
    return `CAST(${ref} AS varchar(${MAX_TEXT_BYTES}))`;
  return asText(column, ref);
}

/** About how many bytes a row has. */
const sizeOf = (columns: readonly RedshiftColumn[]): string =>
  columns.reduce((size, column, index) => {
    if (column.form === "super") return `${size} + COALESCE(JSON_SIZE(c${index}), 0)`;
    return column.form === "text" || column.form === "varbyte" || column.maxBytes > 256
      ? `${size} + COALESCE(OCTET_LENGTH(${asText(column, `c${index}`)}), 0)`
      : `${size} + ${column.maxBytes}`;
  }, "100 + COALESCE(OCTET_LENGTH(row_key), 0)");

export type UnloadedDelta = {
  connectionId: string;
  runId: string;
  columns: readonly RedshiftColumn[];
};
const fromDelta = ({
  connectionId,
  runId,
}: Pick<UnloadedDelta, "connectionId" | "runId">): string =>
  `FROM ${inState(deltaTable(connectionId, runId))} WHERE seq > 0`;

/** All bytes of the change set, and how many of its rows have a float whose text may not be cast back. */
export function measure(delta: UnloadedDelta): string {
  const beyond = delta.columns.flatMap((column, index) => {
    const ref = `c${index}`;
    if (!isFloat(column) || isReal(column)) return [];
    return [
      `((ABS(${ref}) >= ${FLOAT_BOUNDS.most} OR ABS(${ref}) <= ${FLOAT_BOUNDS.least} AND ${ref} <> 0) AND CAST(${ref} AS varchar) NOT IN ('NaN', 'Infinity', '-Infinity'))`,
    ];
  });
  return `SELECT COALESCE(SUM(CAST(${sizeOf(delta.columns)} AS bigint)), 0), ${beyond.length > 0 ? `COALESCE(SUM(CASE WHEN ${beyond.join(" OR ")} THEN 1 ELSE 0 END), 0)` : "0"} ${fromDelta(delta)}`;
}

const partOf = (rowsPerPart: number): string =>
  `CAST((seq - 1) / ${Math.trunc(rowsPerPart)} AS bigint)`;

/** The bytes of the largest part, were parts of so many rows. */
export const largestPart = (delta: UnloadedDelta, rowsPerPart: number): string =>
  `SELECT COALESCE(MAX(p.bytes), 0) FROM (SELECT SUM(CAST(${sizeOf(delta.columns)} AS bigint)) AS bytes ${fromDelta(delta)} GROUP BY ${partOf(rowsPerPart)}) p`;

/**
 * What a file holds: seq, for each text that may be empty whether it is there ('1') or NULL ('0'), and the fields of
 * the tuple. `part` names the folder alone.
 */
function selectRows(delta: UnloadedDelta, rowsPerPart: number): string {
  const { columns } = delta;
  const texts = columns.map((column, index) => unloadedText(column, `c${index}`));
  const isThere = [
    "row_key",
    ...columns.flatMap((column, index) => (mayBeEmpty(column) ? [texts[index]!] : [])),
  ].map((text) => `CASE WHEN ${text} IS NULL THEN '0' ELSE '1' END`);
  return `SELECT ${[`${partOf(rowsPerPart)} AS part`, "seq", `${isThere.join(" || ")} AS is_there`, "row_key", "message_id", "mark", ...texts.map((text, index) => `${text} AS v${index}`)].join(", ")} ${fromDelta(delta)}`;
}

export type UnloadPlan = UnloadedDelta & {
  rowsPerPart: number;
  staging: StagingConfig;
  secret: StagingSecret;
  /** Where in the bucket; ends with a slash. */ path: string;
};

/** Neither ESCAPE nor ADDQUOTES nor NULL AS: in CSV a field is quoted where it has to be. The manifest is written when every file is. */
export const unload = (plan: UnloadPlan): string =>
  lines(`UNLOAD (${literal(selectRows(plan, plan.rowsPerPart))})`, unloadInto(plan));

const unloadInto = ({
  staging,
  secret,
  path,
}: Pick<UnloadPlan, "staging" | "secret" | "path">): string =>
  lines(
    `TO ${literal(`s3://${staging.bucket}/${path}`)}`,
    authorization(staging, secret),
    `REGION ${literal(staging.region)} FORMAT AS CSV GZIP`,
    "PARTITION BY (part) MANIFEST VERBOSE",
  );

/** Rows of the session's last UNLOAD. */
export const lastUnloadCount = "SELECT pg_last_unload_count()";

export type SampleRow = { key: string; text: string | null; note: string | null };

/**
 * A sample as a change set would leave: two rows that bite, with these texts. From a table, for the transaction alone:
 * what reads no table runs on the leader node, and the slices are who writes an UNLOAD.
 */
export const unloadSample = (
  table: string,
  rows: readonly SampleRow[],
  into: Pick<UnloadPlan, "staging" | "secret" | "path">,
): { create: string; insert: string; unload: string } => {
  const target = inState(table);
  const text = (value: string | null) => (value === null ? "NULL" : literal(value));
  const flag = (value: string | null) => (value === null ? "0" : "1");
  const values = rows.map(
    ({ key, text: first, note }, index) =>
      `(${index + 1}, '1${flag(first)}${flag(note)}', ${literal(key)}, ${text(first)}, ${text(note)})`,
  );
  const select = `SELECT CAST(0 AS bigint) AS part, seq, is_there, row_key, CAST(NULL AS varchar(32)) AS message_id, CAST(NULL AS varchar(16)) AS mark, v0, v1 FROM ${target}`;
  return {
    create: `CREATE TABLE ${target} (seq bigint, is_there varchar(3), row_key varchar(16), v0 varchar(256), v1 varchar(256))`,
    insert: `INSERT INTO ${target} VALUES ${values.join(", ")}`,
    unload: lines(`UNLOAD (${literal(select)})`, unloadInto(into)),
  };
};

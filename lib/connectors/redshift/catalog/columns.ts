// Redshift's types: how each is shown, what its text is to JSON, and how many bytes that text can have.
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { ColumnKind } from "@/lib/event/encode";

/** How a value becomes text inside a statement; sql.ts holds the expressions. */
export type TextForm = "text" | "cast" | "boolean" | "super" | "varbyte" | "spatial" | "sketch";

/** HLLSKETCH has no text: AWS documents it for COUNT, NVL, CASE and the HLL functions alone (“HLLSKETCH type”). */
const SKETCH_REFUSAL =
  "A sketch has no text that could be sent. Add its cardinality to a view: HLL_CARDINALITY(column).";

export type RedshiftColumn = ColumnInfo & {
  form: TextForm;
  /** The most bytes a value's text can have; decides which columns may share one concatenation. */
  maxBytes: number;
};

/** Longest text and longest concatenation in Redshift, in bytes (Developer Guide, “Character types”). */
export const MAX_TEXT_BYTES = 65_535;

/** A row of svv_all_columns or svv_columns. */
export type CatalogColumn = {
  name: string;
  dataType: string;
  maxLength: number | null;
  precision: number | null;
  scale: number | null;
};

type TypeRule = { kind: ColumnKind; form: TextForm; maxBytes: number };
const rule = (kind: ColumnKind, form: TextForm, maxBytes: number): TypeRule => ({
  kind,
  form,
  maxBytes,
});

const rules: Record<string, TypeRule> = {
  smallint: rule("integer", "cast", 6),
  integer: rule("integer", "cast", 11),
  bigint: rule("bigint", "cast", 20),
  numeric: rule("decimal", "cast", 41),
  real: rule("float", "cast", 32),
  "double precision": rule("float", "cast", 32),
  boolean: rule("boolean", "boolean", 1),
  date: rule("text", "cast", 16),
  "time without time zone": rule("text", "cast", 24),
  "time with time zone": rule("text", "cast", 24),
  "timestamp without time zone": rule("timestamp", "cast", 40),
  "timestamp with time zone": rule("timestamptz", "cast", 40),
  character: rule("text", "cast", 4096),
  "character varying": rule("text", "text", MAX_TEXT_BYTES),
  super: rule("json", "super", MAX_TEXT_BYTES),
  varbyte: rule("text", "varbyte", MAX_TEXT_BYTES),
  geometry: rule("text", "spatial", MAX_TEXT_BYTES),
  geography: rule("text", "spatial", MAX_TEXT_BYTES),
  hllsketch: rule("text", "sketch", 1),
};

/** Other spellings: of external tables (Glue's), of svv_columns, of the interval types. */
const aliases: Record<string, string> = {
  int2: "smallint",
  tinyint: "smallint",
  int: "integer",
  int4: "integer",
  int8: "bigint",
  decimal: "numeric",
  float4: "real",
  float: "double precision",
  float8: "double precision",
  double: "double precision",
  bool: "boolean",
  char: "character",
  bpchar: "character",
  nchar: "character",
  varchar: "character varying",
  nvarchar: "character varying",
  text: "character varying",
  string: "character varying",
  time: "time without time zone",
  timetz: "time with time zone",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
  "binary varying": "varbyte",
  varbinary: "varbyte",
};

const shown: Record<string, string> = {
  "character varying": "varchar",
  character: "char",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
  "time without time zone": "time",
  "time with time zone": "timetz",
};

/** What the catalogue says beside the type's name: precision and scale, or a length. */
function catalogSize(
  name: string,
  lengthed: boolean,
  { precision, scale, maxLength }: CatalogColumn,
): string | undefined {
  if (name === "numeric" && precision !== null) return `${precision},${scale ?? 0}`;
  return lengthed && maxLength !== null ? String(maxLength) : undefined;
}

/**
 * A column as the rest of the product knows it. A type that isn't known here (interval, name, a nested type of an
 * external table) is text by a cast, which the warehouse may refuse by name.
 */
export function describeColumn(column: CatalogColumn): RedshiftColumn {
  const [, word = "", inBrackets] =
    /^([a-z0-9_ ]+?)\s*(?:\(([\d, ]+)\))?$/.exec(column.dataType.trim().toLowerCase()) ?? [];
  const name = aliases[word] ?? word;
  const known = rules[name];
  if (!known)
    return { name: column.name, type: column.dataType, ...rule("text", "cast", MAX_TEXT_BYTES) };
  const lengthed = name === "character" || name === "character varying" || name === "varbyte";
  const size = inBrackets ?? catalogSize(name, lengthed, column);
  const length =
    lengthed && size !== undefined ? Number(size) * (name === "varbyte" ? 2 : 1) : known.maxBytes;
  return {
    name: column.name,
    type: `${shown[name] ?? name}${size === undefined ? "" : `(${size.replace(/\s/g, "")})`}`,
    kind: known.kind,
    form: known.form,
    // in hex a varbyte is twice as long; an unknown or absurd length is the type's own limit
    maxBytes:
      Number.isFinite(length) && length > 0 ? Math.min(length, MAX_TEXT_BYTES) : known.maxBytes,
    ...(known.form === "sketch" && { unusable: SKETCH_REFUSAL }),
  };
}

/** A column of a result, as the wire describes it: `modifier` is the type's length, or precision and scale; -1 is none. */
export type ResultField = { name: string; typeId: number; modifier: number };

/** Numbers of types on the wire (aws/amazon-redshift-python-driver, oids.py). */
const typeNames: Record<number, string> = {
  16: "boolean",
  20: "bigint",
  21: "smallint",
  23: "integer",
  25: "character varying",
  700: "real",
  701: "double precision",
  1042: "character",
  1043: "character varying",
  1082: "date",
  1083: "time without time zone",
  1114: "timestamp without time zone",
  1184: "timestamp with time zone",
  1188: "interval year to month",
  1190: "interval day to second",
  1266: "time with time zone",
  1700: "numeric",
  3000: "geometry",
  3001: "geography",
  4000: "super",
  6551: "varbyte",
};
/** PostgreSQL counts the length's own four bytes into a modifier. */
const MODIFIER_HEADER = 4;

/** The same column as the catalogue would describe it. */
export function describeField({ name, typeId, modifier }: ResultField): RedshiftColumn {
  const dataType = typeNames[typeId] ?? "unknown";
  const size = modifier < MODIFIER_HEADER ? null : modifier - MODIFIER_HEADER;
  const isNumeric = dataType === "numeric" && size !== null;
  return describeColumn({
    name,
    dataType,
    maxLength: size,
    precision: isNumeric ? size >> 16 : null,
    scale: isNumeric ? size & 0xffff : null,
  });
}

// Redshift's type names: what each becomes in PostgreSQL, and which are refused.
import { RedshiftError, syntaxError, unsupported } from "./errors";
import type { Token } from "./lexer";

export interface ParsedType {
  /** PostgreSQL's spelling. */
  text: string;
  /** Redshift's short family name, e.g. "varchar". */
  family: string;
  /** Index of the token after the type. */
  next: number;
}

const simple: Record<string, [family: string, text: string]> = {
  SMALLINT: ["smallint", "smallint"],
  INT2: ["smallint", "smallint"],
  INTEGER: ["integer", "integer"],
  INT: ["integer", "integer"],
  INT4: ["integer", "integer"],
  BIGINT: ["bigint", "bigint"],
  INT8: ["bigint", "bigint"],
  REAL: ["real", "real"],
  FLOAT4: ["real", "real"],
  FLOAT8: ["double", "double precision"],
  BOOLEAN: ["boolean", "boolean"],
  BOOL: ["boolean", "boolean"],
  DATE: ["date", "date"],
  TIMETZ: ["timetz", "timetz"],
  TIMESTAMPTZ: ["timestamptz", "timestamptz"],
  SUPER: ["super", "pg_catalog.super"],
  GEOMETRY: ["geometry", "pg_catalog.geometry"],
  GEOGRAPHY: ["geography", "pg_catalog.geography"],
  HLLSKETCH: ["hllsketch", "pg_catalog.hllsketch"],
};

const notEmulated = new Set(["INTERVAL"]);

/** Reads `( n [, m] )` or `( MAX )` at `at`. */
function size(all: Token[], at: number): { values: (number | "max")[]; next: number } | undefined {
  if (all[at]?.raw !== "(") return undefined;
  const values: (number | "max")[] = [];
  let next = at + 1;
  for (; all[next] && all[next]?.raw !== ")"; next++) {
    const token = all[next] as Token;
    if (token.raw === ",") continue;
    if (token.up === "MAX") values.push("max");
    else if (/^\d+$/.test(token.raw)) values.push(Number(token.raw));
    else throw syntaxError(token.raw);
  }
  return { values, next: next + 1 };
}

function length(
  given: number | "max" | undefined,
  ofType: string,
  standard: number,
  most: number,
): number {
  const value = given === "max" ? most : (given ?? standard);
  if (value < 1) throw new RedshiftError("22023", `length for type ${ofType} must be at least 1`);
  if (value > most)
    throw new RedshiftError("22023", `length for type ${ofType} cannot exceed ${most}`);
  return value;
}

/**
 * Reads a type. In a column definition Redshift's default lengths apply; in a cast a bare VARCHAR has
 * no length, and types that only PostgreSQL has are left to the check of the syntax tree.
 */
export function parseType(
  all: Token[],
  at: number,
  place: "column" | "cast",
): ParsedType | undefined {
  const word = all[at]?.kind === "word" ? (all[at]?.up ?? "") : "";
  const after = all[at + 1]?.up;
  const known = Object.hasOwn(simple, word) ? simple[word] : undefined;
  if (known) return { family: known[0], text: known[1], next: at + 1 };

  if (word === "DOUBLE" && after === "PRECISION")
    return { family: "double", text: "double precision", next: at + 2 };
  if (word === "FLOAT") {
    const given = size(all, at + 1);
    const bits = given?.values[0];
    const real = typeof bits === "number" && bits <= 24;
    return {
      family: real ? "real" : "double",
      text: real ? "real" : "double precision",
      next: given?.next ?? at + 1,
    };
  }
  if (word === "DECIMAL" || word === "NUMERIC" || word === "DEC") {
    const given = size(all, at + 1);
    const [precision = 18, scale = 0] = given?.values ?? [];
    if (precision === "max" || scale === "max") throw syntaxError("MAX");
    if (precision < 1 || precision > 38)
      throw new RedshiftError("22023", `NUMERIC precision ${precision} must be between 1 and 38`);
    if (scale > precision || scale > 37)
      throw new RedshiftError(
        "22023",
        `NUMERIC scale ${scale} must be between 0 and precision ${Math.min(precision, 37)}`,
      );
    return {
      family: "numeric",
      text: `numeric(${precision},${scale})`,
      next: given?.next ?? at + 1,
    };
  }
  if (word === "TIME" || word === "TIMESTAMP") {
    if (after === "(") throw syntaxError("(");
    const zone =
      (after === "WITH" || after === "WITHOUT") &&
      all[at + 2]?.up === "TIME" &&
      all[at + 3]?.up === "ZONE";
    const withZone = zone && after === "WITH";
    const base = word === "TIME" ? "time" : "timestamp";
    return {
      family: withZone ? `${base}tz` : base,
      text: withZone ? `${base}tz` : base,
      next: zone ? at + 4 : at + 1,
    };
  }
  if (word === "VARBYTE" || word === "VARBINARY" || (word === "BINARY" && after === "VARYING")) {
    const from = word === "BINARY" ? at + 2 : at + 1;
    const given = size(all, from);
    return {
      family: "varbyte",
      text: `pg_catalog.varbyte(${length(given?.values[0], "varbyte", 64_000, 1_024_000)})`,
      next: given?.next ?? from,
    };
  }
  const varying =
    (word === "CHARACTER" || word === "CHAR" || word === "NCHAR") && after === "VARYING";
  if (word === "VARCHAR" || word === "NVARCHAR" || varying || word === "TEXT") {
    const from = varying ? at + 2 : at + 1;
    const given = size(all, from);
    // AWS: TEXT is VARCHAR(256), whatever length is given
    if (word === "TEXT")
      return {
        family: "varchar",
        text: place === "column" ? "varchar(256)" : "varchar",
        next: given?.next ?? from,
      };
    if (!given && place === "cast") return { family: "varchar", text: "varchar", next: from };
    return {
      family: "varchar",
      text: `varchar(${length(given?.values[0], "varchar", 256, 65_535)})`,
      next: given?.next ?? from,
    };
  }
  if (word === "CHAR" || word === "CHARACTER" || word === "NCHAR" || word === "BPCHAR") {
    const given = size(all, at + 1);
    return {
      family: "char",
      text: `char(${length(given?.values[0], "char", word === "BPCHAR" ? 256 : 1, 4096)})`,
      next: given?.next ?? at + 1,
    };
  }
  if (place === "cast") return undefined;
  if (notEmulated.has(word)) throw unsupported(`sandbox: columns of type ${word} are not emulated`);
  const raw = all[at]?.raw ?? "";
  if (all[at]?.kind !== "word" && all[at]?.kind !== "quoted") throw syntaxError(raw);
  if (Object.hasOwn(refusedTypes, word))
    throw unsupported(`Column type "${raw.toLowerCase()}" is not supported`);
  throw new RedshiftError("42704", `type "${raw.toLowerCase()}" does not exist`);
}

/** Types of PostgreSQL that Redshift's page on unsupported data types names, and their newer kin. */
const refusedTypes: Record<string, true> = Object.fromEntries(
  `BYTEA BIT VARBIT JSON JSONB JSONPATH UUID XML INET CIDR MACADDR MACADDR8 MONEY SERIAL SERIAL2 SERIAL4 SERIAL8 BIGSERIAL
   SMALLSERIAL POINT LINE LSEG BOX PATH POLYGON CIRCLE TSVECTOR TSQUERY HSTORE INT4RANGE INT8RANGE NUMRANGE TSRANGE TSTZRANGE
   DATERANGE INT4MULTIRANGE INT8MULTIRANGE NUMMULTIRANGE DATEMULTIRANGE TXID_SNAPSHOT PG_SNAPSHOT PG_LSN CITEXT NAME OID
   REGCLASS REGPROC REGTYPE REGNAMESPACE TID XID CID`
    .split(/\s+/)
    .map((name) => [name, true]),
);

/** Types that a cast may not name either. The object identifier types may: the leader node has them. */
export const refusedInCasts = new Set(
  `bytea bit varbit json jsonb jsonpath uuid xml inet cidr macaddr macaddr8 money serial bigserial smallserial point line lseg box
   path polygon circle tsvector tsquery hstore int4range int8range numrange tsrange tstzrange daterange citext pg_lsn`.split(
    /\s+/,
  ),
);

// Two values of each type, and how each has to come back. A float's text may have 15 or 17 digits: it is compared as a
// number.
import { startOf } from "@/lib/platform/foreign-text";

export type ProofValue = {
  /** As the column is declared. */
  type: string;
  /** For people. */
  name: string;
  /** Expressions of this type. */
  a: string;
  b: string;
  /** The wire's text; a number: any text of this float. */
  comesA: string | number | null;
  comesB: string | number | null;
};

/** A bare literal's type would be the warehouse's guess; functions have one of their own. */
const typed = (type: string, expression: string): string =>
  /^(super|varbyte|geo)/.test(type) && expression !== "NULL"
    ? expression
    : `CAST(${expression} AS ${type})`;

const SHOWN = 24;
const shortened = (text: string): string =>
  text.length > SHOWN ? `${startOf(text, SHOWN)}…` : text;

const value = (
  type: string,
  [a, comesA]: [string, string | number | null],
  [b, comesB]: [string, string | number | null],
): ProofValue => ({
  type,
  name: `${type}: ${shortened(a)} to ${shortened(b)}`,
  a: typed(type, a),
  b: typed(type, b),
  comesA,
  comesB,
});

const LONGEST = 65_535;

export const values: readonly ProofValue[] = [
  value("smallint", ["-32768", "-32768"], ["32767", "32767"]),
  value("integer", ["1", "1"], ["2147483647", "2147483647"]),
  value(
    "bigint",
    ["9007199254740993", "9007199254740993"],
    ["-9223372036854775807", "-9223372036854775807"],
  ),
  value("numeric(38,9)", ["0.1", "0.100000000"], ["0.100000001", "0.100000001"]),
  value("real", ["1.5", 1.5], ["-0.25", -0.25]),
  value("double precision", ["0.1", 0.1], ["0.30000000000000004", 0.30000000000000004]),
  value("boolean", ["true", "t"], ["NULL", null]),
  value("boolean", ["false", "f"], ["true", "t"]),
  value("date", ["'2026-03-29'", "2026-03-29"], ["'1969-12-31'", "1969-12-31"]),
  value("time", ["'01:02:03'", "01:02:03"], ["'01:02:03.000001'", "01:02:03.000001"]),
  value("timetz", ["'01:02:03+00'", "01:02:03+00"], ["'01:02:04+00'", "01:02:04+00"]),
  value(
    "timestamp",
    ["'2026-03-29 01:30:00'", "2026-03-29 01:30:00"],
    ["'2026-03-29 01:30:00.000001'", "2026-03-29 01:30:00.000001"],
  ),
  value(
    "timestamptz",
    ["'2026-03-29 01:30:00+01'", "2026-03-29 00:30:00+00"],
    ["'2026-03-29 01:30:00.5+02'", "2026-03-28 23:30:00.5+00"],
  ),
  value("char(4)", ["'a'", "a   "], ["'ab'", "ab  "]),
  value("varchar(40)", ["'a'", "a"], ["'a '", "a "]),
  value("varchar(40)", ["''", ""], ["NULL", null]),
  value(
    "varchar(200)",
    [`'Zo\u00eb ''q'' "d" \\\\ उ 🏔'`, `Zo\u00eb 'q' "d" \\ उ 🏔`],
    ["'line' || CHR(10) || CHR(9) || 'end'", "line\n\tend"],
  ),
  value(
    `varchar(${LONGEST})`,
    [`REPEAT('x', ${LONGEST})`, "x".repeat(LONGEST)],
    [`REPEAT('x', ${LONGEST - 1}) || 'y'`, `${"x".repeat(LONGEST - 1)}y`],
  ),
  value(
    "super",
    [`JSON_PARSE('{"n": [1, null]}')`, '{"n":[1,null]}'],
    ["JSON_PARSE('[2]')", "[2]"],
  ),
  value("super", ["NULL", null], ["JSON_PARSE('null')", "null"]),
  value("varbyte(8)", ["TO_VARBYTE('a', 'utf8')", "61"], ["TO_VARBYTE('ab', 'utf8')", "6162"]),
  value(
    "geometry",
    ["ST_GeomFromEWKT('SRID=4326;POINT(0.1 2)')", "SRID=4326;POINT(0.1 2)"],
    ["ST_GeomFromEWKT('SRID=4326;POINT(3 4)')", "SRID=4326;POINT(3 4)"],
  ),
  value(
    "geography",
    ["ST_GeogFromText('SRID=4326;POINT(1 2)')", "SRID=4326;POINT(1 2)"],
    ["ST_GeogFromText('SRID=4326;POINT(3 4)')", "SRID=4326;POINT(3 4)"],
  ),
];

/** Those that every Redshift has, once each: for tables with a column of each. */
export const plainValues: readonly ProofValue[] = values.filter(
  ({ type }, at) =>
    !type.startsWith("geo") && values.findIndex((other) => other.type === type) === at,
);

/** Whether a value came back as it had to. Numbers of a geometry may have as many digits as a double. */
export function isSameValue(
  type: string,
  came: string | null,
  has: string | number | null,
): boolean {
  if (typeof has === "number") return came !== null && Number(came) === has;
  if (!type.startsWith("geo") || came === null || has === null) return came === has;
  const numbers = (text: string) => [...text.matchAll(/-?\d+(\.\d+)?/g)].map(([n]) => Number(n));
  return JSON.stringify(numbers(came)) === JSON.stringify(numbers(has));
}

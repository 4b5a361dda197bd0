// What a target table must be for rows of given columns: names, types, and which statements make it so. Pure.
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import { numberLimit, type NumberLimit } from "@/lib/connectors/exact";
import { SyncError } from "@/lib/platform/errors";
import {
  describeColumn,
  MAX_TEXT_BYTES,
  type RedshiftColumn,
} from "@/lib/connectors/redshift/catalog/columns";
import { identifier, literal } from "@/lib/connectors/redshift/quote";
import { MAX_COLUMNS, type LoadOptions } from "@/lib/connectors/redshift/spec";
import { asText, MAX_NAME_BYTES } from "@/lib/connectors/redshift/sql";

/** Names that every table has already (PostgreSQL's system columns, which Redshift keeps, and its own). */
const SYSTEM_COLUMNS = new Set([
  "oid",
  "tableoid",
  "xmin",
  "xmax",
  "cmin",
  "cmax",
  "ctid",
  "deletexid",
  "insertxid",
]);

/** The code of a target that can't take the source's rows, whatever they hold. */
export const TARGET_SHAPE = "TARGET_SHAPE";
const refused = (message: string, remedy: string) =>
  new SyncError(message, "user-fixable", { remedy, code: TARGET_SHAPE });

/** A name as Redshift keeps it where nobody asks for capitals: ASCII is folded; a system column's, or one of ours, gets an underscore. */
export function targetName(name: string): string {
  const folded = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return SYSTEM_COLUMNS.has(folded) || folded.startsWith("_tidegate_") ? `_${folded}` : folded;
}

/** Names of the columns in the target. Refused, with the names, before anything is written: what is too long, or would be one column. */
export function targetNames(names: readonly string[]): string[] {
  if (names.length > MAX_COLUMNS)
    throw refused(
      `The source has ${names.length} columns; a Redshift table has at most ${MAX_COLUMNS}.`,
      "Select fewer columns.",
    );
  const taken = new Map<string, string>();
  return names.map((name) => {
    const target = targetName(name);
    const bytes = Buffer.byteLength(target);
    if (bytes > MAX_NAME_BYTES)
      throw refused(
        `The name of the column “${name}” has ${bytes} bytes; Redshift takes at most ${MAX_NAME_BYTES}.`,
        "Leave this column out, or give it a shorter name in a view over the source.",
      );
    const other = taken.get(target);
    if (other !== undefined)
      throw refused(
        `The columns “${other}” and “${name}” would both be “${target}” in Redshift, which doesn't tell capitals apart.`,
        "Leave one of them out, or rename it in a view over the source.",
      );
    taken.set(target, name);
    return target;
  });
}

// ── Types ────────────────────────────────────────────────────────────────────

type Shape = {
  family:
    | "integer"
    | "numeric"
    | "float"
    | "text"
    | "boolean"
    | "date"
    | "timestamp"
    | "timestamptz"
    | "other";
  rank: number;
  precision?: number;
  scale?: number;
  length?: number;
};
const integers = ["smallint", "integer", "bigint"];
const MAX_PRECISION = 38;

function shapeOf(type: string): Shape {
  const [, word = "", first, second] = /^([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?$/.exec(type) ?? [];
  if (integers.includes(word)) return { family: "integer", rank: integers.indexOf(word) };
  if (word === "numeric")
    return {
      family: "numeric",
      rank: 0,
      precision: Number(first ?? 18),
      scale: Number(second ?? 0),
    };
  if (word === "real" || word === "double precision")
    return { family: "float", rank: word === "real" ? 0 : 1 };
  if (word === "varchar" || word === "char")
    return {
      family: "text",
      rank: word === "char" ? 0 : 1,
      length: Number(first ?? MAX_TEXT_BYTES),
    };
  if (word === "boolean" || word === "date" || word === "timestamp" || word === "timestamptz")
    return { family: word, rank: 0 };
  return { family: "other", rank: 0 };
}

const digitsOf = [5, 10, 19];
/** Room for so many digits before the point and behind it; null: there is none. */
const numeric = (whole: number, scale: number): string | null =>
  whole + scale <= MAX_PRECISION ? `numeric(${whole + scale},${scale})` : null;
/** Longest text of a value: what a column needs when it becomes text. */
const asVarchar = (type: string): string =>
  `varchar(${describeColumn({ name: "", dataType: type, maxLength: null, precision: null, scale: null }).maxBytes})`;

/**
 * The type that a column gets for what is coming. Whatever the column holds is kept to the last digit; where no type
 * holds both, the column stays as it is, and values that don't fit are rejected one by one (exact.ts, COPY). Null: no
 * value of the one is any of the other.
 */
export function widened(has: string, comes: string): string | null {
  if (has === comes) return has;
  const [a, b] = [shapeOf(has), shapeOf(comes)];
  if (a.family === "text" && b.family === "text")
    return a.length! >= b.length! && a.rank >= b.rank
      ? has
      : `varchar(${Math.max(a.length!, b.length!)})`;
  if (a.family === "text") {
    if (b.family === "other") return null;
    return a.length! >= Number(/\d+/.exec(asVarchar(comes))![0]) ? has : asVarchar(comes);
  }
  if (b.family === "text" && a.family !== "other")
    return `varchar(${Math.max(b.length!, Number(/\d+/.exec(asVarchar(has))![0]))})`;
  if (a.family === "integer" && b.family === "integer") return a.rank >= b.rank ? has : comes;
  if (a.family === "integer" && b.family === "numeric") {
    const digits = digitsOf[a.rank]!;
    return (
      numeric(Math.max(digits, b.precision! - b.scale!), b.scale!) ??
      `numeric(${MAX_PRECISION},${MAX_PRECISION - digits})`
    );
  }
  if (a.family === "integer" && b.family === "float") {
    // a real holds every smallint, a double every integer; of bigints only a numeric does
    if (a.rank === 0) return comes;
    return a.rank === 1 ? "double precision" : "numeric(38,18)";
  }
  if (a.family === "numeric" && b.family === "numeric")
    return (
      numeric(
        Math.max(a.precision! - a.scale!, b.precision! - b.scale!),
        Math.max(a.scale!, b.scale!),
      ) ?? has
    );
  if (a.family === "numeric" && b.family === "integer")
    return numeric(Math.max(a.precision! - a.scale!, digitsOf[b.rank]!), a.scale!) ?? has;
  if (a.family === "numeric" && b.family === "float") return has;
  if (a.family === "float" && b.family === "float") return a.rank >= b.rank ? has : comes;
  if (a.family === "float" && b.family === "numeric")
    return b.precision! <= 6 ? has : "double precision";
  if (a.family === "float" && b.family === "integer")
    return b.rank === 0 ? has : "double precision";
  if (a.family === "date" && (b.family === "timestamp" || b.family === "timestamptz")) return comes;
  if (b.family === "date" && (a.family === "timestamp" || a.family === "timestamptz")) return has;
  if (a.family === "timestamp" && b.family === "timestamptz") return comes;
  if (a.family === "timestamptz" && b.family === "timestamp") return has;
  return null;
}

/** The type of a new column: every Redshift type is itself, but for those whose text COPY can't read back. */
export function newType({ type }: ColumnInfo): string {
  if (/^(char|varchar)(\(\d+\))?$/.test(type))
    return /\(/.test(type) ? type : `${type}(${type === "char" ? 1 : MAX_TEXT_BYTES})`;
  const known = describeColumn({
    name: "",
    dataType: type,
    maxLength: null,
    precision: null,
    scale: null,
  });
  if (known.form === "cast" && known.kind === "text" && !/^(date|time|timetz)$/.test(type))
    return `varchar(${MAX_TEXT_BYTES})`;
  return type;
}

/** A PostgreSQL type's name in Redshift (spec.ts has the same as a table for people). */
export function fromPostgres(type: string): string {
  const [, word = "", first, second] =
    /^([a-z_ ]+?)(?:\((\d+)(?:,\s*(-?\d+))?\))?$/.exec(type.trim().toLowerCase()) ?? [];
  const same: Record<string, string> = {
    smallint: "smallint",
    smallserial: "smallint",
    integer: "integer",
    serial: "integer",
    bigint: "bigint",
    bigserial: "bigint",
    oid: "bigint",
    real: "real",
    "double precision": "double precision",
    boolean: "boolean",
    date: "date",
    timestamp: "timestamp",
    "timestamp without time zone": "timestamp",
    timestamptz: "timestamptz",
    "timestamp with time zone": "timestamptz",
    time: "varchar(64)",
    "time without time zone": "varchar(64)",
    timetz: "varchar(64)",
    "time with time zone": "varchar(64)",
    interval: "varchar(64)",
    money: "varchar(64)",
    json: "super",
    jsonb: "super",
  };
  if (Object.hasOwn(same, word)) return same[word]!;
  if (word === "numeric" || word === "decimal") {
    if (first === undefined) return "numeric(38,18)";
    const scale = Math.min(37, Math.max(0, Number(second ?? 0)));
    return `numeric(${Math.min(MAX_PRECISION, Math.max(Number(first), scale))},${scale})`;
  }
  if (/^(character varying|varchar|character|char|bpchar)$/.test(word) && first !== undefined)
    return `varchar(${Math.min(MAX_TEXT_BYTES, Number(first) * 4)})`;
  return `varchar(${MAX_TEXT_BYTES})`;
}

export type TargetColumn = {
  source: ColumnInfo;
  name: string;
  /** In the target, once the plan is carried out. */
  type: string;
  /** The longest text it takes, in bytes; null: not a text. */
  maxBytes: number | null;
  /** It takes no NULL: rows that have one are rejected. */
  notNull?: true;
  /** What it keeps of a number where not every digit that may come; null: all of them. */
  limit: NumberLimit | null;
};

export type TargetPlan = {
  columns: TargetColumn[];
  keys: string[];
  /** To be run before a load, in this order, each on its own: some of these Redshift refuses inside a transaction. */
  before: string[];
  /** Then, in one transaction. */
  inside: string[];
  /** At last, each on its own. */
  after: string[];
  /** Columns that another one takes the place of. */
  replaced: string[];
};

/** What a table that is there asks of a column's values. */
export type ColumnRule = { takesNull: boolean; default: string | null };
export type ColumnRules = ReadonlyMap<string, ColumnRule>;

/** GENERATED BY DEFAULT AS IDENTITY takes values (AWS, CREATE TABLE); IDENTITY(seed, step) takes none. */
const isIdentity = ({ default: value }: ColumnRule): boolean =>
  value !== null && /^"?identity"?\s*\(/i.test(value);

/** Refuses a table into which no row of the source could be put. */
export function assertTakes(
  table: string,
  columns: readonly Pick<TargetColumn, "name">[],
  rules: ColumnRules,
): void {
  const given = new Set(columns.map(({ name }) => name));
  for (const [name, rule] of rules) {
    if (given.has(name) && isIdentity(rule))
      throw refused(
        `The column “${name}” of ${table} is IDENTITY: the warehouse makes its values, and takes none.`,
        "Load into another table, or make this one again with a plain column, or with GENERATED BY DEFAULT AS IDENTITY, which takes values.",
      );
    if (!given.has(name) && !rule.takesNull && rule.default === null)
      throw refused(
        `The column “${name}” of ${table} takes no NULL and has no default, and the source has no such column: no row could be loaded.`,
        `Select a column of that name in the source, or load into another table. Redshift can’t take NOT NULL away from a column; it can be left out: ALTER TABLE ${table} DROP COLUMN ${identifier(name)};`,
      );
  }
}

/** How a table's rows are laid out. Redshift drops no column that is part of it. */
export type TableLayout = { distKey: string | null; sortKeys: string[]; isInterleaved: boolean };

/** All statements of a plan, in the order in which they are run. */
export const statementsOf = ({ before, inside, after }: TargetPlan): string[] => [
  ...before,
  ...inside,
  ...after,
];

const textLimit = (type: string): number | null => {
  const shape = shapeOf(type);
  return shape.family === "text" ? shape.length! : null;
};

const distributions: Record<LoadOptions["distribution"], (keys: string[]) => string> = {
  auto: () => "DISTSTYLE AUTO",
  even: () => "DISTSTYLE EVEN",
  all: () => "DISTSTYLE ALL",
  key: ([key]) => `DISTSTYLE KEY DISTKEY (${identifier(key ?? "")})`,
};

/**
 * What must be done to the table so that it can take these columns; `has` is null when there is no table yet. Columns
 * that are gone in the source stay, with NULL in new rows.
 */
export function planTarget(
  table: string,
  columns: readonly ColumnInfo[],
  keys: readonly string[],
  has: readonly RedshiftColumn[] | null,
  options: Pick<LoadOptions, "overflow" | "distribution" | "sortKey">,
  order: readonly string[] = [],
  rules: ColumnRules = new Map(),
): TargetPlan {
  const names = targetNames(columns.map(({ name }) => name));
  const unkeyable = columns.find(
    (column) => keys.includes(column.name) && /^(super|geometry|geography)$/.test(newType(column)),
  );
  if (unkeyable)
    throw refused(
      `The key “${unkeyable.name}” is ${newType(unkeyable)} in Redshift, by which rows can't be told apart.`,
      "Choose another row key for the source: a number, a text or a time.",
    );
  const targetKeys = keys.map((key) => targetName(key));
  if (has === null) {
    const made = columns.map((source, index): TargetColumn => ({
      source,
      name: names[index]!,
      type: newType(source),
      maxBytes: textLimit(newType(source)),
      limit: null,
    }));
    const rank = ({ source }: TargetColumn) =>
      order.includes(source.name) ? order.indexOf(source.name) : order.length;
    const lines = [...made]
      .sort((a, b) => rank(a) - rank(b))
      .map(
        // a key isn't NOT NULL: rows without one never come, and another key could be chosen later
        ({ name, type }) => `  ${identifier(name)} ${type}`,
      );
    const sort =
      options.sortKey === "key"
        ? `SORTKEY (${targetKeys.map(identifier).join(", ")})`
        : "SORTKEY AUTO";
    return {
      columns: made,
      keys: targetKeys,
      before: [],
      after: [],
      replaced: [],
      inside: [
        `CREATE TABLE ${table} (\n${lines.join(",\n")}\n) ${distributions[options.distribution](targetKeys)} ${sort}`,
      ],
    };
  }
  const known = new Map(has.map((column) => [targetName(column.name), column]));
  const plan: TargetPlan = {
    columns: [],
    keys: targetKeys.map((key) => known.get(key)?.name ?? key),
    before: [],
    inside: [],
    after: [],
    replaced: [],
  };
  columns.forEach((source, index) => {
    const column = known.get(names[index]!);
    const comes = newType(source);
    if (!column) {
      plan.inside.push(`ALTER TABLE ${table} ADD COLUMN ${identifier(names[index]!)} ${comes}`);
      plan.columns.push({
        source,
        name: names[index]!,
        type: comes,
        maxBytes: textLimit(comes),
        limit: null,
      });
      return;
    }
    const type = widenedFor(source, column, comes, options.overflow);
    if (type !== column.type) {
      if (textLimit(column.type) !== null && column.type.startsWith("varchar"))
        plan.before.push(
          `ALTER TABLE ${table} ALTER COLUMN ${identifier(column.name)} TYPE ${type}`,
        );
      else {
        plan.inside.push(...replaceColumn(table, column, type));
        plan.replaced.push(column.name);
      }
    }
    const isReplaced = plan.replaced.includes(column.name);
    plan.columns.push({
      source,
      name: column.name,
      type,
      maxBytes: textLimit(type),
      // a column that takes the place of another one takes NULL
      ...(rules.get(column.name)?.takesNull === false && !isReplaced && { notNull: true }),
      limit: numberLimit(source.type, type),
    });
  });
  assertTakes(table, plan.columns, rules);
  const added = plan.columns.filter(({ name }) => !has.some((column) => column.name === name));
  // a column that is replaced stands beside its successor for a moment
  const most = has.length + added.length + (plan.replaced.length > 0 ? 1 : 0);
  if (most > MAX_COLUMNS)
    throw refused(
      `The table ${table} has ${has.length.toLocaleString("en")} columns and would need ${most.toLocaleString("en")}; Redshift takes at most ${MAX_COLUMNS.toLocaleString("en")}.`,
      "Select fewer columns in the source, load into another table, or drop columns that are no longer loaded.",
    );
  return plan;
}

function widenedFor(
  source: ColumnInfo,
  column: RedshiftColumn,
  comes: string,
  overflow: LoadOptions["overflow"],
): string {
  const type = widened(column.type, comes);
  if (type === null)
    throw refused(
      `The target's column “${column.name}” is ${column.type}, and can't take what the source has as ${source.type}.`,
      "Leave this column out of the source, or load into another table.",
    );
  // texts are judged by what they hold, as the policy says; only "widen" makes a column longer than it was made
  const bothText = textLimit(column.type) !== null && textLimit(comes) !== null;
  return bothText && overflow !== "widen" ? column.type : type;
}

/** A column of another type by an added column and a copy: the table is never dropped, and a view that needs the column stops it. */
const replaceColumn = (table: string, column: RedshiftColumn, type: string): string[] => {
  const name = identifier(column.name);
  const draft = identifier(`${[...column.name].slice(0, 30).join("")}__tidegate`);
  // Redshift casts no boolean to a text (42846)
  const value = column.form === "boolean" ? asText(column) : name;
  return [
    `ALTER TABLE ${table} ADD COLUMN ${draft} ${type}`,
    `UPDATE ${table} SET ${draft} = CAST(${value} AS ${type})`,
    `ALTER TABLE ${table} DROP COLUMN ${name}`,
    `ALTER TABLE ${table} RENAME COLUMN ${draft} TO ${name}`,
  ];
};

/**
 * The plan with what lets a column of the distribution or sort key be replaced (AWS, ALTER TABLE: such a column can't be
 * dropped): the keys are taken away first and given back at last. A run that dies in between leaves a table without
 * them, which is slower and otherwise the same. An interleaved sort key can't be made again, so it is refused.
 */
export function aroundLayout(table: string, plan: TargetPlan, layout: TableLayout): TargetPlan {
  const { distKey, sortKeys, isInterleaved } = layout;
  const isSorted = plan.replaced.some((name) => sortKeys.includes(name));
  const isDistributed = distKey !== null && plan.replaced.includes(distKey);
  if (!isSorted && !isDistributed) return plan;
  if (isInterleaved)
    throw refused(
      `A column of the interleaved sort key of ${table} must become another type, and Redshift can't drop it.`,
      `Make the table again with the new type, or take the sort key away: ALTER TABLE ${table} ALTER SORTKEY NONE;`,
    );
  const names = sortKeys.map(identifier).join(", ");
  return {
    ...plan,
    before: [
      ...(isSorted ? [`ALTER TABLE ${table} ALTER SORTKEY NONE`] : []),
      ...(isDistributed ? [`ALTER TABLE ${table} ALTER DISTSTYLE EVEN`] : []),
      ...plan.before,
    ],
    after: [
      ...(isDistributed ? [`ALTER TABLE ${table} ALTER DISTKEY ${identifier(distKey)}`] : []),
      ...(isSorted ? [`ALTER TABLE ${table} ALTER SORTKEY (${names})`] : []),
    ],
  };
}

/** Makes text columns as long as what is coming. */
export const lengthen = (table: string, name: string, bytes: number): string =>
  `ALTER TABLE ${table} ALTER COLUMN ${identifier(name)} TYPE varchar(${Math.min(MAX_TEXT_BYTES, roomFor(bytes))})`;
/** Lengths in steps, so that a column isn't altered for each byte. */
const roomFor = (bytes: number): number =>
  [256, 1_024, 4_096, 16_384, MAX_TEXT_BYTES].find((step) => step >= bytes) ?? MAX_TEXT_BYTES;

/** Views over a table, by the catalogue alone; a late-binding view isn't bound to it. */
export const dependentViews = (schema: string, table: string): string =>
  [
    "SELECT DISTINCT vn.nspname, v.relname FROM pg_catalog.pg_depend d",
    "JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace",
    "JOIN pg_catalog.pg_class t ON t.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace",
    `WHERE n.nspname = ${literal(schema)} AND t.relname = ${literal(table)} AND v.relkind = 'v' AND v.oid <> t.oid ORDER BY 1, 2`,
  ].join("\n");

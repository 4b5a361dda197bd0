// Every pair of types of a column that is there and of values that come, at their edges: what is loaded, and what was
// there before, is the same value afterwards, or the row is refused.
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { TableDestination } from "@/lib/connectors/contract/rows";
import { SyncError } from "@/lib/platform/errors";
import { pageOf } from "@/lib/testing/changes";

const never = new AbortController().signal;

type Known = { type: string; kind: ColumnInfo["kind"]; values: string[] };
/** A source's types, with values as its own texts: the least, the most, the finest, and such as look like another type's. */
const types: Known[] = [
  { type: "smallint", kind: "integer", values: ["-32768", "32767", "0"] },
  { type: "integer", kind: "integer", values: ["-2147483648", "2147483647", "16777217"] },
  {
    type: "bigint",
    kind: "bigint",
    values: ["-9223372036854775808", "9223372036854775807", "9007199254740993"],
  },
  { type: "numeric(5,2)", kind: "decimal", values: ["-999.99", "0.01", "999.99"] },
  {
    type: "numeric(38,0)",
    kind: "decimal",
    values: ["99999999999999999999999999999999999999", "-1"],
  },
  {
    type: "numeric(38,18)",
    kind: "decimal",
    values: ["0.123456789012345678", "99999999999999999999.999999999999999999"],
  },
  {
    type: "numeric(38,37)",
    kind: "decimal",
    values: ["9.9999999999999999999999999999999999999", "0.0000000000000000000000000000000000001"],
  },
  { type: "real", kind: "float", values: ["0.1", "16777216", "-3.40282e+38"] },
  {
    type: "double precision",
    kind: "float",
    values: ["0.1", "123456.789", "9007199254740992", "1.7976931348623157e+308"],
  },
  { type: "boolean", kind: "boolean", values: ["t", "f"] },
  { type: "char(4)", kind: "text", values: ["a", "abcd", "1"] },
  { type: "varchar(6)", kind: "text", values: ["abcdef", " a ", "12.50"] },
  { type: "varchar(300)", kind: "text", values: ["x".repeat(300), "2026-02-28", ""] },
  { type: "date", kind: "text", values: ["0001-01-01", "9999-12-31"] },
  { type: "time", kind: "text", values: ["00:00:00.000001", "23:59:59.999999"] },
  {
    type: "timestamp",
    kind: "timestamp",
    values: ["0001-01-01 00:00:00.000001", "9999-12-31 23:59:59.999999"],
  },
  {
    type: "timestamptz",
    kind: "timestamptz",
    values: ["0001-01-01 00:00:00.000001+00", "9999-12-31 23:59:59.999999+00"],
  },
];

export type PairsWorld = {
  destination(): Promise<TableDestination>;
  make(table: string, columns: string): Promise<void>;
  /** As somebody else; `$t` is the table. */
  query(table: string, statement: string): Promise<(string | null)[][]>;
  /** Why a column of one type can't take the other at all; null: it can be tried. */
  refusal(has: string, comes: string): string | null;
  /** Whether a row that is refused ends its batch: then each row is loaded alone. */
  isOneByOne: boolean;
};

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const isText = (type: string): boolean => /char/.test(type);
/** Whether a column holds exactly this value of that type: cast back to it, nothing is missing. */
const holds = (column: string, type: string, value: string, stored: string): string => {
  if (isText(type) && /char/.test(stored))
    return `${column} = ${literal(value)} AND OCTET_LENGTH(RTRIM(${column})) = OCTET_LENGTH(RTRIM(${literal(value)}))`;
  // neither store casts a text to a boolean as it was written
  if (type === "boolean" && isText(stored))
    return `SUBSTRING(LOWER(${column}), 1, 1) = ${literal(value)}`;
  // a real that prints as the decimal that came has all its digits, though as a double it is another one
  if (type === "double precision" && stored === "real")
    return `CAST(CAST(${column} AS varchar(40)) AS ${type}) = CAST(${literal(value)} AS ${type})`;
  return `CAST(${column} AS ${type}) = CAST(${literal(value)} AS ${type})`;
};

export function typePairs(world: PairsWorld): void {
  test.each(types)(
    "values of $type, into columns of every type",
    async ({ type, kind, values }) => {
      const table = `pairs_${randomUUID().slice(0, 8)}`;
      const taken = types
        .map((known, index) => ({ ...known, name: `c${index}` }))
        .filter((has) => world.refusal(has.type, type) === null);
      await world.make(
        table,
        ["id integer", ...taken.map((has) => `${has.name} ${has.type}`)].join(", "),
      );
      // what was there before
      const before = taken.flatMap((has) => has.values.map((value) => ({ has, value })));
      await world.query(
        table,
        `INSERT INTO $t SELECT id, ${taken.map(({ name }) => name).join(", ")} FROM (${before
          .map(
            ({ has, value }, at) =>
              `SELECT CAST(${-1 - at} AS integer) AS id, ${taken
                .map(
                  (other) =>
                    `CAST(${other === has ? literal(value) : "NULL"} AS ${other.type}) AS ${other.name}`,
                )
                .join(", ")}`,
          )
          .join(" UNION ALL ")}) v`,
      );
      const rows = taken.flatMap((has) => values.map((value) => ({ has, value })));
      const columns: ColumnInfo[] = [
        { name: "id", type: "integer", kind: "integer" },
        ...taken.map(({ name }) => ({ name, type, kind })),
      ];
      const connectionId = randomUUID();
      let fence = 0;
      const load = async (some: number[]): Promise<number[]> => {
        const destination = await world.destination();
        const run = destination.openLoad({
          connectionId,
          runId: randomUUID(),
          fence: ++fence,
          table,
          columns,
          order: [],
          keys: ["id"],
          oneRowPerKey: true,
        });
        const rejected: number[] = [];
        try {
          for (;;) {
            rejected.length = 0;
            await run.prepare(never);
            const page = pageOf(
              some.map((row, at) => ({
                seq: at + 1,
                key: String(row),
                messageId: "m",
                cells: [
                  String(row),
                  ...taken.map((has) => (has === rows[row]!.has ? rows[row]!.value : null)),
                ],
              })),
            );
            rejected.push(...(await run.stage(page, never)).map(({ seq }) => some[seq - 1]!));
            const report = await run.commit(
              {
                seq: some.length,
                rejectedSoFar: rejected.length,
                onRejected: async (more) =>
                  void rejected.push(...more.map(({ seq }) => some[seq - 1]!)),
              },
              never,
            );
            if (report !== "again") return rejected;
          }
        } catch (error) {
          if (!world.isOneByOne || !(error instanceof SyncError) || error.fault !== "user-fixable")
            throw error;
          return some;
        } finally {
          await run.cleanup();
          await destination.close();
        }
      };
      const all = rows.map((_, row) => row);
      const rejected = new Set<number>();
      if (world.isOneByOne)
        for (const row of all) for (const refused of await load([row])) rejected.add(refused);
      else for (const refused of await load(all)) rejected.add(refused);

      const stored = new Map(
        (
          await world.query(
            table,
            `SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ${literal(table)}`,
          )
        ).map(([name, of]) => [name, of ?? ""]),
      );
      const lost: string[] = [];
      const look = async (id: number, column: string, of: string, value: string) => {
        const [[count] = []] = await world.query(
          table,
          `SELECT COUNT(*) FROM $t WHERE id = ${id} AND ${holds(column, of, value, stored.get(column) ?? "")}`,
        );
        if (count !== "1") lost.push(`${value.slice(0, 40)} of ${of} in ${column}, row ${id}`);
      };
      for (const [at, { has, value }] of before.entries())
        await look(-1 - at, has.name, has.type, value);
      for (const [row, { has, value }] of rows.entries())
        if (!rejected.has(row)) await look(row, has.name, type, value);
      // NULL stays NULL: each row has a value in one column
      for (const has of taken) {
        const filled = rows.filter((row, at) => row.has === has && !rejected.has(at)).length;
        const [[count] = []] = await world.query(
          table,
          `SELECT COUNT(*) FROM $t WHERE id >= 0 AND ${has.name} IS NOT NULL`,
        );
        if (count !== String(filled)) lost.push(`NULL of ${type} in ${has.name}, ${has.type}`);
      }
      expect(lost).toEqual([]);
      // its own type takes all of them
      for (const [row, { has }] of rows.entries())
        if (has.type === type) expect(rejected.has(row)).toBe(false);
    },
  );
}

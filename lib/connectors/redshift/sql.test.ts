import fc from "fast-check";
import { expect, test } from "vitest";
import { describeColumn, MAX_TEXT_BYTES } from "./columns";
import * as sql from "./sql";

const column = (name: string, dataType: string, maxLength: number | null = null, precision: number | null = null, scale: number | null = null) => describeColumn({ name, dataType, maxLength, precision, scale });
const hostile = `a"b'c\\d;--\n$$é`;
const connectionId = "0190c1f2-7d3e-7000-8000-0123456789ab";
const runId = "0190c1f2-7d3e-7000-8000-ba9876543210";
const plan: sql.DeltaPlan = {
  selection: { schema: "shop", table: hostile, columns: ["id", hostile, "price", "active", "bio", "tags", "photo", "place", "seen_at", "sketch"], key: "id" },
  connectionId, runId, mappingHash: "0123456789abcdef",
  columns: [
    column("id", "bigint"), column(hostile, "character varying", 100), column("price", "numeric", null, 18, 2), column("active", "boolean"), column("bio", "character varying", 65535),
    column("tags", "super"), column("photo", "binary varying", 64), column("place", "geometry"), column("seen_at", "timestamp with time zone"), column("sketch", "hllsketch"),
  ],
  key: column("id", "bigint"),
};

test("every statement, with names that bite", async () => {
  const commit = sql.commitDelta({ connectionId, runId, mappingHash: "0123456789abcdef" }, [3, 5]);
  const statements: Record<string, string> = {
    "session settings": sql.sessionSettings(30_000),
    "visible schemas": sql.visibleSchemas(hostile),
    "schema privileges": sql.schemaPrivileges,
    "table owners": sql.tableOwners,
    "columns": sql.columnsOf("dev", hostile, hostile),
    "columns, older view": sql.columnsOfOlder(hostile, hostile),
    "state schema exists": sql.stateSchemaExists,
    "state schema privileges": sql.stateSchemaPrivileges,
    "state tables that exist": sql.stateTables,
    "state table privileges": sql.stateTablePrivileges([hostile, "b"]),
    "write probe": Object.values(sql.writeProbe("0f")).join(";\n"),
    "state tables": sql.createState(connectionId).join(";\n"),
    "read state": sql.readState(connectionId),
    "claim": [sql.insertState(connectionId, 7), sql.moveFence(connectionId, 7)].join(";\n"),
    "drop a dead run's delta": sql.dropDelta(connectionId, runId),
    "create delta": sql.createDelta(plan),
    "create delta without SUPER": sql.createDelta({ ...plan, columns: plan.columns.slice(0, 1) }),
    "counts": [sql.countRead(plan), sql.countUnchanged(plan), sql.countDelta(plan), sql.recordDelta(plan, { read: 9, unchanged: 5, toDeliver: 3, invalid: 1 }, 512)].join(";\n"),
    "page": sql.readPage(connectionId, runId, plan.columns, 1000, 2000),
    "commit": [...commit.exclude, commit.replace, commit.insert, commit.state, commit.drop].join(";\n"),
    "forget": [sql.tablesOfConnection(connectionId), sql.dropTable(sql.snapshotTable(connectionId))].join(";\n"),
  };
  await expect(Object.entries(statements).map(([name, text]) => `── ${name}\n${text}\n`).join("\n")).toMatchFileSnapshot("./sql.golden.txt");
});

/** Redshift's reading of an ordinary literal: a backslash takes the next character as it is, a doubled quote is one. */
function readLiteral(text: string): string {
  let value = "";
  let at = 1;
  for (; at < text.length - 1; at++) {
    const character = text[at]!;
    if (character === "\\") value += text[++at];
    else if (character === "'") {
      if (text[at + 1] !== "'" || at + 1 >= text.length - 1) throw new Error("the literal ends early");
      value += text[++at];
    } else value += character;
  }
  return value;
}

test("no text escapes its quotes", () => {
  const bites = fc.string({ unit: fc.constantFrom("'", '"', "\\", ";", "-", "\n", "a", "é", "$") });
  fc.assert(fc.property(bites, (text) => {
    expect(readLiteral(sql.literal(text))).toBe(text);
    if (text) expect(sql.identifier(text).slice(1, -1).replaceAll('""', "\u0001")).not.toContain('"');
  }));
  expect(() => sql.literal("a\0")).toThrow();
  expect(() => sql.identifier("a\0")).toThrow();
  expect(() => sql.identifier("")).toThrow();
});

test("no concatenation of a row's hash can exceed Redshift's longest text", () => {
  const anyColumn = fc.constantFrom(["integer", null], ["numeric", null], ["boolean", null], ["super", null], ["character varying", 10], ["character varying", 256], ["character varying", 30_000], ["character varying", MAX_TEXT_BYTES]) as fc.Arbitrary<[string, number | null]>;
  fc.assert(fc.property(fc.array(anyColumn, { minLength: 1, maxLength: 60 }), (types) => {
    const columns = types.map(([type, length], index) => column(`c${index}`, type, length));
    const hash = sql.rowHash(columns, "salt");
    expect(hash).toMatch(/^MD5\('salt' \|\| MD5\(/);
    const groups = hash.slice("MD5('salt' || MD5(".length, -2).split(") || MD5(COALESCE(CAST").flatMap((part) => part.split(") || MD5(COALESCE(MD5"));
    // every column is hashed once
    for (const { name } of columns) expect(hash).toContain(`"${name}"`);
    for (const group of groups) {
      const bytes = columns.filter(({ name }) => group.includes(`"${name}"`)).reduce((sum, { maxBytes }) => sum + (maxBytes + 8 > MAX_TEXT_BYTES ? 32 : maxBytes + 8), 0);
      expect(bytes).toBeLessThanOrEqual(MAX_TEXT_BYTES);
    }
  }));
});

test("names of tables fit and stay apart", () => {
  expect(sql.snapshotTable(connectionId)).toBe("tidegate_snapshot_0190c1f27d3e700080000123456789ab");
  expect(sql.snapshotTable("not a uuid")).toMatch(/^tidegate_snapshot_[0-9a-f]{32}$/);
  expect(sql.deltaTable(connectionId, runId)).toBe("tidegate_delta_0190c1f27d3e_0190c1f27d3e70008000ba9876543210");
  expect(Buffer.byteLength(sql.deltaTable(connectionId, runId))).toBeLessThanOrEqual(127);
});

test("a long list of rejected rows becomes several statements", () => {
  const { exclude } = sql.commitDelta({ connectionId, runId, mappingHash: "m" }, Array.from({ length: 25_001 }, (_, index) => index + 1));
  expect(exclude).toHaveLength(3);
  expect(exclude.join().match(/\d+/g)!.map(Number).filter((seq) => seq === 25_001)).toHaveLength(1);
});

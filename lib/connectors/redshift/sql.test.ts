import fc from "fast-check";
import { expect, test } from "vitest";
import * as sql from "./sql";

const hostile = `a"b'c\\d;--\n$$é`;

test("every statement, with names that bite", async () => {
  const statements: Record<string, string> = {
    "session settings": sql.sessionSettings(30_000),
    "visible schemas": sql.visibleSchemas(hostile),
    "schema privileges": sql.schemaPrivileges,
    "table owners": sql.tableOwners,
    columns: sql.columnsOf("dev", hostile, hostile),
    "state schema exists": sql.stateSchemaExists,
    "state schema privileges": sql.stateSchemaPrivileges,
    "state tables that exist": sql.stateTables,
    "state table privileges": sql.stateTablePrivileges([hostile, "b"]),
    "write probe": Object.values(sql.writeProbe("0f")).join(";\n"),
  };
  await expect(
    Object.entries(statements)
      .map(([name, text]) => `── ${name}\n${text}\n`)
      .join("\n"),
  ).toMatchFileSnapshot("./sql.golden.txt");
});

/** Redshift's reading of an ordinary literal: a backslash takes the next character as it is, a doubled quote is one. */
function readLiteral(text: string): string {
  let value = "";
  let at = 1;
  for (; at < text.length - 1; at++) {
    const character = text[at]!;
    if (character === "\\") value += text[++at];
    else if (character === "'") {
      if (text[at + 1] !== "'" || at + 1 >= text.length - 1)
        throw new Error("the literal ends early");
      value += text[++at];
    } else value += character;
  }
  return value;
}

test("no text escapes its quotes", () => {
  const bites = fc.string({ unit: fc.constantFrom("'", '"', "\\", ";", "-", "\n", "a", "é", "$") });
  fc.assert(
    fc.property(bites, (text) => {
      expect(readLiteral(sql.literal(text))).toBe(text);
      if (text)
        expect(sql.identifier(text).slice(1, -1).replaceAll('""', "\u0001")).not.toContain('"');
    }),
  );
  expect(() => sql.literal("a\0")).toThrow();
  expect(() => sql.identifier("a\0")).toThrow();
  expect(() => sql.identifier("")).toThrow();
});

test.each([
  ['SELECT "Id" FROM t', true],
  ['SELECT "a""B" FROM t', true],
  ["SELECT has_table_privilege(current_user, quote_ident('a'), 'SELECT')", true],
  ['SELECT "id" FROM "shop"."people"', false],
  [`SELECT 'it''s "Quoted"', E FROM "é"`, false],
  [`SELECT 'a\\' "Quoted"' FROM t`, false],
  [`UNLOAD ('SELECT "Id" FROM t') TO 's3://b/'`, false],
])("names with capitals: %s", (statement, needs) => {
  expect(sql.needsCapitals(statement)).toBe(needs);
});

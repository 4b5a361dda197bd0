import { expect, test } from "vitest";
import * as browseSql from "./browse-sql";
import * as catalogSql from "./catalog-sql";
import { describeColumn } from "./columns";

const column = (name: string, dataType: string, maxLength: number | null = null) =>
  describeColumn({ name, dataType, maxLength, precision: null, scale: null });
const hostile = `a"b'c\\d;--\n$$é`;
const columns = [
  column("id", "bigint"),
  column(hostile, "character varying", 100),
  column("bio", "character varying", 65_535),
  column("tags", "super"),
  column("photo", "varbyte", 64),
  column("place", "geometry"),
  column("active", "boolean"),
];

test("every statement, with names that bite", async () => {
  const first = { search: "", after: null, limit: 51 };
  const next = { search: hostile, after: { nearness: 1, name: hostile }, limit: 51 };
  const statements: Record<string, string> = {
    "schemas, first page": catalogSql.schemaPage(first),
    "schemas, searched, next page": catalogSql.schemaPage(next),
    "external and shared schemas": catalogSql.otherSchemaPage(hostile, next),
    "tables, first page": catalogSql.tablePage(hostile, first),
    "tables, searched, next page": catalogSql.tablePage(hostile, next),
    "external and shared tables": catalogSql.otherTablePage(hostile, hostile, first),
    "what is known of a schema": catalogSql.schemaFacts(hostile),
    "what is known of a table": catalogSql.tableFacts(hostile, hostile),
    "privilege on a table": [
      catalogSql.selectPrivilege(hostile, hostile),
      catalogSql.selectGrants(hostile, hostile),
    ].join(";\n"),
    "schemas that hold a name": catalogSql.schemasWith(hostile),
    "one external or shared table": catalogSql.otherTable(hostile, hostile, hostile),
    "columns of a late-binding view": catalogSql.resultColumns(hostile, hostile),
    preview: browseSql.preview(hostile, hostile, columns, 100, 64),
    "one whole value": browseSql.cell(
      {
        schema: hostile,
        table: hostile,
        column: "bio",
        begin: hostile,
        bytes: 70,
        key: { column: "id", value: "7" },
      },
      column("bio", "character varying", 65_535),
      column("id", "bigint"),
    ),
    "key health": browseSql.keyHealth(hostile, hostile, [
      column(hostile, "character varying", 100),
    ]),
    "profile of a text": browseSql.profile(
      hostile,
      hostile,
      column(hostile, "character varying", 100),
    ),
    "profile of a number": browseSql.profile(hostile, hostile, column("id", "bigint")),
    "profile of a SUPER": browseSql.profile(hostile, hostile, column("tags", "super")),
  };
  await expect(
    Object.entries(statements)
      .map(([name, text]) => `── ${name}\n${text}\n`)
      .join("\n"),
  ).toMatchFileSnapshot("./browse-sql.golden.txt");
});

test("what a preview reads stays near its limit, whatever the table", () => {
  expect([
    browseSql.charactersShown(1, 100),
    browseSql.charactersShown(10, 100),
    browseSql.charactersShown(100, 100),
    browseSql.charactersShown(1_600, 100),
    browseSql.charactersShown(0, 0),
  ]).toEqual([1_000, 1_000, 100, 64, 1_000]);
});

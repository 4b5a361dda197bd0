// Statements that list what is in the warehouse, searched and paged there: a schema may hold ten thousand tables.
// Pages follow the last name in a total order (nearness to what was searched, then the name's bytes), so that a table
// made meanwhile moves none. What may not be read is listed too, hence pg_class instead of the views that hide it.
import type { CatalogCursor } from "@/lib/connectors/contract/catalog";
import { literal } from "@/lib/connectors/redshift/quote";
import { STATE_SCHEMA } from "@/lib/connectors/redshift/spec";
import { qualified } from "@/lib/connectors/redshift/sql";

export type Wanted = { search: string; after: CatalogCursor | null; limit: number };

const lines = (...parts: string[]): string => parts.join("\n");

const HIDDEN_SCHEMAS = [
  "pg_catalog",
  "information_schema",
  "pg_internal",
  "pg_automv",
  "pg_auto_copy",
  "pg_s3",
  "pg_mv",
  "catalog_history",
  STATE_SCHEMA,
];
const hidden = (name: string): string =>
  `${name} NOT IN (${HIDDEN_SCHEMAS.map(literal).join(", ")}) AND LEFT(CAST(${name} AS varchar), 8) NOT IN ('pg_temp_', 'pg_toast')`;

/** 0 is the name that was typed, 1 one that begins with it, 2 one that holds it. */
const nearness = (name: string, search: string): string =>
  search === ""
    ? "2"
    : `CASE WHEN LOWER(${name}) = LOWER(${literal(search)}) THEN 0 WHEN STRPOS(LOWER(${name}), LOWER(${literal(search)})) = 1 THEN 1 ELSE 2 END`;

/** One page of `inner`, which gives a `name` and what else is wanted of it. */
function page(inner: string[], { search, after, limit }: Wanted): string[] {
  const conditions = [
    ...(search === "" ? [] : [`STRPOS(LOWER(name), LOWER(${literal(search)})) > 0`]),
    ...(after === null
      ? []
      : [
          `(${nearness("name", search)} > ${Math.trunc(after.nearness)} OR (${nearness("name", search)} = ${Math.trunc(after.nearness)} AND name > ${literal(after.name)}))`,
        ]),
  ];
  return [
    `SELECT o.*, ${nearness("name", search)} AS nearness FROM (`,
    ...inner.map((line) => `  ${line}`),
    `) o${conditions.length ? ` WHERE ${conditions.join(" AND ")}` : ""}`,
    `ORDER BY nearness, name LIMIT ${Math.trunc(limit)}`,
  ];
}

/** Schemas of this database with their owner, and whether this user may look inside: leader-node only. */
export const schemaPage = (wanted: Wanted): string =>
  lines(
    "SELECT s.name, s.nearness, pg_get_userbyid(s.owner), has_schema_privilege(current_user, s.name, 'USAGE') FROM (",
    ...page(
      [
        `SELECT CAST(nspname AS varchar) AS name, nspowner AS owner FROM pg_catalog.pg_namespace WHERE ${hidden("nspname")}`,
      ],
      wanted,
    ).map((line) => `  ${line}`),
    ") s ORDER BY s.nearness, s.name",
  );

/** External and shared schemas: what isn't of this cluster may be missing among its namespaces. */
export const otherSchemaPage = (database: string, wanted: Wanted): string =>
  lines(
    ...page(
      [
        `SELECT schema_name AS name, schema_type AS kind FROM svv_all_schemas WHERE database_name = ${literal(database)} AND schema_type <> 'local' AND ${hidden("schema_name")}`,
      ],
      wanted,
    ),
  );

/** The tables in which Redshift keeps materialized views have names like these, and belong to no one. */
const KEPT_VIEWS = "LEFT(CAST(relname AS varchar), 8) <> 'mv_tbl__'";

const kindOfView = (oid: string): string =>
  `CASE WHEN pg_get_viewdef(${oid}) ILIKE '%create materialized view%' THEN 'materialized view' WHEN pg_get_viewdef(${oid}) ILIKE '%with no schema binding%' THEN 'late-binding view' ELSE 'view' END`;

const mayRead = (schema: string, name: string): string =>
  `has_table_privilege(current_user, quote_ident(${literal(schema)}) || '.' || quote_ident(${name}), 'SELECT')`;

/** Tables and views of a schema of this cluster, with what is known of each without reading it: leader-node only. */
export const tablePage = (schema: string, wanted: Wanted): string =>
  lines(
    `SELECT t.name, t.nearness, CASE WHEN t.relkind = 'v' THEN ${kindOfView("t.oid")} ELSE 'table' END, pg_get_userbyid(t.relowner), t.reltuples, ${mayRead(schema, "t.name")} FROM (`,
    ...page(
      [
        `SELECT CAST(relname AS varchar) AS name, oid, relkind, relowner, reltuples FROM pg_catalog.pg_class WHERE relkind IN ('r', 'v') AND ${KEPT_VIEWS}`,
        `AND relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)})`,
      ],
      wanted,
    ).map((line) => `  ${line}`),
    ") t ORDER BY t.nearness, t.name",
  );

/** Tables of an external or a shared schema; only those that may be read are listed by the warehouse. */
export const otherTablePage = (database: string, schema: string, wanted: Wanted): string =>
  lines(
    ...page(
      [
        `SELECT table_name AS name, table_type AS kind FROM svv_all_tables WHERE database_name = ${literal(database)} AND schema_name = ${literal(schema)}`,
      ],
      wanted,
    ),
  );

/** One row if an external or a shared schema has this table. */
export const otherTable = (database: string, schema: string, table: string): string =>
  `SELECT table_type FROM svv_all_tables WHERE database_name = ${literal(database)} AND schema_name = ${literal(schema)} AND table_name = ${literal(table)}`;

/** One row if the schema is of this cluster: its owner, and whether it may be looked into. */
export const schemaFacts = (schema: string): string =>
  `SELECT pg_get_userbyid(nspowner), has_schema_privilege(current_user, nspname, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)}`;

/** One row if the table is of this cluster: its kind and its owner. */
export const tableFacts = (schema: string, table: string): string =>
  lines(
    `SELECT CASE WHEN relkind = 'v' THEN ${kindOfView("c.oid")} ELSE 'table' END, pg_get_userbyid(relowner)`,
    `FROM pg_catalog.pg_class c WHERE relname = ${literal(table)} AND relkind IN ('r', 'v') AND relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)})`,
  );

/**
 * Which columns of a table its rows are distributed and sorted by (a place below zero is one of an interleaved key), and
 * which take no NULL or have a default; that of an IDENTITY column calls "identity" or default_identity.
 */
export const tableLayout = (database: string, schema: string, table: string): string =>
  `SELECT column_name, distkey, sortkey, is_nullable, column_default FROM svv_redshift_columns WHERE database_name = ${literal(database)} AND schema_name = ${literal(schema)} AND table_name = ${literal(table)} ORDER BY ABS(sortkey), ordinal_position`;

/** The cluster's id, whatever host name it is reached by (AWS, CURRENT_NAMESPACE); leader-node only. */
export const currentNamespace = "SELECT current_namespace";

/** One row if the relation is of this cluster: its identity and its kind. */
export const relationId = (schema: string, relation: string): string =>
  `SELECT CAST(c.oid AS varchar), c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${literal(schema)} AND c.relname = ${literal(relation)} AND c.relkind IN ('r', 'v')`;
/** The catalogue's own number of pg_class, the same in every release. */
const PG_CLASS = 1259;
/** What these views read. */
export const basesOf = (views: readonly string[]): string =>
  `SELECT DISTINCT CAST(c.oid AS varchar), c.relkind FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class c ON c.oid = d.refobjid WHERE d.refclassid = ${PG_CLASS} AND r.ev_class IN (${views.map((view) => Math.trunc(Number(view))).join(", ")}) AND c.oid <> r.ev_class AND c.relkind IN ('r', 'v')`;
export const viewText = (view: string): string =>
  `SELECT pg_get_viewdef(${Math.trunc(Number(view))})`;

/** Whether this user may read a table. Fails where the schema may not be looked into, so that must be known first. */
export const selectPrivilege = (schema: string, table: string): string =>
  `SELECT has_table_privilege(current_user, quote_ident(${literal(schema)}) || '.' || quote_ident(${literal(table)}), 'SELECT')`;

/** SELECT granted to this user, to a role or group of it, or to all; known also where the schema may not be looked into. */
export const selectGrants = (schema: string, table: string): string =>
  `SELECT COUNT(*) FROM svv_relation_privileges WHERE namespace_name = ${literal(schema)} AND relation_name = ${literal(table)} AND privilege_type = 'SELECT'`;

/** Which schemas hold something of this name: a refusal names the relation alone. */
export const schemasWith = (relation: string): string =>
  `SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v') AND c.relname = ${literal(relation)} AND ${hidden("n.nspname")} ORDER BY n.nspname LIMIT 3`;

/**
 * Columns of a relation that svv_all_columns doesn't know, such as a late-binding view: those of an empty result.
 * pg_get_late_binding_view_cols() and svv_columns, which rests on it, would open every such view of the database, which
 * takes minutes on a large cluster.
 */
export const resultColumns = (schema: string, relation: string): string =>
  `SELECT * FROM ${qualified(schema, relation)} LIMIT 0`;

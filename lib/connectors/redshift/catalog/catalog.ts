// Schemas → tables → columns, as the user who logs in sees them.
import {
  tableKinds,
  type CatalogCursor,
  type CatalogRequest,
  type OwnerInfo,
  type Page,
  type SchemaInfo,
  type TableInfo,
  type TableKind,
} from "@/lib/connectors/contract/catalog";
import { realDelay } from "@/lib/connectors/retry";
import { isMissing, whileSwapped } from "@/lib/connectors/swapped";
import { SyncError } from "@/lib/platform/errors";
import * as catalogSql from "./catalog-sql";
import type { RedshiftSession, Rows } from "@/lib/connectors/redshift/session/client";
import { describeColumn, describeField, type RedshiftColumn } from "./columns";
import { readingGrants } from "@/lib/connectors/redshift/checks/permissions";
import { STATE_SCHEMA } from "@/lib/connectors/redshift/spec";
import * as sql from "@/lib/connectors/redshift/sql";

const HIDDEN_SCHEMAS = new Set([
  "pg_catalog",
  "information_schema",
  "pg_internal",
  "pg_automv",
  "pg_auto_copy",
  "pg_s3",
  "pg_mv",
  "catalog_history",
  STATE_SCHEMA,
]);
const isHidden = (schema: string) =>
  HIDDEN_SCHEMAS.has(schema) || schema.startsWith("pg_temp_") || schema.startsWith("pg_toast");

/** has_…_privilege answers with a boolean, or with a text that says so, depending on where it runs. */
export const isTrue = (cell: string | null | undefined): boolean => cell === "t" || cell === "true";

const databases = new WeakMap<RedshiftSession, string>();
export async function databaseOf(session: RedshiftSession, signal: AbortSignal): Promise<string> {
  const known = databases.get(session);
  if (known !== undefined) return known;
  const name = (await session.query(sql.currentDatabase, signal))[0]?.[0] ?? "";
  databases.set(session, name);
  return name;
}

/**
 * Runs a statement that asks has_…_privilege of many names: what is dropped while it runs fails all of it, on a cluster
 * where tables are rebuilt every hour now and then (metabase/metabase #65546). So it is asked again.
 */
const list = (session: RedshiftSession, statement: string, signal: AbortSignal): Promise<Rows> =>
  whileSwapped(() => session.query(statement, signal), realDelay, signal).catch(
    (error: unknown) => {
      if (!isMissing(error)) throw error;
      throw new SyncError(
        "Tables were dropped while they were listed.",
        "transient",
        { ...error.detail, remedy: "Try again in a moment." },
        { cause: error },
      );
    },
  );

/** Every schema but the system's and our own, by name; what may not be looked into is listed with `readable: false`. */
export async function listSchemas(
  session: RedshiftSession,
  signal: AbortSignal,
): Promise<{ name: string; readable: boolean }[]> {
  const visible = await session.query(
    sql.visibleSchemas(await databaseOf(session, signal)),
    signal,
  );
  const privileges = new Map(
    (await list(session, sql.schemaPrivileges, signal)).map(([name, usage]) => [
      name,
      isTrue(usage),
    ]),
  );
  // A shared or external schema may have no row in pg_namespace; that it is visible means that it may be used.
  const names = new Set(
    [...visible.map(([name]) => name), ...privileges.keys()].filter(
      (name) => typeof name === "string",
    ),
  );
  return [...names]
    .filter((name) => !isHidden(name))
    .sort()
    .map((name) => ({ name, readable: privileges.get(name) ?? true }));
}

const PAGE = 50;
const number = (cell: string | null | undefined): number | null =>
  cell === null || cell === undefined ? null : Number(cell);

type Found<T> = { item: T; at: CatalogCursor };
const nearerFirst = <T>(a: Found<T>, b: Found<T>): number =>
  a.at.nearness - b.at.nearness || Buffer.compare(Buffer.from(a.at.name), Buffer.from(b.at.name));

/** One row more than a page was asked for: it tells whether there is a next one. */
function pageOf<T>(found: Found<T>[]): Page<T> {
  const shown = found.slice(0, PAGE);
  return {
    items: shown.map(({ item }) => item),
    next: found.length > PAGE ? (shown.at(-1)?.at ?? null) : null,
  };
}

/** A page of schemas. Those of other clusters and of external catalogues are asked for apart, and put in their place. */
export async function pageSchemas(
  session: RedshiftSession,
  user: string,
  request: CatalogRequest,
  signal: AbortSignal,
): Promise<Page<SchemaInfo>> {
  const wanted = { ...request, limit: PAGE + 1 };
  const others = new Map(
    (
      await session.query(
        catalogSql.otherSchemaPage(await databaseOf(session, signal), wanted),
        signal,
      )
    ).map(([name, kind, nearness]) => [
      name ?? "",
      {
        kind: /shared/i.test(kind ?? "") ? ("shared" as const) : ("external" as const),
        nearness: Number(nearness),
      },
    ]),
  );
  const found = new Map<string, Found<SchemaInfo>>();
  for (const [name, { kind, nearness }] of others)
    found.set(name, { item: { name, kind, readable: true }, at: { nearness, name } });
  for (const [name, nearness, owner, usage] of await list(
    session,
    catalogSql.schemaPage(wanted),
    signal,
  )) {
    if (!name) continue;
    const readable = isTrue(usage);
    found.set(name, {
      item: {
        name,
        kind: others.get(name)?.kind ?? "local",
        readable,
        ...(owner && { owner }),
        ...(!readable && { grant: readingGrants(name, user).usage }),
      },
      at: { nearness: Number(nearness), name },
    });
  }
  return pageOf([...found.values()].sort(nearerFirst));
}

const otherKind = (tableType: string): TableKind => {
  if (/external/i.test(tableType)) return "external";
  if (/shared/i.test(tableType)) return "shared";
  return /view/i.test(tableType) ? "view" : "table";
};
export const tableKindOf = (text: string | null | undefined): TableKind =>
  tableKinds.find((kind) => kind === text) ?? "table";

/** A page of a schema's tables and views with their owners and row estimates; what may not be read names its GRANT. */
export async function pageTables(
  session: RedshiftSession,
  user: string,
  schema: string,
  request: CatalogRequest,
  signal: AbortSignal,
): Promise<Page<TableInfo>> {
  const wanted = { ...request, limit: PAGE + 1 };
  const own = await list(session, catalogSql.tablePage(schema, wanted), signal);
  const found = own.flatMap(([name, nearness, kind, owner, rows, select]): Found<TableInfo>[] => {
    if (!name) return [];
    const readable = isTrue(select);
    const estimate = Math.round(number(rows) ?? 0);
    return [
      {
        item: {
          schema,
          name,
          kind: tableKindOf(kind),
          readable,
          ...(owner && { owner }),
          ...(estimate > 0 && { rowEstimate: estimate }),
          ...(!readable && { grant: readingGrants(schema, user).table(name) }),
        },
        at: { nearness: Number(nearness), name },
      },
    ];
  });
  if (found.length > 0) return pageOf(found);
  // none of this cluster: the schema may be an external or a shared one
  const others = await session.query(
    catalogSql.otherTablePage(await databaseOf(session, signal), schema, wanted),
    signal,
  );
  return pageOf(
    others.flatMap(([name, type, nearness]): Found<TableInfo>[] =>
      name
        ? [
            {
              item: { schema, name, kind: otherKind(type ?? ""), readable: true },
              at: { nearness: Number(nearness), name },
            },
          ]
        : [],
    ),
  );
}

/** Who owns tables and views, and how many, schema by schema: the one with most comes first. */
export async function listOwners(
  session: RedshiftSession,
  signal: AbortSignal,
): Promise<OwnerInfo[]> {
  const rows = await session.query(sql.tableOwners, signal);
  return rows.flatMap(([schema, owner, tables]) =>
    schema && owner && !isHidden(schema) ? [{ schema, owner, tables: Number(tables) }] : [],
  );
}

const withoutKept = (columns: RedshiftColumn[]): RedshiftColumn[] =>
  columns.filter(({ name }) => !name.startsWith("padb_internal"));

const described = (rows: Rows): RedshiftColumn[] =>
  rows.flatMap(([name, dataType, maxLength, precision, scale]) =>
    name && dataType
      ? [
          describeColumn({
            name,
            dataType,
            maxLength: number(maxLength),
            precision: number(precision),
            scale: number(scale),
          }),
        ]
      : [],
  );

/** Columns of a plain table of this database, in order. Empty: there is none. */
export const listTableColumns = async (
  session: RedshiftSession,
  schema: string,
  table: string,
  signal: AbortSignal,
): Promise<RedshiftColumn[]> =>
  described(
    await session.query(sql.columnsOf(await databaseOf(session, signal), schema, table), signal),
  );

/** Columns in order, without the hidden ones of materialized views. Empty: no such table, or nothing of it may be seen. */
export async function listColumns(
  session: RedshiftSession,
  schema: string,
  table: string,
  signal: AbortSignal,
): Promise<RedshiftColumn[]> {
  const columns = await listTableColumns(session, schema, table, signal);
  if (columns.length > 0) return withoutKept(columns);
  // the empty result of what isn't there would be an error, and end the transaction that this may be part of
  if (!(await mayHaveColumns(session, schema, table, signal))) return [];
  const fields = await session.fields(catalogSql.resultColumns(schema, table), signal);
  return withoutKept(fields.map(describeField));
}

/** A view of this cluster, or something of a schema that isn't of this cluster: svv_all_columns need not know either. */
async function mayHaveColumns(
  session: RedshiftSession,
  schema: string,
  table: string,
  signal: AbortSignal,
): Promise<boolean> {
  const [facts] = await session.query(catalogSql.tableFacts(schema, table), signal);
  if (facts) return tableKindOf(facts[0]) !== "table";
  const others = await session.query(
    catalogSql.otherTable(await databaseOf(session, signal), schema, table),
    signal,
  );
  return others.length > 0;
}

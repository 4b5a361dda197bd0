// Schemas → tables → columns, as the user who logs in sees them.
import type { OwnerInfo, SchemaInfo, TableInfo, TableKind } from "@/lib/connectors/contract";
import { SyncError } from "@/lib/platform/errors";
import type { RedshiftSession } from "./client";
import { describeColumn, type RedshiftColumn } from "./columns";
import { STATE_SCHEMA } from "./spec";
import * as sql from "./sql";

const HIDDEN_SCHEMAS = new Set(["pg_catalog", "information_schema", "pg_internal", "pg_automv", "pg_auto_copy", "pg_s3", "pg_mv", "catalog_history", STATE_SCHEMA]);
const isHidden = (schema: string) => HIDDEN_SCHEMAS.has(schema) || schema.startsWith("pg_temp_") || schema.startsWith("pg_toast");

/** has_…_privilege answers with a boolean, or with a text that says so, depending on where it runs. */
export const isTrue = (cell: string | null | undefined): boolean => cell === "t" || cell === "true";

const databaseOf = async (session: RedshiftSession, signal: AbortSignal): Promise<string> => (await session.query(sql.currentDatabase, signal))[0]?.[0] ?? "";

/** Every schema but the system's and our own, by name; what may not be looked into is listed with `readable: false`. */
export async function listSchemas(session: RedshiftSession, signal: AbortSignal): Promise<SchemaInfo[]> {
  const visible = await session.query(sql.visibleSchemas(await databaseOf(session, signal)), signal);
  const privileges = new Map((await session.query(sql.schemaPrivileges, signal)).map(([name, usage]) => [name, isTrue(usage)]));
  // A shared or external schema may have no row in pg_namespace; that it is visible means that it may be used.
  const names = new Set([...visible.map(([name]) => name), ...privileges.keys()].filter((name) => typeof name === "string"));
  return [...names].filter((name) => !isHidden(name)).sort().map((name) => ({ name, readable: privileges.get(name) ?? true }));
}

const kindOf = (tableType: string): TableKind => {
  if (/external/i.test(tableType)) return "external";
  if (/shared/i.test(tableType)) return "shared";
  return /view/i.test(tableType) ? "view" : "table";
};

/** Tables and views of a schema by name, with a row estimate where the user may see one. */
export async function listTables(session: RedshiftSession, schema: string, signal: AbortSignal): Promise<TableInfo[]> {
  const tables = new Map<string, { kind: TableKind; readable: boolean }>();
  for (const [name, type] of await session.query(sql.visibleTables(await databaseOf(session, signal), schema), signal)) if (name) tables.set(name, { kind: kindOf(type ?? ""), readable: true });
  for (const [name, type, select] of await session.query(sql.tablePrivileges(schema), signal)) if (name) tables.set(name, { kind: tables.get(name)?.kind ?? kindOf(type ?? ""), readable: isTrue(select) });
  const estimates = await rowEstimates(session, schema, signal);
  return [...tables].filter(([name]) => !name.startsWith("mv_tbl__")).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, table]) => {
    const rowEstimate = estimates.get(name);
    return { schema, name, ...table, ...(rowEstimate !== undefined && { rowEstimate }) };
  });
}

/** Who owns tables and views, and how many, schema by schema: the one with most comes first. */
export async function listOwners(session: RedshiftSession, signal: AbortSignal): Promise<OwnerInfo[]> {
  const rows = await session.query(sql.tableOwners, signal);
  return rows.flatMap(([schema, owner, tables]) => (schema && owner && !isHidden(schema) ? [{ schema, owner, tables: Number(tables) }] : []));
}

/** svv_table_info is for superusers unless granted: not being allowed is the usual case, and no failure. */
async function rowEstimates(session: RedshiftSession, schema: string, signal: AbortSignal): Promise<Map<string, number>> {
  try {
    const rows = await session.query(sql.rowEstimates(schema), signal);
    return new Map(rows.flatMap(([name, count]) => (name && count !== null ? [[name, Math.round(Number(count))]] : [])));
  } catch (error) {
    if (error instanceof SyncError && (error.detail.code === "42501" || error.detail.code === "42P01")) return new Map();
    throw error;
  }
}

/** Columns in order, without the hidden ones of materialized views. Empty: no such table, or nothing of it may be seen. */
export async function listColumns(session: RedshiftSession, schema: string, table: string, signal: AbortSignal): Promise<RedshiftColumn[]> {
  let rows = await session.query(sql.columnsOf(await databaseOf(session, signal), schema, table), signal);
  if (rows.length === 0) rows = await session.query(sql.columnsOfOlder(schema, table), signal);
  const number = (cell: string | null | undefined) => (cell === null || cell === undefined ? null : Number(cell));
  return rows.flatMap(([name, dataType, maxLength, precision, scale]) => (name && dataType && !name.startsWith("padb_internal")
    ? [describeColumn({ name, dataType, maxLength: number(maxLength), precision: number(precision), scale: number(scale) })]
    : []));
}

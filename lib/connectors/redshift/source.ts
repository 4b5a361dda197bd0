import type { ColumnInfo, Preview, SourceConnector } from "@/lib/connectors/contract";
import { realDelay, type Delay } from "@/lib/connectors/retry";
import { SyncError } from "@/lib/platform/errors";
import { listColumns, listOwners, listSchemas, listTables } from "./catalog";
import { forgetConnection, openChanges } from "./changes";
import { checkRedshift } from "./checks";
import { openRedshift, type RedshiftSession } from "./client";
import type { RedshiftConfig, RedshiftSecret } from "./spec";
import { preview as previewSql } from "./sql";

/** A page waits for these answers; a sync's own statements may run for hours. */
const BROWSE_LIMIT_MS = 30_000;
const NO_LIMIT = 0;

/** Redshift as a source. Each call logs in for itself; a change set keeps its connection until `close`. */
export function redshiftSource(config: RedshiftConfig, secret: RedshiftSecret, delay: Delay = realDelay): SourceConnector {
  const browse = async <T>(signal: AbortSignal, work: (session: RedshiftSession) => Promise<T>): Promise<T> => {
    const session = await openRedshift(config, secret, { statementTimeoutMs: BROWSE_LIMIT_MS }, signal);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };
  const openForSync = (signal: AbortSignal) => openRedshift(config, secret, { statementTimeoutMs: NO_LIMIT }, signal);
  const plain = ({ name, type, kind }: ColumnInfo): ColumnInfo => ({ name, type, kind });

  return {
    check: (signal) => checkRedshift(config, secret, signal),
    schemas: (signal) => browse(signal, (session) => listSchemas(session, signal)),
    tables: (schema, signal) => browse(signal, (session) => listTables(session, schema, signal)),
    owners: (signal) => browse(signal, (session) => listOwners(session, signal)),
    columns: (schema, table, signal) => browse(signal, async (session) => (await listColumns(session, schema, table, signal)).map(plain)),
    preview: (schema, table, limit, signal) => browse(signal, async (session): Promise<Preview> => {
      const columns = await listColumns(session, schema, table, signal);
      if (columns.length === 0) {
        throw new SyncError(`There is no table “${schema}”.“${table}”, or “${config.user}” may not see it.`, "user-fixable", { remedy: "Check its name, and grant SELECT on it with the permissions script." });
      }
      return { columns: columns.map(plain), rows: await session.query(previewSql(schema, table, columns, limit), signal) };
    }),
    changes: (request, signal) => openChanges(openForSync, request, delay, signal),
    forget: async (connectionId, signal) => {
      const session = await openForSync(signal);
      try {
        await forgetConnection(session, connectionId, delay, signal);
      } finally {
        await session.close();
      }
    },
  };
}

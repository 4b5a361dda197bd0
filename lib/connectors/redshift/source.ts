import type { Catalog, ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { ChangeDetection, StatementObserver } from "@/lib/connectors/contract/changes";
import type { BaseSource, LargeReads } from "@/lib/connectors/contract/source";
import type { TableComparison } from "@/lib/connectors/contract/comparison";
import type { TablePreview } from "@/lib/connectors/contract/preview";
import type { DeliveredState } from "@/lib/connectors/contract/state";
import { realDelay, type Delay } from "@/lib/connectors/retry";
import { openBucket } from "@/lib/connectors/s3/client";
import { isMissing, tableMissing, whileSwapped } from "@/lib/connectors/swapped";
import type { StagingSecret } from "@/lib/connectors/s3/spec";
import { readCell, readKeyHealth, readProfile } from "@/lib/connectors/redshift/catalog/browse";
import {
  listColumns,
  listOwners,
  pageSchemas,
  pageTables,
} from "@/lib/connectors/redshift/catalog/catalog";
import { forgetConnection, openChanges } from "@/lib/connectors/redshift/changes/changes";
import { dryRun, listKept } from "@/lib/connectors/redshift/changes/dry-run";
import { checkRedshift } from "@/lib/connectors/redshift/checks/checks";
import { originOfSource } from "@/lib/connectors/redshift/load/origin";
import { identifier } from "./quote";
import {
  asSource,
  digestRows,
  longestTexts,
  readDigest,
} from "@/lib/connectors/redshift/checks/reconcile";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { openWithinLimit, withSession } from "@/lib/connectors/redshift/session/sessions";
import type { RedshiftConfig, RedshiftSecret, UnloadConfig } from "./spec";
import { qualified } from "./sql";
import { inspectTable } from "@/lib/connectors/redshift/checks/table-check";
import {
  sweepUnloads,
  unloadReader,
  type UnloadTools,
} from "@/lib/connectors/redshift/unload/unload";
import { checkUnloading } from "@/lib/connectors/redshift/checks/unload-checks";

/** How long a statement may take that a page waits for; a sync's own may run for hours. */
export type BrowseLimits = { lookMs: number; countMs: number; dryRunMs: number };
const defaultLimits: BrowseLimits = { lookMs: 15_000, countMs: 60_000, dryRunMs: 300_000 };
/** A statement of a run may take hours on a big table; one that hangs must not hold its run for ever. */
const RUN_STATEMENT_MS = 12 * 60 * 60_000;

/** The bucket through which large change sets leave; `partBytes` is for tests. */
export type SourceUnload = { config: UnloadConfig; secret: StagingSecret; partBytes?: number };

export type RedshiftSource = BaseSource &
  Catalog &
  TablePreview &
  ChangeDetection &
  DeliveredState &
  TableComparison &
  Partial<LargeReads>;

/** Redshift as a source. A change set keeps its connection until `close`. */
export function redshiftSource(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  delay: Delay = realDelay,
  limits: BrowseLimits = defaultLimits,
  unload?: SourceUnload,
): RedshiftSource {
  const look = <T>(
    signal: AbortSignal,
    work: (session: RedshiftSession) => Promise<T>,
  ): Promise<T> =>
    withSession(config, secret, limits.lookMs, signal, (session) =>
      whileSwapped(() => work(session), delay, signal),
    );
  const count = <T>(
    signal: AbortSignal,
    work: (session: RedshiftSession) => Promise<T>,
  ): Promise<T> =>
    withSession(config, secret, limits.countMs, signal, (session) =>
      whileSwapped(() => work(session), delay, signal),
    );
  const openForSync = (signal: AbortSignal, observe?: StatementObserver, runId?: string) =>
    openWithinLimit(
      config,
      secret,
      {
        statementTimeoutMs: RUN_STATEMENT_MS,
        queryGroup: runId && `tidegate run ${runId}`,
        observe,
        hide: unload && [unload.secret.secretAccessKey],
      },
      "run",
      signal,
      delay,
    );
  const toolsOf = ({
    config: { fromRows, ...staging },
    secret: stagingSecret,
    partBytes,
  }: SourceUnload): UnloadTools => ({
    bucket: openBucket(staging, stagingSecret, delay),
    staging,
    secret: stagingSecret,
    fromRows,
    delay,
    partBytes,
  });
  const sweep = async (
    connectionId: string,
    isOver: (runId: string) => boolean = () => true,
  ): Promise<void> => {
    if (!unload) return;
    const tools = toolsOf(unload);
    await sweepUnloads(tools, connectionId, isOver);
    tools.bucket.close();
  };
  const drop = async (
    signal: AbortSignal,
    work: (session: RedshiftSession) => Promise<void>,
  ): Promise<void> => {
    const session = await openForSync(signal);
    try {
      await work(session);
    } finally {
      await session.close();
    }
  };
  const plain = ({ name, type, kind, unusable }: ColumnInfo): ColumnInfo => ({
    name,
    type,
    kind,
    ...(unusable && { unusable }),
  });

  return {
    check: (signal) => checkRedshift(config, secret, signal),
    schemas: (request, signal) =>
      look(signal, (session) => pageSchemas(session, config.user, request, signal)),
    tables: (schema, request, signal) =>
      look(signal, (session) => pageTables(session, config.user, schema, request, signal)),
    owners: (signal) => look(signal, (session) => listOwners(session, signal)),
    columns: (schema, table, signal) =>
      look(signal, async (session) => {
        const columns = await listColumns(session, schema, table, signal);
        if (columns.length === 0) throw tableMissing(`There is no table “${schema}”.“${table}”.`);
        return columns.map(plain);
      }).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      }),
    origin: (schema, table, signal) =>
      look(signal, (session) => originOfSource(session, schema, table, delay, signal)),
    inspect: (schema, table, limit, signal) =>
      withSession(config, secret, limits.lookMs, signal, (session) =>
        inspectTable(session, config.user, schema, table, limit, limits.lookMs, delay, signal),
      ),
    cell: (request, signal) => look(signal, (session) => readCell(session, request, signal)),
    keyHealth: (schema, table, keys, signal) =>
      count(signal, (session) => readKeyHealth(session, schema, table, keys, signal)),
    profile: (schema, table, column, signal) =>
      count(signal, (session) => readProfile(session, schema, table, column, signal)),
    changes: async (request, signal, observe) => {
      const open = (wanted: AbortSignal) => openForSync(wanted, observe, request.runId);
      if (!unload) return openChanges(open, request, delay, signal);
      const tools = toolsOf(unload);
      try {
        await sweepUnloads(tools, request.connectionId, (run) => run !== request.runId); // left by runs that are dead
        const reader = unloadReader(tools, request.connectionId, request.runId);
        const set = await openChanges(open, request, delay, signal, reader);
        return {
          ...set,
          readHow: reader.readHow,
          commit: async (rejected, wanted) => {
            await set.commit(rejected, wanted);
            await sweepUnloads(tools, request.connectionId, () => true);
          },
          close: async () => {
            tools.bucket.close();
            await set.close();
          },
        };
      } catch (error) {
        tools.bucket.close();
        throw error;
      }
    },
    ...(unload && {
      discard: (connectionId: string, runId: string | null) =>
        sweep(connectionId, (run) => runId === null || run === runId),
      checkUnload: (signal: AbortSignal) => checkUnloading(config, secret, unload, delay, signal),
    }),
    dryRun: (request, signal) =>
      withSession(config, secret, limits.dryRunMs, signal, (session) =>
        whileSwapped(() => dryRun(session, request, signal), delay, signal),
      ),
    kept: (connectionIds, signal) =>
      count(signal, (session) => listKept(session, connectionIds, signal)),
    longest: (schema, table, columns, signal) =>
      count(
        signal,
        async (session) =>
          (await session.query(longestTexts(qualified(schema, table), columns), signal))[0]?.map(
            Number,
          ) ?? [],
      ),
    digest: (schema, table, columns, keys, signal) =>
      count(signal, async (session) => {
        const known = asSource(
          await listColumns(session, schema, table, signal),
          (name) => name,
          () => "",
        );
        const of = (names: string[]) =>
          names
            .flatMap((name) => known.find(({ source }) => source === name) ?? [])
            .map(({ column, source }) => ({ column, ref: identifier(source) }));
        return readDigest(
          session,
          digestRows(qualified(schema, table), of(columns), of(keys)),
          signal,
        );
      }),
    prune: async (connectionId, signal) => {
      await drop(signal, (session) =>
        forgetConnection(session, connectionId, "state and log", delay, signal),
      );
      await sweep(connectionId);
    },
    forget: async (connectionId, signal) => {
      await sweep(connectionId); // first: the warehouse may be away
      await drop(signal, (session) =>
        forgetConnection(session, connectionId, "nothing", delay, signal),
      );
    },
  };
}

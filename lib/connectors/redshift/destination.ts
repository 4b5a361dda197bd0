import type { StatementObserver } from "@/lib/connectors/contract/changes";
import type { TableDestination } from "@/lib/connectors/contract/rows";
import { realDelay, type Delay } from "@/lib/connectors/retry";
import { openBucket } from "@/lib/connectors/s3/client";
import type { PartLimits } from "@/lib/connectors/s3/parts";
import { listColumns } from "@/lib/connectors/redshift/catalog/catalog";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { openWithinLimit } from "@/lib/connectors/redshift/session/sessions";
import { checkLoading } from "@/lib/connectors/redshift/checks/load-checks";
import {
  forgetLoads,
  openRedshiftLoad,
  removeStaged,
  surveyTable,
} from "@/lib/connectors/redshift/load/load";
import { qualified } from "@/lib/connectors/redshift/load/load-sql";
import { asSource, digestRows, readDigest } from "@/lib/connectors/redshift/checks/reconcile";
import type { RedshiftDestinationConfig, RedshiftDestinationSecret } from "./spec";
import { statementsOf, targetName } from "@/lib/connectors/redshift/load/target";
import { assertOther } from "@/lib/connectors/redshift/load/origin";
import { planFor } from "@/lib/connectors/redshift/load/target-plan";

const MINUTE_MS = 60_000;
const NO_LIMIT = 0;
/** A run that has nothing to load waits no longer than this for a bucket that is away. */
const SWEEP_MS = 10_000;

/** Redshift as a destination: rows through S3 and COPY into one table a connection. */
export function redshiftDestination(
  { connection, staging, tables }: RedshiftDestinationConfig,
  secret: RedshiftDestinationSecret,
  delay: Delay = realDelay,
  limits?: PartLimits,
): TableDestination {
  const bucket = openBucket(staging, secret.staging, delay);
  const open = (signal: AbortSignal, observe?: StatementObserver) =>
    openWithinLimit(
      connection,
      secret.connection,
      { statementTimeoutMs: NO_LIMIT, hide: [secret.staging.secretAccessKey], observe },
      "run",
      signal,
      delay,
    );
  const look = async <T>(
    work: (session: RedshiftSession) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    const session = await open(signal);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };
  return {
    takes: "rows",
    batch: { rows: tables.batchRows, ms: tables.batchMinutes * MINUTE_MS },
    check: (signal) => checkLoading({ connection, staging, tables }, secret, bucket, signal),
    openLoad: (request, observe) =>
      openRedshiftLoad(
        {
          open: (signal) => open(signal, observe),
          bucket,
          staging,
          stagingSecret: secret.staging,
          options: tables,
          warehouse: `${connection.host}:${connection.port}/${connection.database}`,
          delay,
          limits,
        },
        request,
      ),
    survey: (request, signal) =>
      look((session) => surveyTable(session, tables, request, delay, signal), signal),
    // what is left this time, the next run removes
    sweep: (connectionId, fence, signal) =>
      removeStaged(
        bucket,
        staging,
        connectionId,
        fence,
        AbortSignal.any([signal, AbortSignal.timeout(SWEEP_MS)]),
      ).catch(() => undefined),
    forecast: (question, signal) =>
      look(async (session) => {
        const name = targetName(tables.targetTable || question.table);
        const { plan } = await planFor(
          session,
          {
            schema: tables.targetSchema,
            table: name,
            columns: question.columns,
            keys: question.keys,
            options: tables,
            order: question.order,
          },
          signal,
        );
        return {
          table: `${tables.targetSchema}.${name}`,
          statements: statementsOf(plan),
          columns: plan.columns.map(({ source, name: target, type, maxBytes }) => ({
            source: source.name,
            target,
            type,
            maxBytes,
          })),
        };
      }, signal),
    examine: ({ origin, ...question }, signal) =>
      look(async (session) => {
        const schema = tables.targetSchema;
        const name = targetName(tables.targetTable || question.table);
        await assertOther(session, schema, name, origin, signal);
        const { columns, keys, order } = question;
        await planFor(
          session,
          { schema, table: name, columns, keys, options: tables, order },
          signal,
        );
      }, signal),
    digest: (question, signal) =>
      look(async (session) => {
        const name = targetName(tables.targetTable || question.table);
        const has = new Map(
          (await listColumns(session, tables.targetSchema, name, signal)).map((column) => [
            column.name,
            column.type,
          ]),
        );
        if (has.size === 0) return [];
        const known = asSource(question.columns, targetName, (target) => has.get(target) ?? "");
        return readDigest(
          session,
          digestRows(
            qualified(tables.targetSchema, name),
            known,
            question.keys.flatMap((key) => known.find(({ source }) => source === key) ?? []),
          ),
          signal,
        );
      }, signal),
    forget: async (connectionId, signal) => {
      const session = await open(signal);
      try {
        await forgetLoads(session, bucket, staging, tables.targetSchema, connectionId, signal);
      } finally {
        await session.close();
      }
    },
    close: async () => bucket.close(),
  };
}

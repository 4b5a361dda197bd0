import type { StatementObserver, TableDestination } from "@/lib/connectors/contract";
import { realDelay, type Delay } from "@/lib/connectors/retry";
import { openBucket } from "@/lib/connectors/s3/client";
import type { PartLimits } from "@/lib/connectors/s3/parts";
import { openRedshift } from "./client";
import { checkLoading } from "./load-checks";
import { forgetLoads, openRedshiftLoad } from "./load";
import type { RedshiftDestinationConfig, RedshiftDestinationSecret } from "./spec";

const MINUTE_MS = 60_000;
const NO_LIMIT = 0;

/** Redshift as a destination: rows through S3 and COPY into one table a connection. */
export function redshiftDestination({ connection, staging, tables }: RedshiftDestinationConfig, secret: RedshiftDestinationSecret, delay: Delay = realDelay, limits?: PartLimits): TableDestination {
  const bucket = openBucket(staging, secret.staging, delay);
  const open = (signal: AbortSignal, observe?: StatementObserver) => openRedshift(connection, secret.connection, { statementTimeoutMs: NO_LIMIT, hide: [secret.staging.secretAccessKey], observe }, signal);
  return {
    takes: "rows",
    batch: { rows: tables.batchRows, ms: tables.batchMinutes * MINUTE_MS },
    check: (signal) => checkLoading({ connection, staging, tables }, secret, bucket, signal),
    openLoad: (request, observe) => openRedshiftLoad({ open: (signal) => open(signal, observe), bucket, staging, stagingSecret: secret.staging, options: tables, warehouse: `${connection.host}:${connection.port}/${connection.database}`, delay, limits }, request),
    forget: async (connectionId, signal) => {
      const session = await open(signal);
      try {
        await forgetLoads(session, tables.targetSchema, connectionId, signal);
      } finally {
        await session.close();
      }
    },
    close: async () => bucket.close(),
  };
}

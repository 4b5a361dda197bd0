// What COPY and UNLOAD need of the session they run in.
import type { Backend } from "./backend";
import type { Mode } from "./modes";
import type { PlanContext, SqlPlan } from "./plan";
import type { RedshiftServer } from "./server";

export interface Host {
  /** The client's own PostgreSQL session: same transaction, same temporary tables. */
  backend: Backend;
  server: RedshiftServer;
  mode: Mode;
  user: string;
  database: string;
  context: PlanContext;
  /** A plan whose question about tables is answered. */
  answered(made: SqlPlan): Promise<SqlPlan>;
  /** Aborts on cancel and when the client goes away. */
  signal: AbortSignal;
  /** An INFO message for the client. */
  info(text: string): void;
}

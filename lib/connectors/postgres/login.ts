import type { Login } from "@/lib/connectors/contract/checks";
import { openPostgres } from "./client";
import { checkConnection } from "./destination";
import type { PostgresConfig, PostgresSecret } from "./spec";
import { alterPassword } from "./sql";

/** A saved login to PostgreSQL. */
export const postgresLogin = (config: PostgresConfig, secret: PostgresSecret): Login => ({
  check: (signal) => checkConnection(config, secret, signal),
  changePassword: async (next, signal) => {
    const session = await openPostgres(config, secret, signal);
    try {
      await session.query(alterPassword(config.user, next), signal);
    } finally {
      await session.close();
    }
  },
});

// How workers hear of work. The rows in the config database are the truth: what is due is found there, by one worker
// each. A notification only says "look now"; where it is lost, as behind a pooler that knows none, the next look finds it.
import pg from "pg";
import { db } from "@/lib/platform/db";
import { databaseUrl } from "@/lib/platform/env";
import { log } from "@/lib/platform/log";

const CHANNEL = "tidegate_work";

/** Has every worker look for runs that are due. */
export async function wakeWorkers(): Promise<void> {
  await db().$executeRaw`SELECT pg_notify(${CHANNEL}, '')`;
}

/** Calls `onWake` for each notification. `check` connects where nothing listens: at first, and after a lost connection. */
export function listenForWork(onWake: () => void): {
  check(): Promise<void>;
  stop(): Promise<void>;
} {
  let listening: pg.Client | undefined;
  return {
    check: async () => {
      if (listening) return;
      const client = new pg.Client({ connectionString: databaseUrl(), keepAlive: true });
      const lost = () => {
        if (listening === client) listening = undefined;
      };
      client.on("notification", onWake);
      client.on("error", (error) => {
        log.warn({ err: error }, "the connection that waits for work was lost");
        lost();
      });
      client.on("end", lost);
      await client.connect();
      listening = client;
      await client.query(`LISTEN ${CHANNEL}`);
    },
    stop: async () => {
      const client = listening;
      listening = undefined;
      await client?.end();
    },
  };
}

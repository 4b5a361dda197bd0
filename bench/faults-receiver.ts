// An event receiver that can be killed, and connections that deliver to it: what was heard is in its journal.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { noTunnel } from "@/lib/connectors/ssh/spec";
import {
  makeConnection,
  makeCredential,
  makeDestination,
  makeSource,
} from "@/prisma/factories/world";
import { startChild } from "@/scripts/children";
import { freePort } from "@/scripts/services";
import { ignored, kill, wait, type FaultsWorld } from "./faults-world";

/** A table, a connection, and what its receiver has heard: `version` is in every row of the last state. */
export type EventLane = { table: string; connectionId: string; rows: number; version: number };
/** Of one state of a lane's table, as the receiver's journal has it. */
export type Heard = { lost: number; twice: number; otherMessages: number; outOfOrder: number };

export async function openReceiver(
  { dir, teamId, warehouse, admin }: FaultsWorld,
  lanes: number,
  rows: number,
) {
  const port = await freePort();
  const start = async () =>
    (
      await startChild({
        name: "receiver",
        args: ["bench/journal-receiver.mjs", String(port), dir],
        env: {},
        ready: (line) => line.includes("receiver ready"),
        onFailure: ignored,
      })
    ).child;
  const settings = (of: { delayMs?: number; faulty?: number }) =>
    fetch(`http://127.0.0.1:${port}/settings`, { method: "PUT", body: JSON.stringify(of) });
  let receiver = await start();

  const { host, port: warehousePort, database, ca, adminUser, adminPassword } = warehouse.redshift;
  const credentialId = await makeCredential(teamId, {
    config: {
      host,
      port: warehousePort,
      database,
      user: adminUser,
      sslMode: "verify-full",
      caCertificate: ca,
      tunnel: { ...noTunnel },
    },
    secret: { password: adminPassword },
  });
  const makeLane = async (n: number): Promise<EventLane> => {
    const table = `people_${n}`;
    await admin(
      `CREATE TABLE public.${table} (user_id varchar(20), email varchar(60), version integer)`,
    );
    for (let at = 0; at < rows; at += 5_000)
      await admin(
        `INSERT INTO public.${table} VALUES ${Array.from({ length: Math.min(5_000, rows - at) }, (_, index) => `('u${at + index + 1}','u${at + index + 1}@example.com',0)`).join(",")}`,
      );
    const sourceId = await makeSource(teamId, {
      credentialId,
      table,
      columns: ["user_id", "email", "version"],
    });
    const destinationId = await makeDestination(teamId, {
      config: { url: `http://127.0.0.1:${port}`, compression: "none" },
      secret: { writeKey: table },
    });
    return {
      table,
      rows,
      version: 0,
      connectionId: await makeConnection(teamId, { sourceId, destinationId }),
    };
  };
  const made: EventLane[] = [];
  for (let n = 1; n <= lanes; n += 1) made.push(await makeLane(n));

  return {
    lanes: made,
    /** Every row of the lane gets a new value. */
    change: async (lane: EventLane) => {
      lane.version += 1;
      await admin(`UPDATE public.${lane.table} SET version = ${lane.version}`);
    },
    /** Replaces the lane's table by rename, as dbt does, again and again until the signal: it is away for up to half a second each time. */
    swapUntil: async ({ table }: EventLane, signal: AbortSignal): Promise<number> => {
      let swaps = 0;
      for (; !signal.aborted; swaps += 1) {
        await admin(`CREATE TABLE public.${table}_new AS SELECT * FROM public.${table}`);
        await admin(`ALTER TABLE public.${table} RENAME TO ${table}_old`);
        await wait(Math.random() * 500);
        await admin(`ALTER TABLE public.${table}_new RENAME TO ${table}`);
        await admin(`DROP TABLE public.${table}_old`);
        await wait(Math.random() * 500);
      }
      return swaps;
    },
    heard: (lane: EventLane): Heard => {
      const file = join(dir, `${lane.table}.log`);
      const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
      const messages = new Map<string, Set<string>>();
      const newest = new Map<string, number>();
      let [events, outOfOrder] = [0, 0];
      for (const line of lines) {
        const [record = "", message = "", text] = line.split("\t");
        const version = Number(text);
        if (version < (newest.get(record) ?? 0)) outOfOrder += 1;
        newest.set(record, version);
        if (version !== lane.version) continue;
        events += 1;
        messages.set(record, (messages.get(record) ?? new Set()).add(message));
      }
      const distinct = [...messages.values()].reduce((sum, of) => sum + of.size, 0);
      return {
        lost: lane.rows - messages.size,
        twice: events - distinct,
        otherMessages: distinct - messages.size,
        outOfOrder,
      };
    },
    slow: settings,
    /** SIGKILL, and another takes its place. */
    kill: async (delayMs: number) => {
      kill(receiver);
      await wait(1_000);
      receiver = await start();
      await settings({ delayMs });
    },
    close: () => receiver.stop(),
  };
}
export type Receiver = Awaited<ReturnType<typeof openReceiver>>;

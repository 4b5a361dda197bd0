// Two sessions at once: the fence, a worker that takes over, and what the warehouse says of a conflict.
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { SyncError } from "@/lib/platform/errors";
import { failureOf, holds, same } from "./compare";
import type { Step } from "./step";
import { makeTable, plainRows, readAll } from "./tables";

const columns = ["id", "a", "b"];
const declared = "id integer, a varchar(10), b varchar(10)";
const rows = "INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y')";

export const sessionSteps: Step[] = [
  {
    name: "a worker that takes over goes on with the very same rows, and the earlier one can't commit",
    shapes: ["M2", "M3", "R1"],
    run: async (world) => {
      const table = await makeTable(world, declared, columns);
      await table.sql(rows);
      const request = table.request();
      const dying = await world.source().changes(request, world.signal);
      const before = await readAll(dying, world.signal);
      await table.sql("UPDATE $t SET a = 'later'");
      const again = table.request({ runId: request.runId });
      const next = await world.source().changes(again, world.signal);
      try {
        same("it goes on", next.resumed, true);
        same("its rows", await readAll(next, world.signal), before);
        await next.commit([], world.signal);
        const error = await failureOf(
          "the earlier one's commit",
          (async () => {
            const other = await world
              .source()
              .changes({ ...request, runId: again.runId }, world.signal);
            await other.close();
          })(),
        );
        holds(
          "it reports the later worker",
          error instanceof SyncError && error.detail.code === "FENCED",
        );
      } finally {
        await dying.close();
        await next.close();
      }
      same("what changed meanwhile", plainRows((await table.run()).rows), [
        "1 later,y",
        "2 later,y",
      ]);
    },
  },
  {
    name: "two workers that begin at once: one change set is committed, once",
    shapes: ["L7", "M3"],
    run: async (world) => {
      const table = await makeTable(world, declared, columns);
      await table.sql(rows);
      const requests = [table.request(), table.request()];
      const ended = await Promise.allSettled(
        requests.map((request) => world.source().changes(request, world.signal)),
      );
      const sets = ended.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      for (const each of ended)
        if (each.status === "rejected")
          holds("a refusal is in words", each.reason instanceof SyncError);
      try {
        holds("at least one has its change set", sets.length > 0);
        const commits = await Promise.allSettled(sets.map((set) => set.commit([], world.signal)));
        const done = commits.filter(({ status }) => status === "fulfilled").length;
        holds("at most one commits", done <= 1);
      } finally {
        for (const set of sets) await set.close();
      }
      const last = await table.run();
      same("afterwards all rows are known, or sent", last.unchanged + last.toDeliver, 2);
      same("and then known", (await table.run()).unchanged, 2);
    },
  },
  {
    name: "a conflict of two transactions is reported as one, and may be tried again",
    shapes: ["L7"],
    run: async (world) => {
      const table = world.in("conflict");
      await world.asOwner(`CREATE TABLE ${table} (id integer, n integer)`);
      await world.asOwner(`INSERT INTO ${table} VALUES (1, 0)`);
      const open: RedshiftSession[] = [];
      try {
        for (let nth = 0; nth < 2; nth += 1) open.push(await world.open(world.owner));
        const [first, second] = open as [RedshiftSession, RedshiftSession];
        await second.query("BEGIN", world.signal);
        await second.query(`SELECT n FROM ${table}`, world.signal);
        await first.query(`UPDATE ${table} SET n = n + 1`, world.signal);
        const error = await failureOf(
          "an update of what another transaction has changed",
          second
            .query(`UPDATE ${table} SET n = n + 1`, world.signal)
            .then(() => second.query("COMMIT", world.signal)),
        );
        const fault = error instanceof SyncError ? error.fault : String(error);
        const text = error instanceof SyncError ? error.detail.serverText : "";
        same(`the fault of “${text}”`, fault, "transient");
        await second.query("ROLLBACK", world.signal);
      } finally {
        for (const session of open) await session.close();
      }
    },
  },
];

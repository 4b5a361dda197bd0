// Change sets that leave by UNLOAD: the same rows as by pages, and nothing left in the bucket.
import { openBucket } from "@/lib/connectors/s3/client";
import { realDelay } from "@/lib/connectors/retry";
import { holds, same } from "./compare";
import type { Step } from "./step";
import { allPassed } from "./steps-login";
import { makeTable, readAll } from "./tables";
import { plainValues } from "./values";

export const unloadSteps: Step[] = [
  {
    name: "every check of the bucket for large reads passes",
    shapes: ["U10"],
    run: async (world) => {
      const checks = world.unloadingSource().checkUnload?.(world.signal);
      holds("there are checks", checks !== undefined);
      if (checks) await allPassed(checks);
    },
  },
  {
    name: "every type by UNLOAD, as by pages",
    shapes: ["U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8", "U9", "R2"],
    run: async (world) => {
      const source = world.unloadingSource();
      const names = plainValues.map((_, at) => `c${at}`);
      const declared = plainValues.map(({ type }, at) => `c${at} ${type}`).join(", ");
      const table = await makeTable(world, `id integer, ${declared}`, ["id", ...names]);
      await table.sql(
        `INSERT INTO $t SELECT 1, ${plainValues.map(({ a }) => a).join(", ")}`,
        `INSERT INTO $t SELECT 2, ${plainValues.map(({ b }) => b).join(", ")}`,
        "INSERT INTO $t (id) VALUES (3)",
      );
      const request = table.request();
      const paged = await world.source().changes(request, world.signal);
      const expected = await readAll(paged, world.signal).finally(() => paged.close());
      const set = await source.changes(table.request({ runId: request.runId }), world.signal);
      try {
        const rows = await readAll(set, world.signal);
        expected.forEach(({ cells, key }, at) => {
          cells.forEach((cell, column) => {
            const type = column === 0 ? "integer" : (plainValues[column - 1]?.type ?? "");
            const came = rows[at]?.cells[column] ?? null;
            // a float may have other digits on its way
            const isFloat = /^(real|double)/.test(type) && cell !== null && came !== null;
            if (isFloat) same(`${type} of row ${key}`, Number(came), Number(cell));
            else same(`${type} of row ${key}`, came, cell);
          });
        });
        same("rows", rows.length, 3);
        holds("they came by UNLOAD", set.readHow?.()?.startsWith("by UNLOAD") === true);
        await set.commit([], world.signal);
      } finally {
        await set.close();
      }
      const { config, secret } = world.staging();
      const bucket = openBucket(config, secret, realDelay);
      const left = await bucket
        .list(`${config.prefix}/unload/${table.connectionId}/`, world.signal)
        .finally(() => bucket.close());
      same(
        "files after the commit",
        left.map(({ key }) => key.split("/").at(-1)),
        [],
      );
    },
  },
  {
    name: "a worker that takes over reads what was unloaded before",
    shapes: ["U1", "U9", "M2"],
    run: async (world) => {
      const columns = ["id", "a"];
      const table = await makeTable(world, "id integer, a varchar(100)", columns);
      await table.sql("INSERT INTO $t SELECT 0, REPEAT('x', 90)");
      for (let size = 1; size < 1_024; size *= 2)
        await table.sql(`INSERT INTO $t SELECT id + ${size}, a FROM $t`);
      const request = table.request();
      const first = await world.unloadingSource().changes(request, world.signal);
      const rows = await readAll(first, world.signal).finally(() => first.close());
      same("rows", new Set(rows.map(({ key }) => key)).size, 1_024);
      const again = table.request({ runId: request.runId });
      const second = await world.unloadingSource().changes(again, world.signal);
      try {
        const rest = await readAll(second, world.signal, 600);
        same(
          "the rest",
          rest.map(({ seq, key }) => [seq, key]),
          rows.slice(600).map(({ seq, key }) => [seq, key]),
        );
        await second.commit([], world.signal);
      } finally {
        await second.close();
      }
    },
  },
];

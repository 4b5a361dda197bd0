// A model of loads: a source and its target are changed at random, runs are killed at random, and whenever a run says
// that it succeeded the target must be the source's equal. From a seed, so that what fails can be tried again.
import { randomUUID } from "node:crypto";
import type { TableDestination } from "@/lib/connectors/contract/rows";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { runSync } from "@/lib/engine/run-sync";
import { tableSelectionOf } from "@/lib/event/selection";
import { defaultMapping } from "@/lib/event/rules";
import { systemClock } from "@/lib/platform/clock";
import { messageOf, SyncError } from "@/lib/platform/errors";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import { never, type Warehouse } from "@/lib/testing/sandbox";

export type ModelTarget = {
  open(table: string): Promise<TableDestination>;
  /** As somebody else; `$t` is the target, `$c` another table beside it, `$f` the record of its loads. */
  change(table: string, statement: string): Promise<unknown>;
  /** The rows of these columns as texts, in any order. */
  rows(table: string, columns: readonly string[]): Promise<(string | null)[][]>;
  /** Gives a table that was made again to whoever loads it. */
  handOver(table: string): Promise<unknown>;
};

/** What a model did: how many steps, runs that succeeded, were killed, and were refused. */
export type ModelOutcome = { steps: number; succeeded: number; killed: number; refused: number };

const COLUMNS = ["id", "name", "part", "day", "n", "f", "t", "ok", "at"];
const KEYS = [["id"], ["name", "part"], ["day"]];
const NAMES = ["a", "a ", "", "tab\t", 'quo"te', "it's", "line\nend", "é", "back\\slash", "a,b"];
const TYPES_OF_N = ["numeric(10,2)", "numeric(18,4)", "bigint", "varchar(12)"];
const MOMENTS = ["plan", "extract", "load", "commit"].flatMap((stage) => [
  `${stage} started`,
  `${stage} finished`,
]);

/** Numbers from 0 to below 1, the same of the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const literal = (text: string | null): string =>
  text === null ? "NULL" : `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

/** A value in one form, however its store writes it. */
const plain = (column: string, text: string | null): string | null => {
  if (text === null) return null;
  if (column === "n" || column === "f") return String(Number(text));
  if (column === "ok") return text.slice(0, 1);
  return text;
};
const inOneForm = (rows: (string | null)[][]): string[] =>
  rows
    .map((row) => JSON.stringify(row.map((cell, at) => plain(COLUMNS[at]!, cell ?? null))))
    .sort();

/** Throws where a run said that it succeeded and the target isn't the source's equal, or where one was refused twice. */
export async function modelLoads(
  warehouse: Warehouse,
  target: ModelTarget,
  { seed, steps }: { seed: number; steps: number },
): Promise<ModelOutcome> {
  const random = randomOf(seed);
  const below = (count: number) => Math.floor(random() * count);
  const one = <T>(of: readonly T[]): T => of[below(of.length)]!;
  const table = `model_${randomUUID().slice(0, 8)}`;
  const full = `"${warehouse.schema}"."${table}"`;
  let connectionId = randomUUID();
  const outcome: ModelOutcome = { steps: 0, succeeded: 0, killed: 0, refused: 0 };
  const history: string[] = [];
  let next = 1;
  let fence = 0;
  let keys = KEYS[0]!;
  let isThere = false;
  let hasCopy = false;

  const values = () =>
    [
      one(["NULL", "0", "1", "-7", "123456"]),
      one(["NULL", "0.5", "-1.25", "10000000000"]),
      literal(one([null, "", "x ", "longer than that", ...NAMES])),
      one(["NULL", "true", "false"]),
      one(["NULL", "'2026-01-02 03:04:05.678901'", "'1999-12-31 23:59:59'"]),
    ] as const;
  const insert = async () => {
    const rows = Array.from({ length: 1 + below(6) }, () => {
      const id = next++;
      const day = new Date(Date.UTC(2000, 0, 1) + id * 86_400_000).toISOString().slice(0, 10);
      return `(${id}, ${literal(one(NAMES))}, ${id}, '${day}', ${values().join(", ")})`;
    });
    await warehouse.admin(`INSERT INTO ${full} (${COLUMNS.join(", ")}) VALUES ${rows.join(", ")}`);
  };
  const some = () => `MOD(id, ${2 + below(5)}) = 0`;
  const sourceEdits: Record<string, () => Promise<unknown>> = {
    insert,
    update: () => {
      const [n, f, t, ok, at] = values();
      return warehouse.admin(
        `UPDATE ${full} SET n = ${n}, f = ${f}, t = ${t}, ok = ${ok}, at = ${at} WHERE ${some()}`,
      );
    },
    delete: () => warehouse.admin(`DELETE FROM ${full} WHERE ${some()}`),
    "delete all": () => warehouse.admin(`DELETE FROM ${full}`),
    "another type": async () => {
      await warehouse.admin(`ALTER TABLE ${full} DROP COLUMN n`);
      await warehouse.admin(`ALTER TABLE ${full} ADD COLUMN n ${one(TYPES_OF_N)}`);
      await warehouse.admin(`UPDATE ${full} SET n = 42 WHERE ${some()}`);
    },
    // a source's key is fixed: another one is another source, whose connection takes the table over
    "another key": async () => {
      const destination = await target.open(table);
      await destination.forget(connectionId, never);
      await destination.close();
      await redshiftSource(warehouse.config, warehouse.secret).forget(connectionId, never);
      keys = one(KEYS);
      connectionId = randomUUID();
    },
  };
  const targetEdits: Record<string, () => Promise<unknown>> = {
    drop: async () => {
      await target.change(table, "DROP TABLE $t");
      isThere = false;
    },
    truncate: () => target.change(table, "DELETE FROM $t"),
    "delete a row": () =>
      target.change(table, "DELETE FROM $t WHERE id = (SELECT MAX(id) FROM $t)"),
    "a row of somebody else": () =>
      target.change(
        table,
        `INSERT INTO $t (id, name, part, day) VALUES (-1, 'not ours', -1, '1900-01-01')`,
      ),
    "drop the record": () => target.change(table, "DROP TABLE IF EXISTS $f"),
    backup: async () => {
      if (hasCopy) await target.change(table, "DROP TABLE $c");
      await target.change(table, "CREATE TABLE $c AS SELECT * FROM $t");
      hasCopy = true;
    },
    restore: async () => {
      if (!hasCopy) return;
      await target.change(table, "DROP TABLE $t");
      await target.change(table, "ALTER TABLE $c RENAME TO $n");
      await target.handOver(table);
      hasCopy = false;
    },
  };

  const run = async (): Promise<boolean> => {
    const source = redshiftSource(warehouse.config, warehouse.secret);
    const mapping = defaultMapping(await source.columns(warehouse.schema, table, never));
    const store = new FakeRunStore();
    const runId = randomUUID();
    const destination = await target.open(table);
    const attempt = () =>
      runSync({
        source,
        destination,
        selection: tableSelectionOf(mapping, { schema: warehouse.schema, table, keys }),
        mapping,
        mode: "mirror",
        cursor: null,
        onlyKeys: null,
        deletes: { percent: 100, allowed: 0 },
        rawNumbers: false,
        logDays: 0,
        ids: { connectionId, sourceId: connectionId, runId },
        fence: ++fence,
        refusedBefore: 0,
        store,
        clock: systemClock,
        signal: never,
      });
    try {
      if (below(4) === 0) {
        const moment = one(MOMENTS);
        store.before = (method, argument) => {
          if (method === "stage" && argument === moment) throw new Error("killed");
        };
        history.push(`killed at ${moment}`);
        outcome.killed += 1;
        await attempt().catch((error: unknown) => {
          if (error instanceof SyncError) throw error;
        });
        store.before = () => undefined;
      }
      const { rejected } = await attempt();
      isThere ||= (await warehouse.admin(`SELECT COUNT(*) FROM ${full}`))[0]?.[0] !== "0";
      return rejected === 0;
    } finally {
      await destination.close();
    }
  };

  await warehouse.admin(
    `CREATE TABLE ${full} (id bigint, name varchar(30), part integer, day date, n numeric(10,2), f double precision, t varchar(20), ok boolean, at timestamp)`,
  );
  await insert();
  let wasRefused = false;
  for (let step = 1; step <= steps; step += 1) {
    outcome.steps = step;
    for (let edits = below(3); edits > 0; edits -= 1) {
      const edit = one(Object.keys(sourceEdits));
      history.push(edit);
      await sourceEdits[edit]!();
    }
    if (isThere && below(3) === 0) {
      const edit = one(Object.keys(targetEdits));
      history.push(`target: ${edit}`);
      await targetEdits[edit]!();
    }
    try {
      history.push("run");
      const isWhole = await run();
      outcome.succeeded += 1;
      wasRefused = false;
      if (!isWhole) continue;
    } catch (error) {
      // somebody does what the remedy says: another table, with every row
      if (!(error instanceof SyncError) || error.fault === "transient" || wasRefused)
        throw new Error(
          `seed ${seed}, step ${step}: ${history.slice(-12).join(" · ")}: ${messageOf(error)}`,
          { cause: error },
        );
      history.push(`refused: ${error.message}`);
      outcome.refused += 1;
      wasRefused = true;
      // a run that was killed may have made it
      if (error.fault === "user-fixable") await target.change(table, "DROP TABLE IF EXISTS $t");
      isThere = false;
      continue;
    }
    const there = inOneForm(await warehouse.admin(`SELECT ${COLUMNS.join(", ")} FROM ${full}`));
    // of no rows no table is made
    const here = isThere ? inOneForm(await target.rows(table, COLUMNS)) : [];
    if (JSON.stringify(there) !== JSON.stringify(here)) {
      const missing = there.filter((row) => !here.includes(row)).slice(0, 3);
      const extra = here.filter((row) => !there.includes(row)).slice(0, 3);
      throw new Error(
        `seed ${seed}, step ${step}, key ${keys.join("+")}: the target has ${here.length} rows, the source ${there.length}; it lacks ${missing.join(" ")} and has ${extra.join(" ")}. ${history.slice(-12).join(" · ")}`,
      );
    }
  }
  return outcome;
}

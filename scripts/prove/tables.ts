// Tables of the proof, each synced by a connection of its own through the product's change sets.
import { randomUUID } from "node:crypto";
import type { ChangeSet, ChangeSetRequest } from "@/lib/connectors/contract/changes";
import type { RedshiftSource } from "@/lib/connectors/redshift/source";
import { rowsOf, type ChangedRow } from "@/lib/testing/changes";
import { SyncError } from "@/lib/platform/errors";
import { Skipped } from "./step";
import type { World } from "./world";

type Run = ChangeSet["counts"] & { rows: ChangedRow[]; columns: ChangeSet["columns"] };
export type ProofTable = {
  name: string;
  connectionId: string;
  /** `$t` is the table. */
  sql(...statements: string[]): Promise<void>;
  request(more?: Partial<ChangeSetRequest>): ChangeSetRequest;
  /** A run from beginning to end; `rejected` are keys that the receiver refuses. */
  run(more?: Partial<ChangeSetRequest>, rejected?: string[]): Promise<Run>;
};

export async function readAll(
  set: ChangeSet,
  signal: AbortSignal,
  after = 0,
): Promise<ChangedRow[]> {
  const rows: ChangedRow[] = [];
  for await (const page of set.read(after, signal)) rows.push(...rowsOf(page, set.columns.length));
  return rows;
}

/** Makes a table; a type that the warehouse doesn't have skips the step. */
export async function makeTable(
  world: World,
  columns: string,
  selected: string[],
  keys = ["id"],
  source: RedshiftSource = world.source(),
): Promise<ProofTable> {
  const name = `t_${randomUUID().slice(0, 8)}`;
  const full = world.in(name);
  await world.asOwner(`CREATE TABLE ${full} (${columns})`).catch((error: unknown) => {
    const code = error instanceof SyncError ? error.detail.code : undefined;
    if (code === "42704" || code === "0A000")
      throw new Skipped(`The warehouse has no such type: ${columns}.`);
    throw error;
  });
  const connectionId = world.newConnection();
  let fence = 0;
  const table: ProofTable = {
    name,
    connectionId,
    sql: async (...statements) => {
      for (const sql of statements) await world.asOwner(sql.replaceAll("$t", () => full));
    },
    request: (more = {}) => ({
      selection: { schema: world.schema, table: name, columns: selected, keys },
      mode: "upsert",
      cursor: null,
      onlyKeys: null,
      logDays: 0,
      connectionId,
      runId: randomUUID(),
      mappingHash: "first",
      fence: ++fence,
      ...more,
    }),
    run: async (more = {}, rejected = []) => {
      const set = await source.changes(table.request(more), world.signal);
      try {
        const rows = await readAll(set, world.signal);
        const refused = rows.filter(({ key }) => key !== null && rejected.includes(key));
        const reason = "refused by the proof's \\ receiver's answer";
        await set.commit(
          refused.map(({ seq }) => ({ seq, reason })),
          world.signal,
        );
        return { ...set.counts, rows, columns: set.columns };
      } finally {
        await set.close();
      }
    },
  };
  return table;
}

/** Rows as texts in order of their keys: `key value,value`, `key gone`, `key !reason`. */
export const plainRows = (rows: readonly ChangedRow[]): string[] =>
  rows
    .map(({ key, isDelete, invalid, cells }) => {
      if (isDelete) return `${key} gone`;
      return invalid ? `${key} !${invalid}` : `${key} ${cells.slice(1).join(",")}`;
    })
    .sort();

// Tables of a source in the sandbox, each with one connection of its own, to be synced by the connector alone.
import { randomUUID } from "node:crypto";
import type { ChangeSet, ChangeSetRequest } from "@/lib/connectors/contract/changes";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { identifier } from "@/lib/connectors/redshift/sql";
import type { Delay } from "@/lib/connectors/retry";
import { rowsOf, type ChangedRow } from "@/lib/testing/changes";
import { afterAll, afterEach, beforeAll } from "vitest";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";

export function syncedTables(warehouse: Warehouse, delay: Delay) {
  const source = () => redshiftSource(warehouse.config, warehouse.secret, delay);
  const opened: ChangeSet[] = [];
  const changes = async (request: ChangeSetRequest): Promise<ChangeSet> => {
    const set = await source().changes(request, never);
    opened.push(set);
    return set;
  };
  return {
    source,
    changes,
    closeAll: async () => {
      for (const set of opened.splice(0)) await set.close();
    },
    /** A table of its own with what happens to it, and the requests of its one connection. Its columns are id, a and b where nothing else is selected. */
    table: async (columns: string, keys = ["id"], name = `t_${randomUUID().slice(0, 8)}`) => {
      const full = `${identifier(warehouse.schema)}.${identifier(name)}`;
      await warehouse.admin(`CREATE TABLE ${full} (${columns})`);
      const connectionId = randomUUID();
      const run = (more: Partial<ChangeSetRequest> = {}): ChangeSetRequest => ({
        selection: { schema: warehouse.schema, table: name, columns: ["id", "a", "b"], keys },
        mode: "upsert",
        cursor: null,
        onlyKeys: null,
        logDays: 0,
        connectionId,
        runId: randomUUID(),
        mappingHash: "m1",
        fence: 1,
        ...more,
      });
      return {
        name,
        connectionId,
        run,
        full,
        /** As the superuser; `$t` is the table. */
        sql: (text: string) => warehouse.admin(text.replaceAll("$t", () => full)),
        /** A run from begin to end; `rejected` are seqs. */
        sync: async (more: Partial<ChangeSetRequest> = {}, rejected: number[] = []) => {
          const set = await changes(run(more));
          const rows = await readAll(set);
          await set.commit(
            rejected.map((seq) => ({ seq, reason: "refused by the test" })),
            never,
          );
          return { ...set.counts, rows };
        },
      };
    },
  };
}

export async function readAll(set: ChangeSet, after = 0): Promise<ChangedRow[]> {
  const rows: ChangedRow[] = [];
  for await (const page of set.read(after, never)) rows.push(...rowsOf(page, set.columns.length));
  return rows;
}

/** Rows as texts without their key's own column, in order of their key. */
export const plain = (rows: ChangedRow[]): string[] =>
  rows
    .map(
      ({ key, isDelete, cells }) => `${key}${isDelete ? " gone" : ""} ${cells.slice(1).join(",")}`,
    )
    .sort();

/** A warehouse for all tests of a file, whose change sets are closed after each. Called at the top of the file. */
export function syncedTablesOfTests(): {
  warehouse: Warehouse;
  tables: ReturnType<typeof syncedTables>;
} {
  const here = {} as { warehouse: Warehouse; tables: ReturnType<typeof syncedTables> };
  beforeAll(async () => {
    here.warehouse = await openWarehouse();
    here.tables = syncedTables(here.warehouse, () => Promise.resolve());
  });
  afterAll(() => here.warehouse.drop());
  afterEach(() => here.tables.closeAll());
  return here;
}

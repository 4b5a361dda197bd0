// What every destination that takes rows must do, whatever its store: each runs this same suite.
import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { Rejection } from "@/lib/connectors/contract/events";
import type { LoadCheckpoint, LoadRequest, TableDestination } from "@/lib/connectors/contract/rows";
import { pageOf, type ChangedRow } from "@/lib/testing/changes";

const never = new AbortController().signal;
const columns: ColumnInfo[] = [
  { name: "id", type: "bigint", kind: "bigint" },
  { name: "name", type: "varchar(4000)", kind: "text" },
  { name: "credit", type: "numeric(38,9)", kind: "decimal" },
  { name: "seen", type: "timestamp", kind: "timestamp" },
  { name: "ok", type: "boolean", kind: "boolean" },
  { name: "tags", type: "super", kind: "json" },
];
export type Cells = [
  id: string,
  name: string | null,
  credit: string | null,
  seen: string | null,
  ok: string | null,
  tags: string | null,
];
const row = (seq: number, cells: Cells, mark?: "delete"): ChangedRow => ({
  seq,
  key: cells[0],
  messageId: "0".repeat(32),
  cells,
  ...(mark && { isDelete: true as const }),
});
const people = (from: number, to: number, name = "p"): Cells[] =>
  Array.from({ length: to - from + 1 }, (_, index): Cells => [
    String(from + index),
    `${name}${from + index}`,
    "0.100000000",
    "2026-01-02 03:04:05.678901",
    "t",
    '{"n":1}',
  ]);
const numbered = (cells: Cells[]): ChangedRow[] => cells.map((each, index) => row(index + 1, each));

export type TableWorld = {
  destination(): Promise<TableDestination>;
  /** Rows of the table as the store's own texts, by id: columns id, name, credit, seen, ok, tags. */
  held(table: string): Promise<(string | null)[][]>;
  /** Runs a statement about the table, as somebody else would; `$t` is its name. */
  change(table: string, statement: string): Promise<void>;
  /** Makes the table as somebody else would, for whoever loads to use. */
  make(table: string, columns: string): Promise<void>;
};

/** Declares the tests; call it once in a test file. */
export function tableLoadSuite(world: TableWorld): void {
  let table: string;
  let connectionId: string;
  let fence: number;
  beforeEach(() => {
    table = `suite_${randomUUID().slice(0, 8)}`;
    connectionId = randomUUID();
    fence = 0;
  });
  const request = (runId: string, more: Partial<LoadRequest> = {}): LoadRequest => ({
    connectionId,
    runId,
    fence: ++fence,
    table,
    columns,
    order: ["id", "name"],
    keys: ["id"],
    oneRowPerKey: true,
    ...more,
  });

  async function run(
    runId: string,
    batch: ChangedRow[],
    more: Partial<LoadRequest> = {},
    batchRows = Infinity,
  ): Promise<LoadCheckpoint & { rejections: Rejection[] }> {
    const destination = await world.destination();
    const load = destination.openLoad(request(runId, more));
    const rejections: Rejection[] = [];
    try {
      for (;;) {
        let at = await load.prepare(never);
        let again = false;
        while (at.seq < batch.length && !again) {
          const some = batch.filter(({ seq }) => seq > at.seq && seq <= at.seq + batchRows);
          rejections.push(...(await load.stage(pageOf(some), never)));
          const report = await load.commit(
            {
              seq: some.at(-1)!.seq,
              rejectedSoFar: rejections.length,
              onRejected: async (rows) => void rejections.push(...rows),
            },
            never,
          );
          if (report === "again") again = true;
          else at = report.checkpoint;
        }
        if (!again) return { ...at, rejections };
      }
    } finally {
      await load.cleanup();
      await destination.close();
    }
  }

  test("rows land in several batches, then only what has changed", async () => {
    expect(await run(randomUUID(), numbered(people(1, 500)), {}, 200)).toMatchObject({
      seq: 500,
      loaded: 500,
      deleted: 0,
      rejected: 0,
    });
    expect(await world.held(table)).toEqual(people(1, 500));
    expect(await run(randomUUID(), numbered(people(451, 550, "q")))).toMatchObject({ loaded: 100 });
    expect(await world.held(table)).toEqual([...people(1, 450), ...people(451, 550, "q")]);
  });

  test("a number whose digits the column would lose is rejected, and never rounded", async () => {
    await run(randomUUID(), numbered(people(1, 2)));
    for (const type of ["double precision", "numeric(38,18)"]) {
      const batch = ["0.5", "0.1234567890123", "-7", "0.123456789000"].map(
        (credit, index): Cells => [String(index + 1), "n", credit, null, null, null],
      );
      const { rejections, ...report } = await run(randomUUID(), numbered(batch), {
        columns: columns.map((column) => (column.name === "credit" ? { ...column, type } : column)),
      });
      expect(report).toMatchObject({ loaded: 3, rejected: 1 });
      expect(rejections).toMatchObject([
        { seq: 2, key: "2", column: "credit", code: "digits-lost" },
      ]);
      expect(rejections[0]!.reason).toContain("has digits that the column would lose");
      expect((await world.held(table)).map(([id, , credit]) => [id, Number(credit)])).toEqual([
        ["1", 0.5],
        ["2", 0.1],
        ["3", -7],
        ["4", 0.123456789],
      ]);
    }
  });

  test("every text is what it was, NULL and empty apart", async () => {
    const texts = [
      "",
      null,
      'a "q", b\nc\r\n;',
      "  उ 🏔 \\N ",
      "NULL",
      "\\",
      '"',
      "tab\there",
      "\\.",
      "x".repeat(3_999),
    ];
    const batch = numbered(
      texts.map((text, at): Cells => [String(at), text, null, null, null, null]),
    );
    for (const oneRowPerKey of [true, false]) {
      await run(randomUUID(), batch, { oneRowPerKey });
      expect((await world.held(table)).map(([, name]) => name)).toEqual(texts);
    }
  });

  test("a key of several columns is found again whatever characters its texts hold", async () => {
    const names = ["a\u0001b", 'q"\\', "\t\n\r", "\u007f😀", "plain"];
    const held = names.map((name, index): Cells => [
      String(index + 1),
      name,
      null,
      null,
      null,
      null,
    ]);
    const escapes: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    /** As the warehouse concatenates it: other control characters stay bare. */
    const keyOf = ([id, name]: Cells): string =>
      `["${id}","${(name ?? "").replace(/["\\]/g, "\\$&").replace(/[\n\r\t]/g, (found) => escapes[found]!)}"]`;
    const keyed = (mark?: "delete") =>
      numbered(held).map((each, index) => ({
        ...each,
        key: keyOf(held[index]!),
        ...(mark && { isDelete: true as const }),
      }));
    const keys = ["id", "name"];
    expect(await run(randomUUID(), keyed(), { keys })).toMatchObject({ loaded: 5, rejected: 0 });
    expect(await run(randomUUID(), keyed("delete").slice(0, 4), { keys })).toMatchObject({
      deleted: 4,
    });
    expect(await world.held(table)).toEqual([held[4]]);
  });

  test("of a key of several columns, blanks at the end of a text count: neither row takes the other's place", async () => {
    const keys = ["id", "name"];
    const ofKey = (seq: number, name: string, credit: string, mark?: "delete"): ChangedRow => ({
      ...row(seq, ["1", name, credit, null, null, null], mark),
      key: JSON.stringify(["1", name]),
    });
    const held = async () =>
      (await world.held(table)).map(([, name, credit]) => [name, Number(credit)]).sort();
    await run(randomUUID(), [ofKey(1, "a", "1"), ofKey(2, "a  ", "2"), ofKey(3, "a ", "3")], {
      keys,
    });
    await run(randomUUID(), [ofKey(1, "a ", "4")], { keys });
    expect(await held()).toEqual([
      ["a  ", 2],
      ["a ", 4],
      ["a", 1],
    ]);
    const batch = [
      ofKey(1, "a", "5"),
      ofKey(2, "a ", "6"),
      ofKey(3, "a  ", "2", "delete"),
      ofKey(4, "a", "7"),
    ];
    await run(randomUUID(), batch, { keys, oneRowPerKey: false });
    expect(await held()).toEqual([
      ["a ", 6],
      ["a", 7],
    ]);
  });

  test("deletes go, and of several versions of a key the newest counts", async () => {
    await run(randomUUID(), numbered(people(1, 5)));
    const [one, two, three, four] = people(1, 4) as [Cells, Cells, Cells, Cells];
    const renamed = (cells: Cells, name: string): Cells =>
      [cells[0], name, ...cells.slice(2)] as Cells;
    const told = [
      row(1, renamed(one, "old")),
      row(2, renamed(one, "new")),
      row(3, two, "delete"),
      row(4, renamed(two, "again")),
      row(5, renamed(three, "dies")),
      row(6, three, "delete"),
      row(7, [four[0], null, null, null, null, null], "delete"),
    ];
    expect(await run(randomUUID(), told, { oneRowPerKey: false })).toMatchObject({
      loaded: 4,
      deleted: 3,
    });
    expect((await world.held(table)).map(([id, name]) => `${id} ${name}`)).toEqual([
      "1 new",
      "2 again",
      "5 p5",
    ]);
  });

  test("a worker that dies between its batches, or with rows staged, leaves the next one nothing to undo", async () => {
    const batch = numbered(people(1, 300));
    const runId = randomUUID();
    const destination = await world.destination();
    const dying = destination.openLoad(request(runId));
    await dying.prepare(never);
    await dying.stage(pageOf(batch.slice(0, 100)), never);
    expect(
      await dying.commit({ seq: 100, rejectedSoFar: 0, onRejected: async () => undefined }, never),
    ).toMatchObject({ checkpoint: { seq: 100, loaded: 100 } });
    await dying.stage(pageOf(batch.slice(100, 250)), never);
    const { loaded } = await run(runId, batch);
    expect(loaded).toBe(300);
    expect(await world.held(table)).toEqual(people(1, 300));
    // and what it staged, it can't commit any more
    await expect(
      dying.commit({ seq: 250, rejectedSoFar: 0, onRejected: async () => undefined }, never),
    ).rejects.toThrow();
    await dying.cleanup();
    await destination.close();
    expect(await world.held(table)).toEqual(people(1, 300));
    // the same run once more: everything is there
    expect(await run(runId, batch)).toMatchObject({ loaded: 300 });
  });

  test("a new column appears, one that is gone stays", async () => {
    await run(randomUUID(), numbered(people(1, 2)));
    const more: ColumnInfo[] = [
      ...columns.slice(0, 5),
      { name: 'a "new" one', type: "varchar(10)", kind: "text" },
    ];
    expect(
      await run(randomUUID(), numbered([["2", "two", null, null, "f", "x"]]), { columns: more }),
    ).toMatchObject({ loaded: 1 });
    expect((await world.held(table)).map(([id, name, , , , tags]) => [id, name, tags])).toEqual([
      ["1", "p1", '{"n":1}'],
      ["2", "two", null],
    ]);
  });

  test("a row with NULL where the table takes none is recorded, and the others land", async () => {
    await world.make(
      table,
      "id bigint, name varchar(4000) NOT NULL, credit numeric(38,9) NOT NULL, seen timestamp, ok boolean, tags $json",
    );
    const rows = people(1, 4);
    rows[1]![1] = null;
    rows[2]![2] = null;
    const { loaded, rejections } = await run(randomUUID(), numbered(rows));
    expect(rejections).toEqual(
      [
        { seq: 2, key: "2", column: "name" },
        { seq: 3, key: "3", column: "credit" },
      ].map((row) => ({
        ...row,
        code: "null-refused",
        reason: expect.stringMatching(
          /^“(name|credit)” is NULL, and the column of .* takes no NULL\.$/,
        ) as string,
      })),
    );
    expect(loaded).toBe(2);
    expect((await world.held(table)).map(([id]) => id)).toEqual(["1", "4"]);
  });

  test("a table whose key the server makes, or that needs a column which the source lacks, is refused before anything is loaded", async () => {
    await world.make(
      table,
      "id bigint, name varchar(4000), credit numeric(38,9), seen timestamp, ok boolean, tags $json, tenant integer NOT NULL, region varchar(9) DEFAULT 'eu' NOT NULL",
    );
    const refusal = (message: RegExp) => ({
      fault: "user-fixable",
      message: expect.stringMatching(message) as string,
      detail: { code: "TARGET_SHAPE", remedy: expect.stringContaining("ALTER TABLE") as string },
    });
    const lacks = refusal(/^The column “tenant” of .* takes no NULL and has no default/);
    await expect(run(randomUUID(), numbered(people(1, 2)))).rejects.toMatchObject(lacks);
    const destination = await world.destination();
    await expect(
      destination.examine?.({ table, columns, order: [], keys: ["id"], origin: null }, never),
    ).rejects.toMatchObject(lacks);
    await destination.close();
    await world.change(table, "ALTER TABLE $t DROP COLUMN tenant");
    expect(await run(randomUUID(), numbered(people(1, 2)))).toMatchObject({ loaded: 2 });
    await world.change(table, "DROP TABLE $t");
    await world.make(
      table,
      "id $identity, name varchar(4000), credit numeric(38,9), seen timestamp, ok boolean, tags $json",
    );
    await expect(run(randomUUID(), numbered(people(1, 2)))).rejects.toMatchObject({
      message: expect.stringMatching(/^The column “id” of .* takes none\.$/) as string,
      detail: { code: "TARGET_SHAPE" },
    });
  });

  test("with another key the column that was it takes NULL, and values twice", async () => {
    await run(randomUUID(), numbered(people(1, 3)));
    const others = people(1, 3, "q").map((cells): Cells => ["7", ...cells.slice(1)] as Cells);
    others[2]![0] = null as unknown as string;
    const rows = others.map((cells, at) => ({ ...row(at + 1, cells), key: cells[1] }));
    expect(await run(randomUUID(), rows, { keys: ["name"], replaces: true })).toMatchObject({
      loaded: 3,
      rejections: [],
    });
    expect((await world.held(table)).map(([id, name]) => `${name} ${id}`).sort()).toEqual([
      "q1 7",
      "q2 7",
      "q3 null",
    ]);
  });

  async function survey(of = connectionId) {
    const destination = await world.destination();
    try {
      return await destination.survey({ connectionId: of, table }, never);
    } finally {
      await destination.close();
    }
  }

  test("the table is known again after each load, and so is what somebody else did to it", async () => {
    expect(await survey()).toMatchObject({ isAsLeft: false, then: "reload" });
    await run(randomUUID(), numbered(people(1, 5)), {}, 2);
    expect(await survey()).toEqual({ isAsLeft: true });
    await run(randomUUID(), [
      row(1, people(6, 6)[0]!),
      row(2, people(2, 2, "q")[0]!),
      row(3, people(3, 3)[0]!, "delete"),
    ]);
    expect(await survey()).toEqual({ isAsLeft: true });
    await world.change(table, "DELETE FROM $t WHERE id = 1");
    expect(await survey()).toMatchObject({
      change: expect.stringContaining("has 4 rows, and the last load left 5") as string,
    });
    await world.change(table, "DROP TABLE $t");
    expect(await survey()).toMatchObject({
      change: expect.stringContaining("was dropped") as string,
    });
  });

  test("a load that replaces leaves its own rows alone", async () => {
    await run(randomUUID(), numbered(people(1, 5)));
    await run(randomUUID(), numbered(people(4, 8, "q")), { replaces: true }, 2);
    expect(await world.held(table)).toEqual(people(4, 8, "q"));
    expect(await survey()).toEqual({ isAsLeft: true });
  });

  test("another connection may neither look at the table nor load it", async () => {
    await run(randomUUID(), numbered(people(1, 2)));
    const refusal = { fault: "user-fixable", detail: { code: "TARGET_HAS_ANOTHER" } };
    await expect(survey(randomUUID())).rejects.toMatchObject(refusal);
    await expect(
      run(randomUUID(), numbered(people(1, 2, "q")), { connectionId: randomUUID() }),
    ).rejects.toMatchObject(refusal);
    expect(await world.held(table)).toEqual(people(1, 2));
  });

  test("what is kept for a connection goes, and its table stays", async () => {
    const runId = randomUUID();
    await run(runId, numbered(people(1, 2)));
    const destination = await world.destination();
    await destination.forget(connectionId, never);
    await destination.forget(connectionId, never);
    await destination.close();
    expect(await world.held(table)).toHaveLength(2);
  });
}

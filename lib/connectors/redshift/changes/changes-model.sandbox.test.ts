import fc from "fast-check";
import { expect, test } from "vitest";
import { never } from "@/lib/testing/sandbox";
import { readAll, syncedTablesOfTests } from "@/lib/testing/synced-tables";

const here = syncedTablesOfTests();

const key = fc.constantFrom("1", "2", "3", "4", "5", null);
const value = fc.constantFrom("x", "x ", "X", "", null, "it's", "ä");
const edit = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("insert" as const), key, value }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("update" as const), key, value }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), key }) },
);
/** What happens between two runs, the share of rows that the receiver refuses, and whether the mapping is another from here on. */
const step = fc.record({
  edits: fc.array(edit, { maxLength: 5 }),
  refuses: fc.integer({ min: 2, max: 6 }),
  isRemapped: fc.constantFrom(false, false, false, true),
});
type Row = { id: string | null; a: string | null };
/** What the receiver has of a key. `isSettled`: it was accepted as it is, and the source had the key in every run since. */
type Held = { a: string | null; isSettled: boolean };

test.each(["upsert", "mirror"] as const)(
  "%s: whatever happens, what was delivered is what the table holds, and nothing is sent in vain",
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
        const { sql, full, run } = await here.tables.table("id varchar(10), a varchar(10)");
        const selection = { ...run().selection, columns: ["a", "id"] };
        const text = (of: string | null) =>
          of === null ? "NULL" : `'${of.replaceAll("'", "''")}'`;
        const is = (of: string | null) => (of === null ? "id IS NULL" : `id = ${text(of)}`);
        const held = new Map<string, Held>();
        let mapping = 0;
        for (const { edits, refuses, isRemapped } of steps) {
          for (const one of edits) {
            if (one.do === "insert")
              await sql(`INSERT INTO $t VALUES (${text(one.key)}, ${text(one.value)})`);
            if (one.do === "update")
              await sql(`UPDATE $t SET a = ${text(one.value)} WHERE ${is(one.key)}`);
            if (one.do === "delete") await sql(`DELETE FROM $t WHERE ${is(one.key)}`);
          }
          if (isRemapped) {
            mapping += 1;
            for (const one of held.values()) one.isSettled = false;
          }
          const source = (await here.warehouse.admin(`SELECT id, a FROM ${full}`)).map(
            ([id, a]): Row => ({ id: id ?? null, a: a ?? null }),
          );
          const rowsOf = (id: string) => source.filter((row) => row.id === id);
          const set = await here.tables.changes(
            run({ selection, mode, mappingHash: `m${mapping}` }),
          );
          const rows = await readAll(set);
          const rejected = rows
            .filter(({ seq, invalid }) => !invalid && seq % refuses === 0)
            .map(({ seq }) => ({ seq, reason: "refused" }));
          await set.commit(rejected, never);

          const told = new Set<string>();
          for (const { seq, key: id, cells, invalid, isDelete } of rows) {
            if (invalid || id === null) {
              expect(id === null || rowsOf(id).length > 1).toBe(true);
              continue;
            }
            told.add(id);
            const isRefused = rejected.some((row) => row.seq === seq);
            if (isDelete) {
              expect(rowsOf(id)).toEqual([]);
              if (!isRefused) held.delete(id);
              continue;
            }
            const [a = null] = cells;
            expect(rowsOf(id)).toEqual([{ id, a }]);
            const before = held.get(id);
            expect(before?.isSettled && before.a === a).not.toBe(true); // it would be sent in vain
            // a refused row is still remembered as it was before, so going back to that is no change
            if (!isRefused) held.set(id, { a, isSettled: true });
          }
          for (const { id, a } of source) {
            if (id === null || rowsOf(id).length > 1 || told.has(id)) continue;
            expect(held.get(id)).toEqual({ a, isSettled: true }); // it was left out, since the receiver has it as it is
          }
          for (const [id, one] of held) {
            if (rowsOf(id).length > 0 || told.has(id)) continue;
            if (mode === "upsert")
              one.isSettled = false; // forgotten: it comes again when it is back
            else throw new Error(`The deletion of ${id} was not delivered.`);
          }
        }
      }),
      { numRuns: 8 },
    );
  },
  120_000,
);

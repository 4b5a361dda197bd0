// A change of a value of each type is found, and both values come back exactly.
import { same } from "./compare";
import type { Step } from "./step";
import { makeTable } from "./tables";
import { isSameValue, values, type ProofValue } from "./values";

const shapesOf = ({ type }: ProofValue): string[] => {
  const always = ["D1", "D6", "R2"];
  if (type === "super") return [...always, "D8", "P2"];
  if (type.startsWith("varbyte")) return [...always, "D8", "P3"];
  if (type.startsWith("geo")) return [...always, "D8", "P4"];
  if (type === "boolean") return [...always, "P6"];
  return type === "real" || type === "double precision" ? [...always, "D7"] : always;
};

export const valueSteps: Step[] = values.map((value) => ({
  name: `a change of ${value.name}`,
  shapes: shapesOf(value),
  run: async (world) => {
    const { type, a, b, comesA, comesB } = value;
    const table = await makeTable(world, `id integer, v ${type}`, ["id", "v"]);
    await table.sql(`INSERT INTO $t SELECT 1, ${a}`, `INSERT INTO $t SELECT 2, ${a}`);
    const first = await table.run();
    same("rows of the first run", [first.toDeliver, first.invalid], [2, 0]);
    const cell = first.rows[0]?.cells[1] ?? null;
    same("the value", isSameValue(type, cell, comesA) || cell, true);
    same("rows that have not changed", (await table.run()).unchanged, 2);
    await table.sql(`UPDATE $t SET v = ${b} WHERE id = 2`);
    const second = await table.run();
    same(
      "rows that have",
      second.rows.map(({ key }) => key),
      ["2"],
    );
    const after = second.rows[0]?.cells[1] ?? null;
    same("its value", isSameValue(type, after, comesB) || after, true);
    same("and then", (await table.run()).unchanged, 2);
  },
}));

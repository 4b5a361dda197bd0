// MERGE: the WHEN form is PostgreSQL's; REMOVE DUPLICATES is written as one DELETE and INSERT.
import { syntaxError, unsupported } from "./errors";
import { applyEdits, type Statement, type Token } from "./lexer";
import type { Plan, PlanContext } from "./plan";
import { checkTree } from "./refuse";
import { commonEdits, nameOf, qualifiedName, quoteLiteral, quoteName } from "./rewrite";

export function mergeStatement(
  { sql, tokens: all }: Statement,
  context: PlanContext,
): Extract<Plan, { kind: "sql" }> {
  if (all[1]?.up !== "INTO") throw syntaxError(all[1]?.raw ?? "");
  const target = qualifiedName(all, 2, context);
  if (all[target.next]?.up !== "USING") throw syntaxError(all[target.next]?.raw ?? "");
  if (all[target.next + 1]?.raw === "(")
    throw unsupported("MERGE source must be a table, not a subquery");
  const source = qualifiedName(all, target.next + 1, context);
  if (source.text === target.text)
    throw unsupported("MERGE source and target must not be the same table");
  const reads = [target, source].map(({ parts }) => ({
    schema: parts.at(-2) ?? "",
    name: parts.at(-1) ?? "",
  }));
  const tag = (own: string): string => `MERGE ${/\d+$/.exec(own)?.[0] ?? "0"}`;
  const duplicates = all.at(-1)?.up === "DUPLICATES" && all.at(-2)?.up === "REMOVE";
  const isTable = `pg_catalog.rs_is_table(${quoteLiteral(source.text)})`;
  if (!duplicates) {
    const edits = commonEdits(all, context);
    checkTree(applyEdits(sql, edits), { sql, tokens: all }, context.mode);
    const on = all.find((token) => token.up === "ON");
    if (on) edits.push({ start: on.end, end: on.end, text: ` ${isTable} AND` });
    return { kind: "sql", sql: applyEdits(sql, edits), tag, reads, checked: true };
  }

  let at = source.next;
  if (all[at]?.up === "AS") at++;
  const alias = all[at]?.up === "ON" ? undefined : quoteName(nameOf(all[at], context));
  if (alias) at++;
  if (all[at]?.up !== "ON") throw syntaxError(all[at]?.raw ?? "");
  if (all.some((token) => token.up === "WHEN")) throw syntaxError("REMOVE");
  const edits = commonEdits(all, context);
  const from = (all[at] as Token).end;
  const to = (all.at(-2) as Token).start;
  const condition = applyEdits(sql.slice(0, to), [
    { start: 0, end: from, text: "" },
    ...edits.filter((edit) => edit.start >= from && edit.end <= to),
  ]);
  checkTree(
    `SELECT 1 FROM ${target.text}, ${source.text} ${alias ?? ""} WHERE ${condition}`,
    { sql, tokens: all },
    context.mode,
  );
  // Both parts see the rows as they were; a matched target row goes, every distinct source row comes.
  const text = `WITH gone AS (DELETE FROM ${target.text} USING ${source.text} ${alias ?? ""} WHERE ${condition})
    INSERT INTO ${target.text} SELECT DISTINCT * FROM ${source.text} WHERE ${isTable}`;
  return { kind: "sql", sql: text, tag, reads, checked: true };
}

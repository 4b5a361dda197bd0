// CREATE TABLE AS makes a column of a literal as long as the literal; PostgreSQL's would have no length.
import { applyEdits, literalValue, tokens, type Token } from "./lexer";
import { child, isNode, list, text, type Node } from "./tree";

export function withLiteralLengths(sql: string, tree: unknown): string {
  const [statement] = isNode(tree) ? list(tree, "stmts") : [];
  const made = statement && child(child(statement, "stmt"), "CreateTableAsStmt");
  if (made === undefined || text(made, "objtype") !== "OBJECT_TABLE") return sql;
  const columns = literals(child(child(made, "query"), "SelectStmt"));
  if (columns.size === 0) return sql;
  const found: { token: Token; column: number }[] = [];
  for (const token of tokens(sql)) {
    if (token.kind !== "string") continue;
    const column = columns.get(Buffer.byteLength(sql.slice(0, token.start)));
    if (column !== undefined) found.push({ token, column });
  }
  // Branches of a UNION make one column, as long as the longest of them.
  const lengths = new Map<number, number>();
  for (const { token, column } of found) {
    const length = Math.max(1, Buffer.byteLength(literalValue(token)));
    lengths.set(column, Math.max(length, lengths.get(column) ?? 0));
  }
  return applyEdits(
    sql,
    found.map(({ token: { end }, column }) => ({
      start: end,
      end,
      text: `::varchar(${lengths.get(column) ?? 1})`,
    })),
  );
}

/** Where literals among the columns of a query begin, in bytes, and the column each is. */
function literals(select: Node): Map<number, number> {
  if (text(select, "op") !== "SETOP_NONE")
    return new Map([...literals(child(select, "larg")), ...literals(child(select, "rarg"))]);
  const found = new Map<number, number>();
  list(select, "targetList").forEach((item, column) => {
    const constant = child(child(child(item, "ResTarget"), "val"), "A_Const");
    const location = constant["location"];
    if (constant["sval"] !== undefined)
      found.set(typeof location === "number" ? location : 0, column);
  });
  return found;
}

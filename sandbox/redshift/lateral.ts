// What can only be decided once the columns of the tables are known: an alias used later in the same
// select list, SUPER columns in right and full outer joins, and what a name in a subquery refers to.
import { unsupported } from "./errors";
import { applyEdits, tokens, type Edit, type Token } from "./lexer";
import { checkScopes } from "./scopes";
import { child, isNode, list, nodesIn, strings, text, type Node } from "./tree";

/** Columns by the path of their table, as the statement writes it: `schema.table` or `table`. */
export type TableColumns = ReadonlyMap<string, { name: string; type: string }[]>;

/** What a statement needs to know of its tables before it can be run. */
export interface Question {
  tables: { schema: string; name: string }[];
  /** The text to run, once the columns are known; throws where Redshift would refuse. */
  answer(columns: TableColumns): string;
}

interface Alias {
  /** Position of the select-list item it names. */
  at: number;
  item: Node;
}

interface Use {
  select: Node;
  ctes: ReadonlyMap<string, Node>;
  name: string;
  alias: Alias;
  /** Where the name stands, in bytes. */
  location: number;
}

const pathOf = (node: Node): string =>
  [text(node, "schemaname"), text(node, "relname")].filter(Boolean).join(".");

/** The question that a rewritten statement, parsed to `tree`, raises, if it raises any. */
export function questionOf(sql: string, tree: unknown, distributed: boolean): Question | undefined {
  const found = new Finder();
  found.visit(tree);
  const scopes = distributed && found.bareInSubquery;
  if (found.uses.length === 0 && found.joins.length === 0 && !scopes) return undefined;
  return {
    tables: found.tables,
    answer(columns) {
      for (const join of found.joins) checkSuper(join, columns);
      const [statement] = scopes && isNode(tree) ? list(tree, "stmts") : [];
      const [kind = ""] = Object.keys(statement ? child(statement, "stmt") : {});
      if (statement) checkScopes(kind, child(child(statement, "stmt"), kind), true, columns);
      return expandAliases(sql, found.uses, columns);
    },
  };
}

class Finder {
  readonly uses: Use[] = [];
  /** Query blocks with a right or full outer join, and the common table expressions they may name. */
  readonly joins: { select: Node; ctes: ReadonlyMap<string, Node> }[] = [];
  readonly tables: { schema: string; name: string }[] = [];
  /** A subquery of an expression has names without their tables. */
  bareInSubquery = false;

  visit(tree: unknown): void {
    const open: [unknown, ReadonlyMap<string, Node>][] = [[tree, new Map()]];
    for (let next = open.pop(); next; next = open.pop()) {
      const [value, around] = next;
      if (Array.isArray(value)) for (const item of value as unknown[]) open.push([item, around]);
      if (!isNode(value)) continue;
      const ctes = value["withClause"] ? withCtes(child(value, "withClause"), around) : around;
      if (text(value, "relname") && !ctes.has(pathOf(value)))
        this.tables.push({ schema: text(value, "schemaname"), name: text(value, "relname") });
      if (bareReferences(child(value, "SubLink")["subselect"]).length) this.bareInSubquery = true;
      if (value["targetList"] && (value["fromClause"] || value["op"])) this.block(value, ctes);
      for (const inner of Object.values(value)) open.push([inner, ctes]);
    }
  }

  private block(select: Node, ctes: ReadonlyMap<string, Node>): void {
    if (hasOuterJoin(select["fromClause"])) this.joins.push({ select, ctes });
    const earlier = new Map<string, Alias>();
    list(select, "targetList").forEach((item, at) => {
      const target = child(item, "ResTarget");
      for (const reference of bareReferences(target["val"])) {
        const name = strings(reference["fields"])[0] ?? "";
        const alias = earlier.get(name);
        const location = typeof reference["location"] === "number" ? reference["location"] : 0;
        if (alias) this.uses.push({ select, ctes, name, alias, location });
      }
      const name = text(target, "name");
      if (name && !earlier.has(name)) earlier.set(name, { at, item: target });
    });
  }
}

function withCtes(clause: Node, around: ReadonlyMap<string, Node>): ReadonlyMap<string, Node> {
  const wider = new Map(around);
  for (const item of list(clause, "ctes")) {
    const cte = child(item, "CommonTableExpr");
    wider.set(text(cte, "ctename"), cte);
  }
  return wider;
}

/** References by a single name, outside subqueries. */
function bareReferences(value: unknown): Node[] {
  const found: Node[] = [];
  for (const node of nodesIn(value, (each) => each["SubLink"] !== undefined)) {
    const reference = child(node, "ColumnRef");
    if (list(reference, "fields").length === 1 && strings(reference["fields"])[0])
      found.push(reference);
  }
  return found;
}

function hasOuterJoin(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasOuterJoin);
  if (!isNode(value)) return false;
  const join = child(value, "JoinExpr");
  if (/^JOIN_(RIGHT|FULL)$/.test(text(join, "jointype"))) return true;
  return hasOuterJoin(join["larg"]) || hasOuterJoin(join["rarg"]);
}

/** AWS's page limitations-super: SUPER and right or full outer joins do not go together. */
function checkSuper(
  { select, ctes }: { select: Node; ctes: ReadonlyMap<string, Node> },
  columns: TableColumns,
): void {
  const names = new Set<string>();
  const supers = new Set<string>();
  let star = false;
  let made = false;
  const visited = new Set<string>();
  const open: unknown[] = [select];
  while (open.length)
    for (const node of nodesIn(open.pop())) {
      const reference = child(node, "ColumnRef");
      const name = strings(reference["fields"]).at(-1);
      if (name) names.add(name);
      if (list(reference, "fields").some((field) => field["A_Star"])) star = true;
      if (strings(child(child(node, "TypeCast"), "typeName")["names"]).at(-1) === "super")
        made = true;
      const target = child(child(child(node, "ResTarget"), "val"), "FuncCall");
      if (strings(target["funcname"]).at(-1) === "json_parse") made = true;
      if (!text(node, "relname")) continue;
      const path = pathOf(node);
      const cte = ctes.get(path);
      if (cte && !visited.has(path)) {
        visited.add(path);
        open.push(cte["ctequery"]);
      }
      for (const column of columns.get(path) ?? [])
        if (column.type === "super") supers.add(column.name);
    }
  if (made || (star && supers.size) || [...supers].some((name) => names.has(name)))
    throw unsupported("SUPER columns are not supported in RIGHT and FULL OUTER joins");
}

/** Names that a FROM clause gives, or undefined where that cannot be said. */
function namesFrom(
  value: unknown,
  ctes: ReadonlyMap<string, Node>,
  columns: TableColumns,
): Set<string> {
  const names = new Set<string>();
  const add = (more: Iterable<string>): void => {
    for (const name of more) names.add(name);
  };
  for (const item of Array.isArray(value) ? value.filter(isNode) : []) {
    const [kind = ""] = Object.keys(item);
    const node = child(item, kind);
    add(strings(child(node, "alias")["colnames"]));
    if (kind === "JoinExpr") add(namesFrom([node["larg"], node["rarg"]], ctes, columns));
    else if (kind === "RangeSubselect")
      add(namesOut(child(child(node, "subquery"), "SelectStmt"), ctes, columns));
    else if (kind === "RangeVar") {
      const cte = ctes.get(pathOf(node));
      if (cte) add(namesOfCte(cte, ctes, columns));
      else add((columns.get(pathOf(node)) ?? []).map((column) => column.name));
    }
  }
  return names;
}

function namesOfCte(
  cte: Node,
  ctes: ReadonlyMap<string, Node>,
  columns: TableColumns,
): Set<string> {
  const given = strings(cte["aliascolnames"]);
  if (given.length) return new Set(given);
  // It sees those before it only; without itself a recursive one ends.
  const others = new Map([...ctes].filter(([name]) => name !== text(cte, "ctename")));
  return namesOut(child(child(cte, "ctequery"), "SelectStmt"), others, columns);
}

/** Names of the columns that a query puts out. */
function namesOut(
  select: Node,
  ctes: ReadonlyMap<string, Node>,
  columns: TableColumns,
): Set<string> {
  if (text(select, "op") !== "SETOP_NONE") return namesOut(child(select, "larg"), ctes, columns);
  const names = new Set<string>();
  for (const item of list(select, "targetList")) {
    const target = child(item, "ResTarget");
    const reference = child(child(target, "val"), "ColumnRef");
    const name = text(target, "name") || strings(reference["fields"]).at(-1);
    if (name) names.add(name);
    if (list(reference, "fields").some((field) => field["A_Star"]))
      for (const each of namesFrom(select["fromClause"], ctes, columns)) names.add(each);
  }
  return names;
}

/**
 * An alias may be used later in the select list that defines it, unless the FROM clause has a column of
 * that name (AWS's page r_SELECT_list): the expression behind it takes its place.
 */
function expandAliases(sql: string, uses: Use[], columns: TableColumns): string {
  const real = uses.filter(
    ({ select, ctes, name }) => !namesFrom(select["fromClause"], ctes, columns).has(name),
  );
  if (real.length === 0) return sql;
  const all = tokens(sql);
  const index = byteIndex(sql);
  const at = (location: number): number => all.findIndex((token) => token.start >= index(location));
  const edits: Edit[] = [];
  for (const use of real) {
    const token = all[at(use.location)];
    if (token)
      edits.push({ start: token.start, end: token.end, text: `(${expression(use.alias)})` });
  }
  return applyEdits(sql, edits);

  /** The text behind an alias, with the aliases in it put out too. */
  function expression({ item }: Alias): string {
    const location = typeof item["location"] === "number" ? item["location"] : 0;
    const from = at(location);
    const to = lastOfItem(all, from);
    const start = (all[from] as Token).start;
    const end = (all[to] as Token).end;
    const inside = real.filter((use) => {
      const position = index(use.location);
      return position >= start && position < end;
    });
    return applyEdits(
      sql.slice(start, end),
      inside.map((use) => {
        const token = all[at(use.location)] as Token;
        return {
          start: token.start - start,
          end: token.end - start,
          text: `(${expression(use.alias)})`,
        };
      }),
    );
  }
}

/** Index of the last token of the expression that begins at `from` and has an alias after it. */
function lastOfItem(all: Token[], from: number): number {
  let depth = 0;
  let end = from;
  for (; end < all.length; end++) {
    const token = all[end] as Token;
    if (token.raw === "(") depth++;
    if (token.raw === ")" && depth-- === 0) break;
    if (depth === 0 && (token.raw === "," || /^(FROM|WHERE|ORDER|LIMIT|UNION)$/.test(token.up)))
      break;
  }
  // before `AS alias` or a bare alias
  return all[end - 2]?.up === "AS" ? end - 3 : end - 2;
}

/** Where a byte of the UTF-8 text stands in the string. */
function byteIndex(sql: string): (byte: number) => number {
  const encoded = Buffer.from(sql);
  if (encoded.length === sql.length) return (byte) => byte;
  return (byte) => encoded.toString("utf8", 0, byte).length;
}

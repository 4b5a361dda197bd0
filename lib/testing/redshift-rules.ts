// What is wrong with a statement on Redshift though PostgreSQL takes it, found on its syntax tree. The statements are
// those of the golden texts, so what the product sends is judged without a warehouse.
import { loadModule, parseSync } from "libpg-query";

await loadModule();

type Node = Record<string, unknown>;
export type Finding = { rule: string; sql: string };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const child = (node: Node, name: string): Node => {
  const value = node[name];
  return isNode(value) ? value : {};
};
const nodes = (node: Node, name: string): Node[] => {
  const value = node[name];
  return Array.isArray(value) ? value.filter(isNode) : [];
};

/** Redshift's own syntax, which PostgreSQL's parser doesn't know and no rule is about. */
const OWN_SYNTAX = /\b(DISTSTYLE (EVEN|AUTO|ALL|KEY)|(DISTKEY|SORTKEY) ?\([^)]*\)|SORTKEY AUTO)/g;

/** Changes of a table's layout, put as a change that PostgreSQL knows. */
const LAYOUT = /\bALTER (SORTKEY (NONE|\([^)]*\))|DISTSTYLE \w+|DISTKEY "[^"]*")/g;

/** The select inside an UNLOAD, as the warehouse reads it. */
function unloaded(sql: string): string | null {
  const [, quoted] = /^UNLOAD \('((?:''|\\.|[^'\\])*)'\)/s.exec(sql) ?? [];
  return quoted?.replaceAll("''", "'").replaceAll("\\\\", "\\") ?? null;
}

/**
 * Every rule that one of these statements breaks; `sql` holds one or several, separated by semicolons. COPY has no
 * expression of ours and is not judged. Throws when a statement can't be parsed.
 */
export function brokenRules(sql: string): Finding[] {
  if (/^COPY\b/.test(sql)) return [];
  const text =
    unloaded(sql) ?? sql.replaceAll(LAYOUT, "ADD COLUMN own int").replaceAll(OWN_SYNTAX, "");
  const tree: unknown = parseSync(text);
  const statements = isNode(tree) ? nodes(tree, "stmts").map((each) => child(each, "stmt")) : [];
  const found = new Set<string>();
  for (const statement of statements) {
    const insert = child(statement, "InsertStmt");
    const made = child(statement, "CreateTableAsStmt");
    for (const select of [child(insert, "selectStmt"), child(made, "query")])
      checkLeaving(child(select, "SelectStmt"), found);
    walk(statement, found);
  }
  return [...found].map((rule) => ({ rule, sql }));
}

/** Judges each node, and each select whose columns leave it. */
function walk(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, found);
    return;
  }
  if (!isNode(value)) return;
  checkNode(value, found);
  for (const each of Object.values(value)) walk(each, found);
}

function checkNode(node: Node, found: Set<string>): void {
  const derived = [child(node, "RangeSubselect"), child(node, "CommonTableExpr")];
  for (const each of derived) {
    const select = child(each, "subquery")["SelectStmt"] ?? child(each, "ctequery")["SelectStmt"];
    if (isNode(select)) checkLeaving(select, found);
  }
  const select = child(node, "SelectStmt");
  if (typeof select["op"] === "string" && select["op"] !== "SETOP_NONE")
    checkLeaving(select, found);
  // AWS, “Limitations” of SUPER; LEFT JOIN and a second branch do the same
  if (/^JOIN_(FULL|RIGHT)$/.test(String(child(node, "JoinExpr")["jointype"])))
    found.add("right or full outer join");
  // AWS, ALTER TABLE and ALTER SCHEMA: OWNER TO takes a name
  const owner = child(node, "newowner")["roletype"];
  if (typeof owner === "string" && owner !== "ROLESPEC_CSTRING") found.add("owner without a name");
  // AWS, “Boolean type”: IS TRUE and its like are for predicates
  if ("BooleanTest" in node) found.add("IS TRUE");
  // a literal with an exponent may be read as a numeric, which has 38 digits (AWS, “Numeric types”)
  if (/e/i.test(String(child(child(node, "A_Const"), "fval")["fval"] ?? "")))
    found.add("number with an exponent");
  checkWindow(child(node, "FuncCall"), found);
  // AWS, the pages of SELECT and of the set operators
  if (select["limitOption"] === "LIMIT_OPTION_WITH_TIES") found.add("WITH TIES");
  if (select["all"] === true && /INTERSECT|EXCEPT/.test(String(select["op"])))
    found.add("INTERSECT ALL or EXCEPT ALL");
}

const RANKING = /^(row_number|rank|dense_rank|ntile|percent_rank|cume_dist|lag|lead)$/;

/** AWS, “Window function syntax”: an aggregate with ORDER BY needs a frame, and LAG and LEAD need ORDER BY. */
function checkWindow(call: Node, found: Set<string>): void {
  if (!isNode(call["over"])) return;
  const over = child(call, "over");
  const [last] = nodes(call, "funcname").slice(-1);
  const name = String(child(last ?? {}, "String")["sval"]);
  const isOrdered = nodes(over, "orderClause").length > 0;
  // FRAMEOPTION_NONDEFAULT is 1, FRAMEOPTION_RANGE is 2
  const frame = Number(over["frameOptions"] ?? 0);
  const hasFrame = (frame & 1) !== 0;
  if (!RANKING.test(name) && isOrdered && !hasFrame)
    found.add("aggregate window with ORDER BY and no frame");
  if (hasFrame && (frame & 2) !== 0) found.add("RANGE frame");
  if (/^(lag|lead)$/.test(name) && !isOrdered) found.add("LAG or LEAD without ORDER BY");
}

/** A select whose columns are used outside: none may be a literal that has no type. */
function checkLeaving(select: Node, found: Set<string>): void {
  for (const side of ["larg", "rarg"]) {
    const branch = child(select, side);
    if (Object.keys(branch).length > 0) checkLeaving(branch, found);
  }
  for (const target of nodes(select, "targetList"))
    if (isUntyped(child(child(target, "ResTarget"), "val"))) found.add("literal without a type");
}

/** A text or NULL literal, or a CASE or COALESCE of such alone. Numbers and booleans have types. */
function isUntyped(value: Node): boolean {
  if ("A_Const" in value) {
    const constant = child(value, "A_Const");
    return "sval" in constant || constant["isnull"] === true;
  }
  if ("CaseExpr" in value) {
    const each = child(value, "CaseExpr");
    const results = nodes(each, "args").map((arm) => child(child(arm, "CaseWhen"), "result"));
    const otherwise = child(each, "defresult");
    return [...results, ...(Object.keys(otherwise).length > 0 ? [otherwise] : [])].every(isUntyped);
  }
  if ("CoalesceExpr" in value) return nodes(child(value, "CoalesceExpr"), "args").every(isUntyped);
  return false;
}

/** The statements of a golden text by their titles: `── title`, then the text. */
export function goldenStatements(golden: string): { title: string; sql: string }[] {
  return golden
    .split(/^── /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf("\n");
      return { title: section.slice(0, end), sql: section.slice(end + 1).trim() };
    });
}

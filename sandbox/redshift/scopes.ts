// What a name in a query refers to, as far as the syntax tree alone can tell: Redshift refuses some
// references for the place they are in, and some because the column they mean has no type.
import { RedshiftError } from "./errors";
import { child, isNode, list, nodesIn, strings, text, type Node } from "./tree";

/** A column of a subquery; `untyped` when it is a bare literal or NULL. */
interface Column {
  name: string;
  untyped: boolean;
}

interface Columns {
  columns: Column[];
  /** There may be more of them: a table's, whose columns the tree does not tell. */
  open: boolean;
}

interface Source extends Columns {
  alias: string;
}

interface Scope {
  sources: Source[];
  outer: Scope | undefined;
  /** Query blocks around this one. */
  level: number;
  /** Refers to a block around it. */
  correlated: boolean;
  windows: boolean;
}

type Ctes = ReadonlyMap<string, Columns>;

/** Where an expression stands. */
interface Place {
  scope: Scope;
  ctes: Ctes;
  /** In the ON clause of an outer join. */
  outerJoin?: boolean;
  /** Below a comparison that is not an equality. */
  inequality?: boolean;
  /** In a select list, and not in a condition of CASE. */
  listed?: boolean;
  /** Itself a column of a select list. */
  column?: boolean;
}

/** A subquery's connection to the query around it. */
interface Link {
  outer: Scope | undefined;
  level: number;
  /** EXISTS does not look at the select list. */
  exists?: boolean;
}

/**
 * A bare literal has the type "unknown" until it is compared or converted, and a column that is one keeps
 * it, as in PostgreSQL 8.0. Reported of subqueries and common table expressions: calogica/dbt-expectations
 * #98, #99 and #130, snowplow/dbt-snowplow-attribution #9, tuva-health/tuva-core #1165. Whether a mere
 * passing on of such a column works is reported nowhere, so it is refused too.
 */
const untypedColumn = (): RedshiftError =>
  new RedshiftError("XX000", 'failed to find conversion function from "unknown" to text');

/** AWS's page r_correlated_subqueries; the text and code from SQLMesh/sqlmesh #5342. */
const correlatedPattern = (): RedshiftError =>
  new RedshiftError(
    "XX000",
    "This type of correlated subquery pattern is not supported due to internal error",
  );

const inequalities = new Set(["<", ">", "<=", ">=", "<>", "!=", "~~", "!~~", "~~*", "!~~*", "~"]);
const minMax = new Set(["min", "max"]);
const aggregates = new Set("avg count sum min max stddev variance listagg median".split(" "));

/** Names of the columns of tables, by the path that the statement writes. */
type KnownTables = ReadonlyMap<string, { name: string }[]>;

/**
 * Checks a whole statement. `distributed` says whether it reads tables of the compute nodes. With the columns
 * of the tables at hand it also knows what a name without its table refers to.
 */
export function checkScopes(
  kind: string,
  statement: Node,
  distributed: boolean,
  tables: KnownTables = new Map(),
): void {
  new Checker(distributed, tables).statement(kind, statement);
}

class Checker {
  constructor(
    private readonly distributed: boolean,
    private readonly tables: KnownTables,
  ) {}

  statement(kind: string, node: Node): void {
    const none: Link = { outer: undefined, level: 0 };
    if (kind === "SelectStmt") this.query(node, new Map(), none);
    else if (kind === "InsertStmt")
      this.query(child(child(node, "selectStmt"), "SelectStmt"), new Map(), none);
    else if (kind === "UpdateStmt" || kind === "DeleteStmt") this.change(node);
    else
      for (const key of ["query", "selectStmt"]) {
        const inner = child(node, key);
        const name = Object.keys(inner)[0] ?? "";
        if (name.endsWith("Stmt")) this.statement(name, child(inner, name));
      }
  }

  private change(node: Node): void {
    const ctes = this.with(node, new Map(), { outer: undefined, level: 0 });
    const scope = emptyScope({ outer: undefined, level: 0 });
    const place: Place = { scope, ctes };
    const relation = child(node, "relation");
    scope.sources.push({ alias: aliasOf(relation), ...this.table(relation) });
    for (const item of [...list(node, "fromClause"), ...list(node, "usingClause")])
      this.from(item, place);
    for (const target of list(node, "targetList"))
      this.expression(child(target, "ResTarget")["val"], place);
    this.expression(node["whereClause"], place);
  }

  private with(node: Node, around: Ctes, link: Link): Ctes {
    const clause = child(node, "withClause");
    const ctes = new Map(around);
    for (const item of list(clause, "ctes")) {
      const cte = child(item, "CommonTableExpr");
      const name = text(cte, "ctename");
      if (clause["recursive"]) ctes.set(name, { columns: [], open: true });
      const found = this.query(child(child(cte, "ctequery"), "SelectStmt"), ctes, {
        outer: link.outer,
        level: link.level + 1,
      });
      ctes.set(name, renamed(found, strings(cte["aliascolnames"])));
    }
    return ctes;
  }

  /** The columns that a query puts out. */
  private query(node: Node, around: Ctes, link: Link): Columns & { scope?: Scope } {
    const ctes = this.with(node, around, link);
    if (text(node, "op") !== "SETOP_NONE" && node["op"] !== undefined) {
      const left = this.query(child(node, "larg"), ctes, link);
      const right = this.query(child(node, "rarg"), ctes, link);
      // One branch with a type gives it to the others.
      const columns = left.columns.map((column, at) => ({
        name: column.name,
        untyped: column.untyped && (right.columns[at]?.untyped ?? false),
      }));
      const scope = left.scope?.correlated ? left.scope : right.scope;
      return { columns, open: left.open || right.open, ...(scope ? { scope } : {}) };
    }
    if (Array.isArray(node["valuesLists"])) return { columns: [], open: true };
    return this.block(node, ctes, link);
  }

  private block(node: Node, ctes: Ctes, link: Link): Columns & { scope: Scope } {
    const scope = emptyScope(link);
    const place: Place = { scope, ctes };
    for (const item of list(node, "fromClause")) this.from(item, place);
    const columns: Column[] = [];
    let open = false;
    const aliases = new Set<string>();
    list(node, "targetList").forEach((item, at) => {
      const target = child(item, "ResTarget");
      const value = child(target, "val");
      const reference = child(value, "ColumnRef");
      if (list(reference, "fields").some((field) => field["A_Star"])) {
        open = true;
        if (!link.exists) this.reference(reference, place);
        return;
      }
      const before = scope.correlated;
      const holdsCorrelated = value["SubLink"]
        ? this.sublink(child(value, "SubLink"), { ...place, column: true })
        : this.expression(value, { ...place, listed: true });
      if (link.exists && value["ColumnRef"]) scope.correlated = before;
      const name = text(target, "name") || strings(reference["fields"]).at(-1) || "";
      if (holdsCorrelated) aliases.add(name).add(String(at + 1));
      columns.push({ name, untyped: isUntyped(value) });
    });
    this.expression(node["whereClause"], place);
    this.expression(node["groupClause"], place);
    this.expression(node["havingClause"], place);
    this.expression(node["sortClause"], place);
    if (this.distributed) {
      if (scope.correlated && scope.windows) throw correlatedPattern();
      for (const item of list(node, "groupClause"))
        if (aliases.has(groupKey(item))) throw correlatedPattern();
    }
    return { columns, open, scope };
  }

  private table(node: Node): Columns {
    const path = [text(node, "schemaname"), text(node, "relname")].filter(Boolean).join(".");
    const known = this.tables.get(path);
    if (!known) return { columns: [], open: true };
    return { columns: known.map(({ name }) => ({ name, untyped: false })), open: false };
  }

  private from(item: Node, place: Place): void {
    const [kind = ""] = Object.keys(item);
    const node = child(item, kind);
    const { scope, ctes } = place;
    if (kind === "RangeVar") {
      const name = text(node, "relname");
      const cte = text(node, "schemaname") ? undefined : ctes.get(name);
      const found = renamed(cte ?? this.table(node), columnAliases(node));
      scope.sources.push({ alias: aliasOf(node), ...found });
    } else if (kind === "RangeSubselect") {
      // Without LATERAL it sees what the query around sees, not its neighbours.
      const found = this.query(child(child(node, "subquery"), "SelectStmt"), ctes, {
        outer: scope.outer,
        level: scope.level + 1,
      });
      scope.sources.push({ alias: aliasOf(node), ...renamed(found, columnAliases(node)) });
    } else if (kind === "JoinExpr") {
      this.from(child(node, "larg"), place);
      this.from(child(node, "rarg"), place);
      for (const name of strings(node["usingClause"])) this.unqualified(name, place);
      const outerJoin = text(node, "jointype") !== "JOIN_INNER";
      this.expression(node["quals"], { ...place, outerJoin });
    } else scope.sources.push({ alias: aliasOf(node), columns: [], open: true });
  }

  /** True when the expression holds a correlated subquery. */
  private expression(value: unknown, around: Place): boolean {
    let holds = false;
    // Without recursion, as nodesIn, but each part with its place.
    const open: [unknown, Place][] = [[value, around]];
    for (let next = open.pop(); next; next = open.pop()) {
      const [part, place] = next;
      if (Array.isArray(part)) for (const item of part as unknown[]) open.push([item, place]);
      if (!isNode(part)) continue;
      for (const [kind, inner] of Object.entries(part)) {
        if (!isNode(inner)) open.push([inner, place]);
        else if (kind === "ColumnRef") this.reference(inner, place);
        else if (kind === "SubLink") holds = this.sublink(inner, place) || holds;
        else if (kind === "CaseWhen") {
          open.push([inner["expr"], { ...place, listed: false }], [inner["result"], place]);
        } else if (kind === "BooleanTest" && place.listed && this.distributed) {
          // AWS's page r_Boolean_type: an IS comparison is for predicates only.
          throw new RedshiftError("0A000", "Not implemented");
        } else if (kind === "A_Expr" && isInequality(inner)) {
          open.push([inner, { ...place, inequality: true }]);
        } else {
          if (kind === "FuncCall" && inner["over"]) place.scope.windows = true;
          open.push([inner, place]);
        }
      }
    }
    return holds;
  }

  private sublink(node: Node, place: Place): boolean {
    this.expression(node["testexpr"], place);
    const kind = text(node, "subLinkType");
    const select = child(child(node, "subselect"), "SelectStmt");
    const found = this.query(select, place.ctes, {
      outer: place.scope,
      level: place.scope.level + 1,
      exists: kind === "EXISTS_SUBLINK",
    });
    const correlated = found.scope?.correlated ?? false;
    const compared = kind !== "EXISTS_SUBLINK" && !(kind === "EXPR_SUBLINK" && place.column);
    if (compared && found.columns[0]?.untyped) throw untypedColumn();
    if (!this.distributed || !correlated) return correlated;
    if (place.outerJoin) throw correlatedPattern();
    if (kind === "ANY_SUBLINK" && list(select, "groupClause").length && sums(select["targetList"]))
      throw correlatedPattern();
    return true;
  }

  private reference(node: Node, place: Place): void {
    const fields = list(node, "fields");
    const star = fields.at(-1)?.["A_Star"] !== undefined;
    const names = strings(node["fields"]);
    if (fields.length === 1 && star) {
      if (place.scope.sources.some((source) => source.columns.some((each) => each.untyped)))
        throw untypedColumn();
    } else if (fields.length === 1) this.unqualified(names[0] ?? "", place);
    else if (fields.length === 2) {
      const [alias = "", name = ""] = names;
      for (let scope: Scope | undefined = place.scope; scope; scope = scope.outer) {
        const source = scope.sources.find((each) => each.alias === alias);
        if (!source) continue;
        if (source.columns.some((each) => each.untyped && (star || each.name === name)))
          throw untypedColumn();
        this.correlation(scope, place);
        return;
      }
    }
  }

  private unqualified(name: string, place: Place): void {
    for (let scope: Scope | undefined = place.scope; scope; scope = scope.outer) {
      const found = scope.sources
        .flatMap((source) => source.columns)
        .filter((each) => each.name === name);
      if (found.some((each) => each.untyped)) throw untypedColumn();
      if (found.length) return this.correlation(scope, place);
      if (scope.sources.some((source) => source.open)) return;
    }
  }

  private correlation(found: Scope, place: Place): void {
    if (found === place.scope) return;
    place.scope.correlated = true;
    if (!this.distributed) return;
    if (place.scope.level - found.level > 1 || place.inequality) throw correlatedPattern();
  }
}

const emptyScope = (link: Link): Scope => ({
  sources: [],
  outer: link.outer,
  level: link.level,
  correlated: false,
  windows: false,
});

const aliasOf = (node: Node): string =>
  text(child(node, "alias"), "aliasname") || text(node, "relname");
const columnAliases = (node: Node): string[] => strings(child(node, "alias")["colnames"]);

const renamed = ({ columns, open }: Columns, names: string[]): Columns => ({
  columns: columns.map((column, at) => ({ ...column, name: names[at] ?? column.name })),
  open,
});

/** A literal in quotation marks or NULL, without a cast; CASE and COALESCE give their literals a type. */
function isUntyped(value: Node): boolean {
  const constant = value["A_Const"];
  if (isNode(constant)) return constant["isnull"] === true || constant["sval"] !== undefined;
  const link = child(value, "SubLink");
  if (text(link, "subLinkType") !== "EXPR_SUBLINK") return false;
  const [target] = list(child(child(link, "subselect"), "SelectStmt"), "targetList");
  return target !== undefined && isUntyped(child(child(target, "ResTarget"), "val"));
}

function isInequality(node: Node): boolean {
  const kind = text(node, "kind");
  if (kind === "AEXPR_OP") return inequalities.has(strings(node["name"]).at(-1) ?? "");
  return /BETWEEN|LIKE|SIMILAR/.test(kind);
}

/** Of a GROUP BY item: the name or the number it is. */
function groupKey(item: Node): string {
  const number = child(child(item, "A_Const"), "ival")["ival"];
  if (typeof number === "number") return String(number);
  const fields = strings(child(item, "ColumnRef")["fields"]);
  return fields.length === 1 ? (fields[0] ?? "") : "";
}

/** Holds an aggregate other than MIN and MAX. */
function sums(value: unknown): boolean {
  for (const node of nodesIn(value)) {
    const name = strings(child(node, "FuncCall")["funcname"]).at(-1) ?? "";
    if (aggregates.has(name) && !minMax.has(name)) return true;
  }
  return false;
}

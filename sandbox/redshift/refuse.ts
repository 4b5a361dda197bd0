// Refusing what Redshift refuses, on the syntax tree of the rewritten statement. Statements and
// functions are listed by what Redshift has, so that what is not thought of is refused too.
import { parseSync, hasSqlDetails } from "libpg-query";
import { RedshiftError, syntaxError, unsupported } from "./errors";
import { leaderFunctions, redshiftFunctions } from "./functions";
import type { Statement } from "./lexer";
import type { Mode } from "./modes";
import { reservedWords } from "./reserved";
import { checkScopes } from "./scopes";
import { refusedInCasts } from "./sql-types";
import { child, isNode, strings, text, type Node } from "./tree";

const allowedStatements = new Set(
  `SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt CreateStmt CreateTableAsStmt ViewStmt DropStmt AlterTableStmt RenameStmt
   AlterOwnerStmt AlterObjectSchemaStmt GrantStmt GrantRoleStmt AlterDefaultPrivilegesStmt CreateRoleStmt AlterRoleStmt
   AlterRoleSetStmt DropRoleStmt CreateSchemaStmt TransactionStmt VariableSetStmt VariableShowStmt TruncateStmt VacuumStmt LockStmt
   ExplainStmt PrepareStmt ExecuteStmt DeallocateStmt DeclareCursorStmt FetchStmt ClosePortalStmt CommentStmt CreateFunctionStmt
   CallStmt CreatedbStmt DropdbStmt RefreshMatViewStmt AlterDatabaseStmt AlterDatabaseSetStmt AlterFunctionStmt`.split(
    /\s+/,
  ),
);

interface Table {
  schema: string;
  name: string;
}

export interface Checked {
  tree: unknown;
  /** Tables of users, but for the target of an INSERT. */
  reads: Table[];
}

interface Seen {
  source: Buffer;
  functions: Set<string>;
  tables: Table[];
  ctes: Set<string>;
  subscripts: boolean;
}

let postgresFunctions: ReadonlySet<string> = new Set();

/** Tells which names PostgreSQL's own functions have; others are the user's, or unknown to both. */
export function setPostgresFunctions(names: ReadonlySet<string>): void {
  postgresFunctions = names;
}

/** Parses the rewritten text and throws what Redshift would say if it would refuse; returns the tree and the tables it reads. */
export function checkTree(sql: string, { tokens: all }: Statement, mode: Mode): Checked {
  const first = all[0]?.up ?? "";
  if (
    [
      "TABLE",
      "VALUES",
      "DO",
      "LISTEN",
      "NOTIFY",
      "DISCARD",
      "LOAD",
      "CLUSTER",
      "REINDEX",
      "CHECKPOINT",
      "MOVE",
      "SECURITY",
      "REASSIGN",
      "IMPORT",
    ].includes(first)
  )
    throw syntaxError(all[0]?.raw ?? "");
  // LIMIT and TOP are the ways to cut a result (r_ORDER_BY_clause, r_SELECT_list); FETCH reads a cursor.
  const fetch = all.findIndex((token, at) => token.up === "FETCH" && at > 0);
  if (fetch > 0 && /^(FIRST|NEXT)$/.test(all[fetch + 1]?.up ?? ""))
    throw syntaxError(all[fetch]?.raw ?? "");
  let tree: unknown;
  try {
    tree = parseSync(sql);
  } catch (error) {
    throw new RedshiftError(
      "42601",
      hasSqlDetails(error) ? error.message : String(error instanceof Error ? error.message : error),
    );
  }
  const reads: Table[] = [];
  const parsed = isNode(tree) && Array.isArray(tree["stmts"]) ? tree["stmts"] : [];
  for (const entry of parsed) {
    const statement = isNode(entry) ? child(entry, "stmt") : {};
    const kind = Object.keys(statement)[0] ?? "";
    if (!allowedStatements.has(kind))
      throw unsupported(
        `SQL command "${all
          .slice(0, 2)
          .map((token) => token.up)
          .join(" ")}" not supported.`,
      );
    const seen: Seen = {
      source: Buffer.from(sql),
      functions: new Set(),
      tables: [],
      ctes: new Set(),
      subscripts: false,
    };
    checkStatement(kind, child(statement, kind));
    walk(statement, seen, "");
    const users = checkNodes(kind, seen, mode);
    checkScopes(kind, child(statement, kind), users.length > 0);
    reads.push(...(kind === "InsertStmt" ? users.slice(1) : users));
  }
  return { tree, reads };
}

function checkStatement(kind: string, node: Node): void {
  if (kind === "InsertStmt") {
    if (node["onConflictClause"]) throw syntaxError("ON");
    if (node["withClause"]) throw syntaxError("INSERT");
    if (child(node, "relation")["alias"]) throw syntaxError("AS");
    if (text(node, "override") !== "OVERRIDING_NOT_SET") throw syntaxError("OVERRIDING");
  }
  if (node["returningClause"] || node["returningList"]) throw syntaxError("RETURNING");
  if (kind === "TransactionStmt") {
    const what = text(node, "kind");
    if (/SAVEPOINT|ROLLBACK_TO/.test(what))
      throw unsupported('SQL command "SAVEPOINT" not supported.');
    if (/PREPARED|PREPARE/.test(what)) throw unsupported("two-phase commit is not supported");
  }
  if (kind === "CreateStmt" && node["partspec"]) throw syntaxError("PARTITION");
  if (kind === "CreateStmt" && node["inhRelations"]) throw syntaxError("INHERITS");
  if (kind === "CreateFunctionStmt" && JSON.stringify(node["options"] ?? "").includes('"c"'))
    throw unsupported("language c is not supported");
  if (
    kind === "DropStmt" &&
    /INDEX|TRIGGER|SEQUENCE|TYPE|DOMAIN|RULE|EXTENSION/.test(text(node, "removeType"))
  )
    throw unsupported(`DROP ${text(node, "removeType").replace("OBJECT_", "")} is not supported`);
  if (kind === "MergeStmt") checkMerge(node);
}

/** AWS's page MERGE: exactly one WHEN MATCHED and one WHEN NOT MATCHED, without further conditions. */
function checkMerge(node: Node): void {
  if (node["withClause"]) throw syntaxError("MERGE");
  if (!child(node, "sourceRelation")["RangeVar"])
    throw unsupported("MERGE source must be a table, not a subquery");
  if (child(node, "relation")["alias"]) throw syntaxError("AS");
  const clauses = (Array.isArray(node["mergeWhenClauses"]) ? node["mergeWhenClauses"] : []).map(
    (each) => (isNode(each) ? child(each, "MergeWhenClause") : {}),
  );
  const [matched, not] = clauses;
  if (clauses.some((clause) => clause["condition"])) throw syntaxError("AND");
  if (clauses.length !== 2 || !matched || !not)
    throw new RedshiftError(
      "42601",
      "MERGE needs one WHEN MATCHED and one WHEN NOT MATCHED clause",
    );
  if (text(matched, "matchKind") !== "MERGE_WHEN_MATCHED") throw syntaxError("NOT");
  if (text(not, "matchKind") !== "MERGE_WHEN_NOT_MATCHED_BY_TARGET") throw syntaxError("BY");
  if (text(matched, "commandType") === "CMD_NOTHING" || text(not, "commandType") === "CMD_NOTHING")
    throw syntaxError("DO");
  checkEquality(child(node, "joinCondition"));
}

function checkEquality(condition: Node): void {
  const bool = child(condition, "BoolExpr");
  if (text(bool, "boolop") === "AND_EXPR" && Array.isArray(bool["args"])) {
    for (const part of bool["args"]) if (isNode(part)) checkEquality(part);
    return;
  }
  const expression = child(condition, "A_Expr");
  if (text(expression, "kind") !== "AEXPR_OP" || strings(expression["name"])[0] !== "=")
    throw unsupported("MERGE match condition must be equality predicates joined by AND");
}

const refusedKeys: Record<string, () => RedshiftError> = {
  agg_filter: () => syntaxError("FILTER"),
  lockingClause: () => unsupported("SELECT FOR UPDATE is not supported"),
  windowClause: () => syntaxError("WINDOW"),
  CollateClause: () => unsupported("collations are not supported"),
  RangeTableSample: () => syntaxError("TABLESAMPLE"),
  MultiAssignRef: () => syntaxError("("),
  CurrentOfExpr: () => syntaxError("CURRENT"),
  A_ArrayExpr: () => unsupported("array constructors are not supported"),
  JsonObjectConstructor: () => syntaxError("("),
  JsonArrayConstructor: () => syntaxError("("),
  JsonFuncExpr: () => syntaxError("("),
  JsonParseExpr: () => syntaxError("("),
  JsonIsPredicate: () => syntaxError("JSON"),
  JsonTable: () => syntaxError("JSON_TABLE"),
  XmlExpr: () => unsupported("XML functions are not supported"),
  usingClauseAlias: () => syntaxError("AS"),
};

function walk(value: unknown, seen: Seen, key: string): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, seen, key);
    return;
  }
  if (!isNode(value)) return;
  checkNode(key, value, seen);
  for (const [name, inner] of Object.entries(value)) {
    if (Object.hasOwn(refusedKeys, name) && (!Array.isArray(inner) || inner.length))
      throw refusedKeys[name]?.() ?? syntaxError(name);
    walk(inner, seen, name);
  }
}

function checkNode(kind: string, node: Node, seen: Seen): void {
  switch (kind) {
    case "SelectStmt": {
      const distinct = node["distinctClause"];
      if (
        Array.isArray(distinct) &&
        distinct.some((each) => isNode(each) && Object.keys(each).length)
      )
        throw syntaxError("ON");
      if (text(node, "limitOption") === "LIMIT_OPTION_WITH_TIES") throw syntaxError("TIES");
      // AWS's page r_UNION
      if (node["all"] === true && text(node, "op") !== "SETOP_UNION")
        throw unsupported(`${text(node, "op").replace("SETOP_", "")} ALL is not supported`);
      return;
    }
    case "RangeSubselect":
      if (node["lateral"]) throw syntaxError("LATERAL");
      if (child(child(node, "subquery"), "SelectStmt")["valuesLists"])
        throw unsupported("VALUES list as constant table is not supported");
      return;
    case "RangeFunction":
      if (node["lateral"]) throw syntaxError("LATERAL");
      if (JSON.stringify(node["functions"]).includes('"pg_get_late_binding_view_cols"')) return;
      throw unsupported("functions in the FROM clause are not supported");
    case "CommonTableExpr":
      seen.ctes.add(text(node, "ctename"));
      if (text(node, "ctematerialized") !== "CTEMaterializeDefault")
        throw syntaxError("MATERIALIZED");
      if (!child(node, "ctequery")["SelectStmt"])
        throw syntaxError(
          Object.keys(child(node, "ctequery"))[0]?.replace("Stmt", "").toUpperCase() ?? "",
        );
      return;
    case "relation":
    case "rel":
    case "RangeVar": {
      const name = text(node, "relname");
      if (name) {
        seen.tables.push({ schema: text(node, "schemaname"), name });
        checkReserved(name, node, seen);
      }
      return;
    }
    case "ColumnRef": {
      const [name] = strings(node["fields"]);
      if (name) checkReserved(name, node, seen);
      return;
    }
    case "ResTarget":
      return;
    case "A_Expr":
      return checkOperator(node);
    case "A_Indices":
      seen.subscripts = true;
      return;
    case "A_Const":
      if (node["bsval"]) throw unsupported("bit string literals are not supported");
      return;
    case "TypeCast":
      return checkCast(node);
    case "typeName":
    case "TypeName":
      return checkType(node);
    case "FuncCall":
      return checkFunction(node, seen);
    case "SQLValueFunction":
      if (/CURRENT_CATALOG|CURRENT_ROLE/.test(text(node, "op")))
        throw unsupported(`${text(node, "op").replace("SVFOP_", "")} is not supported`);
      if (/CURRENT_SCHEMA/.test(text(node, "op"))) seen.functions.add("current_schema");
      if (/CURRENT_TIME$|CURRENT_TIMESTAMP|LOCALTIME/.test(text(node, "op")))
        seen.functions.add("now");
      return;
  }
}

/** A reserved word as a name needs quotation marks; PostgreSQL reserves fewer. */
function checkReserved(name: string, node: Node, seen: Seen): void {
  const location = typeof node["location"] === "number" ? node["location"] : 0;
  if (!reservedWords.has(name.toUpperCase()) || name.toLowerCase() === "oid") return;
  const written = seen.source.toString("utf8", location, location + 300);
  if (new RegExp(`^(\\w+\\.)*${name}\\b`, "i").test(written)) throw syntaxError(name);
}

function checkOperator(node: Node): void {
  const kind = text(node, "kind");
  if (kind === "AEXPR_DISTINCT" || kind === "AEXPR_NOT_DISTINCT") throw syntaxError("DISTINCT");
  const operator = strings(node["name"]).at(-1) ?? "";
  if (/->|#>|@>|<@|\?|&&|\^@|@@/.test(operator))
    throw new RedshiftError("42883", `operator does not exist: ${operator}`);
  if (kind === "AEXPR_OP_ANY" || kind === "AEXPR_OP_ALL") {
    const right = child(node, "rexpr");
    const cast = child(right, "TypeCast");
    const given = right["TypeCast"] ? child(cast, "arg") : right;
    // Neither a parameter nor a literal is an array: there is no type for one.
    if (given["ParamRef"] || given["A_Const"])
      throw new RedshiftError("42809", "op ANY/ALL (array) requires array on right side");
  }
  if (kind === "AEXPR_OP" && (child(node, "lexpr")["RowExpr"] || child(node, "rexpr")["RowExpr"]))
    throw unsupported("ROW expression, implicit or explicit, is not supported in a comparison");
}

function checkType(node: Node): void {
  const name = strings(node["names"]).at(-1) ?? "";
  if (Array.isArray(node["arrayBounds"]) && !["name", "oid", "text", "regclass"].includes(name))
    throw unsupported("array types are not supported");
  if (refusedInCasts.has(name)) throw unsupported(`type "${name}" is not supported`);
}

/** Redshift's dates and times end where the calendar does: there is no infinity among them. */
function checkCast(node: Node): void {
  const type = strings(child(node, "typeName")["names"]).at(-1) ?? "";
  const value = text(child(child(child(node, "arg"), "A_Const"), "sval"), "sval");
  if (/^(date|timestamp|timestamptz)$/.test(type) && /^\s*[-+]?inf(inity)?\s*$/i.test(value))
    throw new RedshiftError("22007", `invalid input syntax for type ${type}: "${value}"`);
}

const frameGiven = 0x1;
const frameRange = 0x2;
const frameGroups = 0x8;
/** Window functions that are not aggregates: their order needs no frame. */
const withoutFrame = new Set(
  "row_number rank dense_rank percent_rank cume_dist ntile lag lead ratio_to_report median".split(
    " ",
  ),
);
const withOrder = new Set(["lag", "lead", "ntile", "cume_dist", "percent_rank", "rank"]);

/** AWS's pages c_Window_functions and r_WF_*; the texts about frames from OHDSI/Achilles #232. */
function checkWindow(name: string, over: Node): void {
  const options = typeof over["frameOptions"] === "number" ? over["frameOptions"] : 0;
  const ordered = Array.isArray(over["orderClause"]) && over["orderClause"].length > 0;
  const given = (options & frameGiven) !== 0;
  if (text(over, "refname") || text(over, "name")) throw syntaxError(text(over, "name") || "(");
  if (given && options & frameGroups) throw syntaxError("GROUPS");
  if (given && options & frameRange)
    throw unsupported("RANGE clause of window functions not yet implemented");
  if (withoutFrame.has(name)) {
    if (given) throw unsupported(`window function ${name} does not take a frame clause`);
    if (!ordered && withOrder.has(name))
      throw unsupported(`window function ${name} requires an ORDER BY clause`);
    return;
  }
  if (ordered && !given)
    throw unsupported("Aggregate window functions with an ORDER BY clause require a frame clause");
}

function checkFunction(node: Node, seen: Seen): void {
  const path = strings(node["funcname"]);
  const name = path.at(-1) ?? "";
  if (path.length > 1 && path[0] !== "pg_catalog") return; // a user's own function
  if (path.length > 1 && name.startsWith("rs_"))
    return void seen.functions.add(name.slice("rs_".length)); // put in place of the one it is named for
  // What PostgreSQL's grammar makes of SIMILAR TO and LIKE … ESCAPE.
  if (path.length > 1 && /^(similar_to|like)_escape$/.test(name)) return;
  seen.functions.add(name);
  if (postgresFunctions.has(name) && !redshiftFunctions.has(name))
    throw new RedshiftError("42883", `function ${name}(...) does not exist`, {
      hint: "No function matches the given name and argument types. You may need to add explicit type casts.",
    });
  if (node["func_variadic"]) throw syntaxError("VARIADIC");
  if (isNode(node["over"])) checkWindow(name, node["over"]);
}

/** What Serverless has not: its views are SYS and SVV (AWS's page serverless_views-monitoring). */
const provisionedView = /^(stl|stv|svl|svcs)_/;
const systemView = /^(svv|svl|svcs|stl|stv|sys)_/;

/**
 * Leader-node functions and catalogue tables do not mix with tables of the compute nodes. Returns the
 * latter, those of users.
 */
function checkNodes(kind: string, seen: Seen, mode: Mode): Table[] {
  const tables = seen.tables.filter((table) => table.schema || !seen.ctes.has(table.name));
  const isSystem = (table: Table): boolean =>
    systemView.test(table.name) && (table.schema === "" || table.schema === "pg_catalog");
  const isCatalog = (table: Table): boolean =>
    !isSystem(table) &&
    (table.schema === "pg_catalog" ||
      table.schema === "information_schema" ||
      (table.schema === "" && /^(pg|rs)_/.test(table.name)));
  const users = tables.filter((table) => !isSystem(table) && !isCatalog(table));
  const provisioned = tables.find((table) => provisionedView.test(table.name) && isSystem(table));
  if (mode === "serverless" && provisioned)
    throw new RedshiftError("42P01", `relation "${provisioned.name}" does not exist`);
  if (seen.subscripts && users.length)
    throw unsupported("sandbox: subscripts (SUPER navigation) are not emulated");
  if (
    ![
      "SelectStmt",
      "CreateTableAsStmt",
      "InsertStmt",
      "UpdateStmt",
      "DeleteStmt",
      "DeclareCursorStmt",
      "ViewStmt",
      "PrepareStmt",
    ].includes(kind)
  )
    return users;
  const leader = [...seen.functions].filter((name) => leaderFunctions.has(name));
  // INSERT … VALUES is evaluated on the leader node before the row is sent.
  const computed = kind === "InsertStmt" ? tables.slice(1) : tables;
  const onNodes = computed.filter((table) => !isCatalog(table));
  if (leader.length && onNodes.length)
    throw new RedshiftError(
      "0A000",
      "Specified types or functions (one per INFO message) not supported on Redshift tables.",
      { detail: `Function "${leader[0]}" is supported on the leader node only.` },
    );
  if (users.length && tables.some(isCatalog))
    throw new RedshiftError(
      "0A000",
      "Specified types or functions (one per INFO message) not supported on Redshift tables.",
      { detail: "Catalog tables of the leader node cannot be combined with user tables." },
    );
  return users;
}

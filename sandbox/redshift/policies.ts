// Row-level security and dynamic data masking (AWS's pages t_rls and t_ddm), as far as tables know that they
// are protected: rows are not filtered and values are not masked.
import { RedshiftError, syntaxError } from "./errors";
import type { Statement, Token } from "./lexer";
import { closing, nameOf, qualifiedName, quoteLiteral, type RewriteContext } from "./rewrite";

/** Said to a session that differs from the cluster; no page and no report gives the words. */
export const protectedRelation = (name: string): RedshiftError =>
  new RedshiftError(
    "0A000",
    `relation "${name}" is protected by row-level security or dynamic data masking and cannot be queried while enable_case_sensitive_identifier of the session differs from its default`,
  );

export interface PolicyStatement {
  sql: string;
  tag: string;
}

type Kind = "RLS" | "MASKING";

interface Change {
  name: string;
  tables?: string[];
  columns?: string[];
  exists?: boolean;
  cascade?: boolean;
}

const call = (action: string, kind: Kind, change: Change): string =>
  `CALL pg_catalog.rs_policy(${quoteLiteral(action)}, ${quoteLiteral(kind)}, ${quoteLiteral(JSON.stringify(change))})`;

const expectWord = (token: Token | undefined, ...words: string[]): void => {
  if (!token || !words.includes(token.up)) throw syntaxError(token?.raw ?? "");
};

/** CREATE, ALTER, DROP, ATTACH and DETACH of RLS and MASKING policies; nothing for other statements. */
export function policyStatement(
  { tokens: all }: Statement,
  context: RewriteContext,
): PolicyStatement | undefined {
  const action = all[0]?.up ?? "";
  const kind = all[1]?.up;
  if (!["CREATE", "ALTER", "DROP", "ATTACH", "DETACH"].includes(action)) return undefined;
  if ((kind !== "RLS" && kind !== "MASKING") || all[2]?.up !== "POLICY") return undefined;
  let at = 3;
  const exists = all[at]?.up === "IF";
  if (exists) {
    if (action === "CREATE") expectWord(all[++at], "NOT");
    expectWord(all[++at], "EXISTS");
    at++;
  }
  const name = nameOf(all[at], context);
  at++;
  const change: Change = { name, ...(exists ? { exists } : {}) };
  if (action === "CREATE" || action === "ALTER") {
    const using = all.findIndex((token, index) => index >= at && token.up === "USING");
    if (using < 0) throw syntaxError("");
    if (kind === "MASKING" && action === "CREATE") expectWord(all[at], "WITH");
    const end = closing(all, using + 1);
    if (all[end + 1]) throw syntaxError(all[end + 1]?.raw ?? "");
  } else if (action === "DROP") {
    if (all[at]) expectWord(all[at], "CASCADE", "RESTRICT");
    change.cascade = all[at]?.up === "CASCADE";
  } else at = attached(all, at, action, kind, context, change);
  return { sql: call(action, kind, change), tag: `${action} ${kind} POLICY` };
}

/** `ON [TABLE] t [, …] [(columns)] TO | FROM grantees` of ATTACH and DETACH. */
function attached(
  all: Token[],
  from: number,
  action: string,
  kind: Kind,
  context: RewriteContext,
  change: Change,
): number {
  expectWord(all[from], "ON");
  let at = all[from + 1]?.up === "TABLE" ? from + 2 : from + 1;
  const tables: string[] = [];
  for (;;) {
    const table = qualifiedName(all, at, context);
    tables.push(table.text);
    at = table.next;
    if (kind === "MASKING" || all[at]?.raw !== ",") break;
    at++;
  }
  change.tables = tables;
  if (kind === "MASKING") {
    if (all[at]?.raw !== "(") throw syntaxError(all[at]?.raw ?? "");
    const end = closing(all, at);
    change.columns = all
      .slice(at + 1, end)
      .filter((token) => token.raw !== ",")
      .map((token) => nameOf(token, context));
    at = end + 1;
    if (all[at]?.up === "USING") at = closing(all, at + 1) + 1;
  }
  expectWord(all[at], action === "ATTACH" ? "TO" : "FROM");
  if (!all[at + 1]) throw syntaxError("");
  return at;
}

/** ALTER TABLE … ROW LEVEL SECURITY ON | OFF [CONJUNCTION TYPE AND | OR] [FOR DATASHARES]; `at` is the word ROW. */
export function rowLevelSecurity(all: Token[], at: number): boolean {
  expectWord(all[at + 1], "LEVEL");
  expectWord(all[at + 2], "SECURITY");
  expectWord(all[at + 3], "ON", "OFF");
  let end = at + 4;
  if (all[end]?.up === "CONJUNCTION") {
    expectWord(all[end + 1], "TYPE");
    expectWord(all[end + 2], "AND", "OR");
    end += 3;
  }
  if (all[end]?.up === "FOR") {
    expectWord(all[end + 1], "DATASHARES");
    end += 2;
  }
  if (all[end]) throw syntaxError(all[end]?.raw ?? "");
  return all[at + 3]?.up === "ON";
}

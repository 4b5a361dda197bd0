// “SELECT on the chosen table”: whether a sync may read it, found out by reading its first rows. What the catalogue
// says comes first, since only it tells a missing USAGE from a missing SELECT; the deed decides.
import type { TableKind } from "@/lib/connectors/contract/catalog";
import type { CheckPart, CheckResult, Remedy } from "@/lib/connectors/contract/checks";
import type { Preview, TableInspection } from "@/lib/connectors/contract/preview";
import type { Delay } from "@/lib/connectors/retry";
import { isMissing, tableMissing, whileSwapped } from "@/lib/connectors/swapped";
import { SyncError } from "@/lib/platform/errors";
import { startOf } from "@/lib/platform/foreign-text";
import { readPreview } from "@/lib/connectors/redshift/catalog/browse";
import * as browseSql from "@/lib/connectors/redshift/catalog/browse-sql";
import {
  databaseOf,
  isTrue,
  listColumns,
  tableKindOf,
} from "@/lib/connectors/redshift/catalog/catalog";
import * as catalogSql from "@/lib/connectors/redshift/catalog/catalog-sql";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import type { RedshiftColumn } from "@/lib/connectors/redshift/catalog/columns";
import { readingGrants } from "./permissions";
import * as sql from "@/lib/connectors/redshift/sql";

const titles = {
  found: "Table found",
  usage: "USAGE on its schema",
  select: "SELECT on the table",
  columns: "Columns listed",
  rows: "First rows read",
} as const;
type PartId = keyof typeof titles;

/** What is known of the table before it is read. */
type Facts = {
  user: string;
  schema: string;
  table: string;
  kind: TableKind | null;
  owner: string | null;
  schemaOwner: string | null;
  isLocal: boolean;
};
type Refusal = {
  summary: string;
  remedy: Remedy;
  serverText?: string;
  statement?: string;
  /** It may be back in a moment, as a table that is replaced by rename. */
  isAway?: boolean;
};

class Refused extends Error {
  constructor(
    readonly part: PartId,
    readonly refusal: Refusal,
  ) {
    super(refusal.summary);
  }
}

/**
 * Whether a table may be read, and its first rows if so. One that isn't there is looked for again for a moment. What
 * isn't about the table (a lost connection, a cancel) is thrown.
 */
export async function inspectTable(
  session: RedshiftSession,
  user: string,
  schema: string,
  table: string,
  limit: number,
  timeoutMs: number,
  delay: Delay,
  signal: AbortSignal,
): Promise<TableInspection> {
  let last: TableInspection | undefined;
  try {
    return await whileSwapped(
      async () => {
        const { isAway, ...seen } = await inspectOnce(
          session,
          user,
          schema,
          table,
          limit,
          timeoutMs,
          signal,
        );
        last = seen;
        if (isAway) throw tableMissing(seen.check.summary);
        return seen;
      },
      delay,
      signal,
    );
  } catch (error) {
    if (last && isMissing(error)) return last;
    throw error;
  }
}

async function inspectOnce(
  session: RedshiftSession,
  user: string,
  schema: string,
  table: string,
  limit: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<TableInspection & { isAway: boolean }> {
  const began = performance.now();
  const parts: CheckPart[] = [];
  let since = began;
  const passed = (
    id: PartId,
    summary: string,
    statement: string,
    status: "passed" | "skipped" = "passed",
  ) => {
    const now = performance.now();
    parts.push({ id, title: titles[id], status, summary, statement, ms: Math.round(now - since) });
    since = now;
  };
  const done = (
    status: CheckResult["status"],
    summary: string,
    more: Partial<CheckResult> = {},
  ): CheckResult => ({
    id: "table",
    title: "SELECT on the chosen table",
    status,
    summary,
    parts,
    ms: Math.round(performance.now() - began),
    ...more,
  });
  try {
    const facts = await lookUp(session, user, schema, table, passed, signal);
    const columns = await columnsOf(session, facts, passed, signal);
    const preview = await firstRows(session, facts, columns, limit, timeoutMs, signal);
    const statement = shortened(
      browseSql.preview(
        schema,
        table,
        columns,
        limit,
        browseSql.charactersShown(columns.length, limit),
      ),
    );
    passed(
      "rows",
      preview.rows.length === 0 ? "There are none yet." : `${preview.rows.length} read.`,
      statement,
    );
    return {
      check: done("passed", `“${user}” may read “${schema}”.“${table}”.`),
      preview,
      isAway: false,
    };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const {
      part,
      refusal: { summary, remedy, isAway = false, ...evidence },
    } = error;
    parts.push({
      id: part,
      title: titles[part],
      status: "failed",
      summary,
      ms: Math.round(performance.now() - since),
      ...evidence,
    });
    for (const [id, title] of Object.entries(titles))
      if (!parts.some((known) => known.id === id))
        parts.push({
          id,
          title,
          status: "skipped",
          summary: `Not run because “${titles[part]}” failed.`,
        });
    return {
      check: done("failed", summary, {
        remedy,
        ...(evidence.serverText && { serverText: evidence.serverText }),
      }),
      preview: null,
      isAway,
    };
  }
}

/** A statement that names 1,600 columns is no evidence for a person. */
const shortened = (statement: string): string =>
  statement.length <= 600
    ? statement
    : `${startOf(statement, 450)} … ${statement.slice(statement.lastIndexOf(" FROM "))}`;

const whoGrants = (owner: string | null): string =>
  owner
    ? `A superuser, or the owner “${owner}”, runs this:`
    : "A superuser, or the owner, runs this:";

async function lookUp(
  session: RedshiftSession,
  user: string,
  schema: string,
  table: string,
  passed: (id: PartId, summary: string, statement: string, status?: "skipped") => void,
  signal: AbortSignal,
): Promise<Facts> {
  const [schemaRow] = await session.query(catalogSql.schemaFacts(schema), signal);
  const [tableRow] = await session.query(catalogSql.tableFacts(schema, table), signal);
  const schemaOwner = schemaRow?.[0] ?? null;
  const owner = tableRow?.[1] ?? null;
  const mayUse = !schemaRow || isTrue(schemaRow[1]);
  const statement = catalogSql.tableFacts(schema, table);
  const privilege = mayUse
    ? catalogSql.selectPrivilege(schema, table)
    : catalogSql.selectGrants(schema, table);
  const [answer] = tableRow ? await session.query(privilege, signal) : [];
  const maySelect = !tableRow || (mayUse ? isTrue(answer?.[0]) : Number(answer?.[0]) > 0);
  if (tableRow)
    passed("found", `A ${tableRow[0] ?? "table"}${owner ? ` of “${owner}”` : ""}.`, statement);
  else
    passed(
      "found",
      "Not among this cluster's own tables: it may be an external or a shared one.",
      statement,
      "skipped",
    );
  const grants = readingGrants(schema, user);
  if (!mayUse) {
    const missing = [grants.usage, ...(maySelect ? [] : [grants.table(table)])].join("\n");
    throw new Refused("usage", {
      summary: `“${user}” may not look into the schema “${schema}”${maySelect ? "" : ", and may not read the table either"}.`,
      remedy: {
        text: whoGrants(schemaOwner),
        sql: missing,
        causes: [
          "USAGE on the schema was never granted: SELECT on its tables isn't enough.",
          "The schema was dropped and made again, which takes its grants away.",
        ],
      },
      statement: catalogSql.schemaFacts(schema),
    });
  }
  passed(
    "usage",
    schemaRow ? `“${user}” has it.` : "Not known beforehand.",
    catalogSql.schemaFacts(schema),
    ...(schemaRow ? [] : ["skipped" as const]),
  );
  if (!maySelect) {
    throw new Refused("select", {
      summary: `“${user}” may not read “${schema}”.“${table}”.`,
      remedy: {
        text: whoGrants(owner),
        sql: grants.table(table),
        causes: [
          "SELECT on it was never granted.",
          "It was dropped and made again, as dbt does: that takes its grants away. ALTER DEFAULT PRIVILEGES in the permissions script keeps them.",
          "Only some of its columns were granted: a sync needs the table.",
        ],
      },
      statement: privilege,
    });
  }
  passed(
    "select",
    tableRow ? `“${user}” has it.` : "Not known beforehand.",
    privilege,
    ...(tableRow ? [] : ["skipped" as const]),
  );
  return {
    user,
    schema,
    table,
    kind: tableRow ? tableKindOf(tableRow[0]) : null,
    owner,
    schemaOwner,
    isLocal: schemaRow !== undefined,
  };
}

async function columnsOf(
  session: RedshiftSession,
  facts: Facts,
  passed: (id: PartId, summary: string, statement: string) => void,
  signal: AbortSignal,
): Promise<RedshiftColumn[]> {
  const { schema, table, user } = facts;
  const isLate = facts.kind === "late-binding view";
  const statement = isLate
    ? catalogSql.resultColumns(schema, table)
    : sql.columnsOf(await databaseOf(session, signal), schema, table);
  let columns: RedshiftColumn[];
  try {
    columns = await listColumns(session, schema, table, signal);
  } catch (error) {
    throw await refusalOf(session, facts, "columns", statement, 0, error, signal);
  }
  if (columns.length === 0) {
    throw new Refused(
      facts.kind === null ? "found" : "columns",
      isLate
        ? brokenView(facts, undefined)
        : {
            summary:
              facts.kind === null
                ? `There is no table “${schema}”.“${table}”, or “${user}” may not see it.`
                : `The warehouse names no columns of “${schema}”.“${table}”.`,
            remedy: {
              text: "Choose another table, or look for it again under “Table”.",
              causes: [
                "It was dropped or renamed since it was listed.",
                "Its name has capitals and was made without quotation marks, or the cluster's enable_case_sensitive_identifier keeps them from being told apart.",
                "It is an external or a shared table, and its catalogue (AWS Glue, Lake Formation or the sharing cluster) doesn't show it to you.",
              ],
            },
            statement,
            isAway: true,
          },
    );
  }
  passed("columns", `${columns.length} ${columns.length === 1 ? "column" : "columns"}.`, statement);
  return columns;
}

async function firstRows(
  session: RedshiftSession,
  facts: Facts,
  columns: RedshiftColumn[],
  limit: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Preview> {
  try {
    return await readPreview(session, facts.schema, facts.table, columns, limit, signal);
  } catch (error) {
    const statement = shortened(
      browseSql.preview(
        facts.schema,
        facts.table,
        columns,
        limit,
        browseSql.charactersShown(columns.length, limit),
      ),
    );
    throw await refusalOf(session, facts, "rows", statement, timeoutMs, error, signal);
  }
}

const isView = ({ kind }: Facts): boolean =>
  kind === "view" || kind === "late-binding view" || kind === "materialized view";

const brokenView = ({ schema, table, owner }: Facts, serverText: string | undefined): Refusal => ({
  summary: `The view “${schema}”.“${table}” reads something that isn't there any more.`,
  isAway: true,
  remedy: {
    text: `${owner ? `Its owner “${owner}”` : "Its owner"} makes the missing table again, or the view anew. Then try again.`,
    causes: [
      "A table under the view was dropped or renamed: Redshift looks only when a late-binding view is read.",
      "A column that the view names was dropped or renamed.",
      "The table was in an external schema that was dropped.",
    ],
  },
  ...(serverText && { serverText }),
});

/** What a refusal of the deed means. Anything that isn't the table's doing is given back as it is. */
async function refusalOf(
  session: RedshiftSession,
  facts: Facts,
  part: PartId,
  statement: string,
  timeoutMs: number,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof SyncError) || signal.aborted || error.fault === "transient") return error;
  const { code = "", serverText = "" } = error.detail;
  const evidence = { serverText, statement, ...(isMissing(error) && { isAway: true }) };
  if (code === "57014") {
    return new Refused(part, {
      ...evidence,
      summary: `The warehouse didn't give the first rows within ${Math.round(timeoutMs / 1000)} seconds, so the statement was cancelled.`,
      remedy: {
        text: "Choose a table instead, or have the view's result kept as a table or a materialized view. A sync would wait for the whole of it, each time.",
        causes: [
          ...(isView(facts)
            ? ["The view joins or sorts everything before it gives a first row."]
            : []),
          "The warehouse is busy: the statement waited in its queue.",
          "The user has a statement_timeout of its own that is shorter.",
        ],
      },
    });
  }
  if (code === "42501")
    return new Refused(part, {
      ...(await deniedBelow(session, facts, serverText, signal)),
      ...evidence,
    });
  if (isView(facts) && ["42P01", "3F000", "42703"].includes(code))
    return new Refused(part, { ...brokenView(facts, serverText), ...evidence });
  if (facts.kind === null && facts.isLocal) {
    return new Refused(part, {
      ...evidence,
      summary: `The external table “${facts.schema}”.“${facts.table}” can't be read.`,
      remedy: {
        text: "Whoever looks after the external schema checks its IAM role.",
        causes: [
          "The schema's IAM role may not read the files in S3, or their key in KMS.",
          "The role may not read the table in AWS Glue, or Lake Formation hasn't granted SELECT on it.",
          "The files are gone, or aren't of the kind that the table says.",
        ],
      },
    });
  }
  return new Refused(part, {
    ...evidence,
    summary: error.message,
    remedy: { text: error.detail.remedy ?? "The server's own words are under “Details”." },
  });
}

/** The table itself may be read, and something under it not: for a view, its owner's right is missing, not ours. */
async function deniedBelow(
  session: RedshiftSession,
  facts: Facts,
  serverText: string,
  signal: AbortSignal,
): Promise<Refusal> {
  const [, what = "", name = ""] =
    /permission denied for (\w+) "?([^"\n]+?)"?\s*$/m.exec(serverText) ?? [];
  const viaView = isView(facts) && facts.owner !== null && name !== facts.table;
  const grantee = viaView && facts.owner ? facts.owner : facts.user;
  const view = `“${facts.schema}”.“${facts.table}”`;
  const summary = viaView
    ? `${view} may be read, but its owner “${grantee}” may not read what is under it${name ? `: “${name}”` : ""}.`
    : `“${facts.user}” may not read ${view}.`;
  const causes = viaView
    ? [
        `“${grantee}” lost the right on “${name}”: a view reads with its owner's rights.`,
        `“${name}” was dropped and made again, which takes its grants away.`,
        "The view was handed over to another owner, who never had the right.",
      ]
    : [
        "A right on it, or on what it reads, was taken away since it was listed.",
        "A row-level or column-level policy of the warehouse refuses this user.",
      ];
  if (what === "schema")
    return {
      summary,
      remedy: {
        text: "A superuser, or the schema's owner, runs this:",
        sql: readingGrants(name, grantee).usage,
        causes,
      },
    };
  if (name === "")
    return {
      summary,
      remedy: {
        text: "The server's own words, under “Details”, say for which object. A superuser, or its owner, grants it.",
        causes,
      },
    };
  const schemas = (await session.query(catalogSql.schemasWith(name), signal)).flatMap(
    ([schema]) => schema ?? [],
  );
  const sql = schemas.map((schema) => readingGrants(schema, grantee).table(name));
  if (schemas.length === 1)
    return {
      summary,
      remedy: { text: "A superuser, or the table's owner, runs this:", sql: sql[0], causes },
    };
  return {
    summary,
    remedy: {
      text:
        schemas.length === 0
          ? `A superuser grants “${grantee}” SELECT on “${name}”.`
          : `Several schemas have a “${name}”. A superuser, or its owner, runs the one that the view reads:`,
      ...(sql.length > 0 && { sql: sql.join("\n") }),
      causes,
    },
  };
}

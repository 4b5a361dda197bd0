// Which object of which warehouse a name stands for, so that a table is never loaded into itself: not by another host
// name of the same cluster, and not through views.
import type { Origin } from "@/lib/connectors/contract/changes";
import type { Delay } from "@/lib/connectors/retry";
import { isMissing, tableMissing, whileSwapped } from "@/lib/connectors/swapped";
import { SyncError } from "@/lib/platform/errors";
import { databaseOf, listColumns } from "@/lib/connectors/redshift/catalog/catalog";
import {
  basesOf,
  currentNamespace,
  relationId,
  viewText,
} from "@/lib/connectors/redshift/catalog/catalog-sql";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";

/** Views over views end somewhere; one that is deeper than this is not followed. */
const MAX_DEPTH = 32;

/**
 * What a relation is to its warehouse. `place` names the cluster and the database; `relations` are the relation's own
 * identity and those of everything that it reads through views, `definitions` the texts of the late-binding ones among
 * them, which are bound to nothing. Null: it isn't of this cluster, as an external or a shared table.
 */
export async function originOf(
  session: RedshiftSession,
  schema: string,
  table: string,
  signal: AbortSignal,
): Promise<Origin | null> {
  const [own] = await session.query(relationId(schema, table), signal);
  if (!own?.[0]) return null;
  const relations = new Set<string>([own[0]]);
  const definitions: string[] = [];
  let views = own[1] === "v" ? [own[0]] : [];
  for (let depth = 0; depth < MAX_DEPTH && views.length > 0; depth += 1) {
    for (const view of views) {
      const [text] = await session.query(viewText(view), signal);
      if (/with no schema binding/i.test(text?.[0] ?? "")) definitions.push(text?.[0] ?? "");
    }
    const found = await session.query(basesOf(views), signal);
    const unseen = found.filter(([id]) => id !== null && id !== undefined && !relations.has(id));
    for (const [id] of unseen) relations.add(id!);
    views = unseen.flatMap(([id, kind]) => (kind === "v" ? [id!] : []));
  }
  return {
    place: `${await namespaceOf(session, signal)}/${await databaseOf(session, signal)}`,
    relations: [...relations],
    definitions,
  };
}

/**
 * The same of a source's table. One that is away for a moment is looked for again: taken for something of another
 * cluster, it would pass as the source of any target. Null also where it was dropped since its rows were found.
 */
export async function originOfSource(
  session: RedshiftSession,
  schema: string,
  table: string,
  delay: Delay,
  signal: AbortSignal,
): Promise<Origin | null> {
  try {
    return await whileSwapped(
      async () => {
        const origin = await originOf(session, schema, table, signal);
        if (origin === null && (await listColumns(session, schema, table, signal)).length === 0)
          throw tableMissing(`There is no table “${schema}”.“${table}”.`);
        return origin;
      },
      delay,
      signal,
    );
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The cluster's own id. Releases that don't know the function say so by any of several errors. */
const namespaceOf = async (session: RedshiftSession, signal: AbortSignal): Promise<string> => {
  try {
    return (await session.query(currentNamespace, signal))[0]?.[0] ?? "";
  } catch (error) {
    if (error instanceof SyncError && error.fault !== "transient") return "";
    throw error;
  }
};

/** A name in a view's text, with or without its schema and quotation marks. */
const mentions = (definition: string, table: string): boolean =>
  new RegExp(`(^|[^\\w"])"?${table.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}"?([^\\w"]|$)`, "i").test(
    definition,
  );

/** Whether the source reads the target: as itself, or through views. */
const readsTarget = (source: Origin, target: Origin, table: string): boolean =>
  source.place === target.place &&
  (source.relations.some((relation) => target.relations[0] === relation) ||
    source.definitions.some((definition) => mentions(definition, table)));

/** The refusal, before a row is moved. */
const readsItself = (schema: string, table: string): SyncError =>
  new SyncError(
    `The source reads ${schema}.${table}, which is the very table that would be loaded: columns that aren't selected would be lost.`,
    "user-fixable",
    {
      code: "TARGET_IS_SOURCE",
      remedy: "Give the destination another schema or another table name. Nothing was changed.",
    },
  );

/** Throws `readsItself` where the source reads the target, whatever either is called. */
export async function assertOther(
  session: RedshiftSession,
  schema: string,
  table: string,
  source: Origin | null,
  signal: AbortSignal,
): Promise<void> {
  if (!source) return;
  const own = await originOf(session, schema, table, signal);
  if (own && readsTarget(source, own, table)) throw readsItself(schema, table);
}

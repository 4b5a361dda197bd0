import "server-only";
import { connectorKinds } from "@/lib/connectors/catalog";
import { sourceThatCan, type SourceConnector } from "@/lib/connectors/contract/source";
import { findDestination } from "@/lib/destinations/data";
import { findDraft } from "@/lib/drafts/data";
import { mappingHash, selectionOf, tableSelectionOf } from "@/lib/event/selection";
import { newId } from "@/lib/platform/ids";
import { ok, refused, type Result } from "@/lib/platform/result";
import { findSource } from "@/lib/sources/data";
import { openDraft, openSourceCredential } from "@/lib/sources/open";
import {
  browseSchema,
  sourceDraftSchema,
  type BrowseAnswers,
  type BrowseRequest,
  type Subject,
} from "@/lib/sources/schema";
import { may, refusalOf } from "@/lib/team/rules";
import type { Actor } from "@/lib/team/types";
import { defineRead } from "@/lib/web/define-action";

const PREVIEW_ROWS = 100;
/** With the login, and beyond the statement's own limit in the warehouse, which says more. */
const LOOK_MS = 30_000;
const COUNT_MS = 80_000;
const longAsks: Partial<Record<BrowseRequest["ask"], number>> = {
  keyHealth: COUNT_MS,
  profile: COUNT_MS,
  kept: COUNT_MS,
  dryRun: 310_000,
};

/** What is typed in a draft is its editors'; a source is looked at by everyone of its team. */
async function openOf(actor: Actor, draftId: string): Promise<Result<SourceConnector>> {
  if (!may(actor.role, "sources.edit")) return refused(refusalOf(actor.role, "sources.edit"));
  const found = await findDraft(actor.teamId, draftId, "source");
  if (!found || found.finishedAs)
    return refused("This draft no longer exists. Start again under Sources.");
  return openDraft(actor.teamId, draftId, found.kind, sourceDraftSchema.parse(found.data));
}

async function openTable(
  actor: Actor,
  of: Subject,
): Promise<Result<{ connector: SourceConnector; schema: string; table: string }>> {
  if ("draftId" in of) {
    const connector = await openOf(actor, of.draftId);
    return connector.ok
      ? ok({ connector: connector.value, schema: of.schema, table: of.table })
      : connector;
  }
  const source = await findSource(actor.teamId, of.sourceId);
  if (!source) return refused("This source no longer exists.");
  const connector = await openSourceCredential(actor.teamId, source.credentialId);
  return connector.ok
    ? ok({ connector: connector.value, schema: source.schema, table: source.table })
    : connector;
}

/** Answers one question about the warehouse. When the request ends, so does the statement. */
export const browse = defineRead(
  { permission: "preview.read", does: "read source" },
  browseSchema,
  async (
    request: BrowseRequest,
    actor,
    ended,
  ): Promise<Result<BrowseAnswers[BrowseRequest["ask"]]>> => {
    const limit = AbortSignal.timeout(longAsks[request.ask] ?? LOOK_MS);
    const signal = AbortSignal.any([ended, limit]);
    if (request.ask === "schemas" || request.ask === "tables") {
      const { search, after } = request;
      const connector = await openOf(actor, request.draftId);
      if (!connector.ok) return connector;
      const catalog = sourceThatCan(connector.value, "catalog");
      return ok(
        request.ask === "schemas"
          ? await catalog.schemas({ search, after }, signal)
          : await catalog.tables(request.schema, { search, after }, signal),
      );
    }
    if (request.ask === "dryRun" || request.ask === "kept") {
      const source = await findSource(actor.teamId, request.sourceId);
      if (!source) return refused("This source no longer exists.");
      const connectionIds = source.connections.map(({ id }) => id);
      const connector = await openSourceCredential(actor.teamId, source.credentialId);
      if (!connector.ok) return connector;
      if (request.ask === "kept")
        return ok(await sourceThatCan(connector.value, "state").kept(connectionIds, signal));
      const { connectionId, destinationId, mode, cursor, rawNumbers } = request;
      if (connectionId && !connectionIds.includes(connectionId))
        return refused("This connection no longer exists.");
      const destination = await findDestination(actor.teamId, destinationId);
      if (!destination) return refused("This destination no longer exists.");
      const select =
        connectorKinds[destination.kind]?.destination?.takes === "rows"
          ? tableSelectionOf
          : selectionOf;
      const selection = select(source.mapping, {
        schema: source.schema,
        table: source.table,
        keys: source.keys,
      });
      return ok(
        await sourceThatCan(connector.value, "changes").dryRun(
          {
            selection,
            mode,
            cursor,
            connectionId: connectionId ?? newId(),
            mappingHash: mappingHash(source.mapping, selection, rawNumbers),
          },
          signal,
        ),
      );
    }
    const opened = await openTable(actor, request.of);
    if (!opened.ok) return opened;
    const { schema, table } = opened.value;
    const preview = sourceThatCan(opened.value.connector, "preview");
    switch (request.ask) {
      case "inspection":
        return ok(await preview.inspect(schema, table, PREVIEW_ROWS, signal));
      case "keyHealth":
        return ok(await preview.keyHealth(schema, table, request.keys, signal));
      case "profile":
        return ok(await preview.profile(schema, table, request.column, signal));
      case "cell":
        return ok(
          await preview.cell(
            {
              schema,
              table,
              column: request.column,
              begin: request.begin,
              bytes: request.bytes,
              key: request.key,
            },
            signal,
          ),
        );
    }
  },
);

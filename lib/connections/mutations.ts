import { z } from "zod";
import { audit } from "@/lib/audit/mutations";
import { connectDefaults, type Connect } from "@/lib/connections/schema";
import { db, isUniqueViolation, type Tx } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { ok, refused, type Result } from "@/lib/platform/result";
import type { Actor } from "@/lib/team/types";

/** The row of a connection; both ends must be known to belong to the actor's team. */
export async function connect(
  tx: Tx,
  actor: Actor,
  sourceId: string,
  destinationId: string,
  options: Omit<Connect, "sourceId" | "destinationId"> = connectDefaults,
): Promise<string> {
  const { mode, cursorColumn, deletePercent, lookBackMinutes, syncLogDays, rawNumbers } = options;
  const connection = await tx.connection.create({
    data: {
      id: newId(),
      teamId: actor.teamId,
      sourceId,
      destinationId,
      mode,
      cursorColumn: mode === "upsert" && cursorColumn ? cursorColumn : null,
      deletePercent,
      lookBackMin: lookBackMinutes,
      syncLogDays,
      rawNumbers,
    },
    select: {
      id: true,
      source: { select: { name: true } },
      destination: { select: { name: true } },
    },
  });
  await audit(tx, actor, {
    action: "created",
    subjectType: "connection",
    subjectId: connection.id,
    subjectName: `${connection.source.name} → ${connection.destination.name}`,
    detail: { mode },
  });
  return connection.id;
}

export async function createConnection(
  actor: Actor,
  { sourceId, destinationId, ...options }: Connect,
): Promise<Result<string>> {
  const { teamId } = actor;
  try {
    return await db().$transaction(async (tx) => {
      if ((await tx.source.count({ where: { id: sourceId, teamId } })) !== 1)
        return refused("This source no longer exists.", "sourceId");
      if ((await tx.destination.count({ where: { id: destinationId, teamId } })) !== 1)
        return refused("This destination no longer exists.", "destinationId");
      const other = await sharesTable(tx, sourceId, destinationId);
      if (other)
        return refused(
          `“${other}” loads the same table there already. Two sources in one table would undo each other: make another destination with another table name.`,
          "destinationId",
        );
      return ok(await connect(tx, actor, sourceId, destinationId, options));
    });
  } catch (error) {
    if (isUniqueViolation(error))
      return refused("These two are connected already.", "destinationId");
    throw error;
  }
}

/** What holds from the next run on. Other numbers make other events, so with them the next run delivers every row. */
export async function changeOptions(
  actor: Actor,
  id: string,
  options: Pick<Connect, "deletePercent" | "lookBackMinutes" | "syncLogDays" | "rawNumbers">,
): Promise<boolean> {
  const { deletePercent, lookBackMinutes: lookBackMin, syncLogDays, rawNumbers } = options;
  return changed(actor, id, { deletePercent, lookBackMin, syncLogDays, rawNumbers });
}

/** What a destination that keeps tables says of them. */
const namedTableSchema = z.object({ tables: z.object({ targetTable: z.string() }) });

/** The name of a source whose rows go to the same table of a destination as this one's would; null when there is none. */
async function sharesTable(
  tx: Tx,
  sourceId: string,
  destinationId: string,
): Promise<string | null> {
  const [source, destination] = await Promise.all([
    tx.source.findUniqueOrThrow({ where: { id: sourceId }, select: { table: true } }),
    tx.destination.findUniqueOrThrow({
      where: { id: destinationId },
      select: {
        config: true,
        connections: { select: { source: { select: { id: true, name: true, table: true } } } },
      },
    }),
  ]);
  const own = namedTableSchema.safeParse(destination.config);
  if (!own.success) return null; // events share nothing
  const named = own.data.tables.targetTable !== "";
  const other = destination.connections.find(
    ({ source: { id, table } }) =>
      id !== sourceId && (named || table.toLowerCase() === source.table.toLowerCase()),
  );
  return other?.source.name ?? null;
}

/**
 * When a worker looks at a connection's schedule next; null: never. Only where it is still due since `dueSince`: a
 * schedule that was saved meanwhile is looked at again.
 */
export async function setNextRun(id: string, dueSince: Date, next: Date | null): Promise<void> {
  await db().connection.updateMany({
    where: { id, nextRunAt: dueSince },
    data: { nextRunAt: next },
  });
}

export async function setEnabled(actor: Actor, id: string, enabled: boolean): Promise<boolean> {
  return changed(actor, id, { enabled });
}

type Options = {
  deletePercent: number;
  lookBackMin: number;
  syncLogDays: number;
  rawNumbers: boolean;
  enabled: boolean;
};

/** Changes a connection, and tells what of it is another now. False: it no longer exists. */
const changed = (actor: Actor, id: string, data: Partial<Options>): Promise<boolean> =>
  db().$transaction(async (tx) => {
    const found = await tx.connection.findFirst({
      where: { id, teamId: actor.teamId },
      select: {
        deletePercent: true,
        lookBackMin: true,
        syncLogDays: true,
        rawNumbers: true,
        enabled: true,
        source: { select: { name: true } },
        destination: { select: { name: true } },
      },
    });
    if (!found) return false;
    const { source, destination, ...options } = found;
    await tx.connection.update({ where: { id }, data });
    const others = (Object.keys(data) as (keyof Options)[]).filter(
      (key) => data[key] !== options[key],
    );
    const only = (of: Partial<Options>) => Object.fromEntries(others.map((key) => [key, of[key]]));
    await audit(tx, actor, {
      action: "changed",
      subjectType: "connection",
      subjectId: id,
      subjectName: `${source.name} → ${destination.name}`,
      before: only(options),
      after: only(data),
    });
    return true;
  });

/** Deletes a connection and the record of its runs. What it kept in the warehouse is dropped by the caller, afterwards. */
export async function deleteConnection(
  actor: Actor,
  id: string,
  typedName: string,
): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const found = await tx.connection.findFirst({
      where: { id, teamId: actor.teamId },
      select: { source: { select: { name: true } }, destination: { select: { name: true } } },
    });
    if (!found) return refused("This connection no longer exists.");
    const name = `${found.source.name} → ${found.destination.name}`;
    if (typedName !== found.source.name)
      return refused("The name you typed is not the source's name.", "name");
    await tx.connection.delete({ where: { id } });
    await audit(tx, actor, {
      action: "deleted",
      subjectType: "connection",
      subjectId: id,
      subjectName: name,
    });
    return ok(null);
  });
}

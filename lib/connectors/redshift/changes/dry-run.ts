// What a run would do, and what earlier runs have left: by reading alone.
import {
  dryRunGroups,
  invalidReasons,
  type ChangeSetRequest,
  type DryRun,
  type DryRunGroup,
  type DryRunSample,
} from "@/lib/connectors/contract/changes";
import type { StateTable } from "@/lib/connectors/contract/state";
import { SyncError } from "@/lib/platform/errors";
import { listTableColumns } from "@/lib/connectors/redshift/catalog/catalog";
import { planDelta, readState } from "./changes";
import * as sql from "./changes-sql";
import { countIn, type RedshiftSession, type Rows } from "@/lib/connectors/redshift/session/client";
import { STATE_SCHEMA } from "@/lib/connectors/redshift/spec";

const SAMPLES = 10;

const none = <T>(value: () => T): Record<DryRunGroup, T> => ({
  insert: value(),
  update: value(),
  delete: value(),
  unchanged: value(),
  rejected: value(),
});

/** Counts and samples of what `openChanges` would find. In one transaction, so that all of it is of one moment. */
export const dryRun = (
  session: RedshiftSession,
  request: Omit<ChangeSetRequest, "runId" | "fence" | "onlyKeys" | "logDays">,
  signal: AbortSignal,
): Promise<DryRun> =>
  session.transaction(async () => {
    const { connectionId, mode } = request;
    const hasState =
      (await listTableColumns(session, STATE_SCHEMA, sql.stateTable(connectionId), signal)).length >
      0;
    const state = hasState
      ? await readState(session, { connectionId, fence: Number.MAX_SAFE_INTEGER }, signal)
      : undefined;
    const plan = {
      ...(await planDelta(
        session,
        { ...request, onlyKeys: null, runId: "", fence: 0, logDays: 0 },
        state,
        signal,
      )),
      withDuplicates: true,
    };
    const { columns, kind, hasSnapshot } = plan;
    const counts = none(() => 0);
    for (const [what, rows] of await session.query(sql.countDryRun(plan), signal)) {
      const group = dryRunGroups.find((name) => name === what);
      if (group) counts[group] = Number(rows);
    }
    const read = countIn(await session.query(sql.countRead(plan), signal));
    counts.unchanged = read - counts.insert - counts.update - counts.rejected;
    const samples = none((): DryRunSample[] => []);
    for (const what of ["insert", "update", "delete", "rejected"] as const) {
      if (counts[what] === 0) continue;
      const rows = await session.query(sql.sampleDryRun(plan, what, SAMPLES), signal);
      const before =
        what === "update" ? await session.query(sql.sampleBefore(plan, SAMPLES), signal) : [];
      samples[what] = samplesOf(rows, before, what);
    }
    if (counts.unchanged > 0)
      samples.unchanged = samplesOf(
        await session.query(sql.sampleUnchanged(plan, SAMPLES), signal),
        [],
        "unchanged",
      );
    return {
      columns: columns.map(({ name, type, kind: valueKind }) => ({ name, type, kind: valueKind })),
      read,
      counts,
      samples,
      known:
        mode !== "full" && hasSnapshot && kind !== "first"
          ? countIn(await session.query(sql.countKnown(connectionId), signal))
          : 0,
    };
  }, signal);

/** `before` has the values before them of the same rows, where they are known. */
const samplesOf = (rows: Rows, before: Rows, what: DryRunGroup): DryRunSample[] =>
  rows.map(([key = null, mark, ...values], index) => ({
    key,
    reason: invalidReasons.find((reason) => reason === mark) ?? null,
    before: what === "delete" ? values : (before[index] ?? null),
    after: what === "delete" ? null : values,
  }));

/** Every table of ours in `_rudderstack`, with its rows; sizes where this user may see them. */
export async function listKept(
  session: RedshiftSession,
  connectionIds: string[],
  signal: AbortSignal,
): Promise<StateTable[]> {
  const ours = (await session.query(sql.ourTables, signal)).flatMap(([name]) => {
    const kind = name ? sql.kindOfTable(name, connectionIds) : null;
    return name && kind ? [{ name, ...kind }] : [];
  });
  // another user's tables may be there, which this one may not count
  const mine = ours.filter(({ connectionId }) => connectionId !== null).map(({ name }) => name);
  const rows = new Map(
    mine.length > 0
      ? (await session.query(sql.countRows(mine), signal)).map(([name, count]) => [
          name,
          Number(count),
        ])
      : [],
  );
  const sizes = new Map(
    (await session.query(sql.tableSizes, signal).catch(unlessRefused)).map(([name, blocks]) => [
      name,
      Number(blocks) * 1024 * 1024,
    ]),
  );
  return ours.map((table) => ({
    ...table,
    rows: rows.get(table.name) ?? 0,
    bytes: sizes.get(table.name) ?? null,
  }));
}

/** SVV_TABLE_INFO is the superuser's unless it was granted. */
function unlessRefused(error: unknown): Rows {
  if (error instanceof SyncError && error.detail.code === "42501") return [];
  throw error;
}

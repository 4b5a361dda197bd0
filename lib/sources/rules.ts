import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { KeyHealth } from "@/lib/connectors/contract/preview";
import {
  identityColumns,
  IDENTITY_RULE,
  MAX_SELECTED_COLUMNS,
  tooManyColumns,
} from "@/lib/connectors/redshift/spec";
import type { StagingConfig } from "@/lib/connectors/s3/spec";
import type { Mapping } from "@/lib/event/mapping";
import { mappingProblems, type MappingProblem } from "@/lib/event/rules";
import { selectionOf } from "@/lib/event/selection";
import { scheduleText } from "@/lib/schedule/rules";
import type { Editable } from "@/lib/sources/schema";

/** Everything wrong with a source's mapping: what makes no event, and what no change set can hold. */
export function sourceMappingProblems(
  mapping: Mapping,
  columns: readonly { name: string; unusable?: string }[],
): MappingProblem[] {
  const problems = mappingProblems(mapping, [...columns]);
  const selected = selectionOf(mapping, { schema: "", table: "", keys: [] }).columns.length;
  if (selected > MAX_SELECTED_COLUMNS)
    problems.unshift({ column: null, severity: "error", message: tooManyColumns(selected) });
  return problems;
}

/** The identity columns that a table has, best first; a table without any can't be a source. */
const identityOf = (columns: readonly { name: string }[]): string[] =>
  identityColumns.filter((wanted) => columns.some(({ name }) => name === wanted));

/** The column that identifies a row: the best identity column among those of the table. */
export const keyOf = (mapping: Mapping, columns: readonly { name: string }[]): string | undefined =>
  mapping.userId ?? mapping.anonymousId ?? identityOf(columns)[0];

export const identityProblem = (columns: readonly { name: string }[]): string | null =>
  identityOf(columns).length ? null : IDENTITY_RULE;

/** The columns whose values can grow with every change of a row: times, dates and exact numbers. */
export const cursorColumns = (
  columns: readonly Pick<ColumnInfo, "name" | "type" | "kind">[],
): string[] =>
  columns
    .filter(
      ({ type, kind }) =>
        ["integer", "bigint", "decimal", "timestamp", "timestamptz"].includes(kind) ||
        type === "date",
    )
    .map(({ name }) => name);

/** Rows that a run with this key would reject; a row is counted once. An empty key identifies nobody. */
export const rowsLost = ({
  nullRows,
  duplicateRows,
  longRows,
  emptyRows,
}: Pick<KeyHealth, "nullRows" | "duplicateRows" | "longRows" | "emptyRows">): number =>
  // empty keys of several rows are duplicates already
  nullRows + duplicateRows + longRows + (emptyRows === 1 ? 1 : 0);

/** Whether files lie where they lay. */
export const isSamePlace = (a: StagingConfig, b: StagingConfig): boolean =>
  a.bucket === b.bucket && a.endpoint === b.endpoint && a.prefix === b.prefix;

/** One line of what an edit changes: what it was, what it becomes. */
export type Change = { what: string; from: string; to: string };
/** The changes of an edit, by what they have in common: a sentence on what they mean. */
export type ChangeGroup = { title: string; means: string; changes: Change[] };

const NOTHING = "—";

function traitChange(column: string, from: string | undefined, to: string | undefined): string {
  if (from === undefined) return `Column “${column}” is added`;
  return to === undefined ? `Column “${column}” is left out` : `Trait key of “${column}”`;
}

/** How events change from one mapping to another. The order of columns is no change: it alters no value. */
export function mappingChanges(before: Mapping, after: Mapping): Change[] {
  const keys = ({ columns }: Mapping) =>
    new Map(columns.map(({ column, traitKey }) => [column, traitKey]));
  const [old, now] = [keys(before), keys(after)];
  const traits = [...new Set([...old.keys(), ...now.keys()])].flatMap((column): Change[] => {
    const [from, to] = [old.get(column), now.get(column)];
    if (from === to) return [];
    return [{ what: traitChange(column, from, to), from: from ?? NOTHING, to: to ?? NOTHING }];
  });
  const identity = (
    [
      ["userId", before.userId, after.userId],
      ["anonymousId", before.anonymousId, after.anonymousId],
    ] as const
  ).flatMap(([what, from, to]) =>
    from === to ? [] : [{ what, from: from ?? NOTHING, to: to ?? NOTHING }],
  );
  return [...identity, ...traits];
}

/**
 * What an edit changes and what that means, before it is saved. `credentials` are the names before and after, and
 * whether the new ones lead to the same database, where what was delivered is remembered.
 */
export function editChanges(
  before: Editable,
  after: Omit<Editable, "credentialId">,
  credentials: { from: string; to: string; sameDatabase: boolean } | null,
): ChangeGroup[] {
  const named =
    before.name === after.name ? [] : [{ what: "Source name", from: before.name, to: after.name }];
  const scheduled =
    JSON.stringify(before.schedule) === JSON.stringify(after.schedule)
      ? []
      : scheduleChanges(before, after);
  return [
    {
      title: "Columns and traits",
      means:
        "The next run is a full one: every row makes another event than before, so every row is sent again. A run that is under way ends by the old columns.",
      changes: mappingChanges(before.mapping, after.mapping),
    },
    {
      title: "Credentials",
      means:
        credentials?.sameDatabase === false
          ? "They lead to another database. What was delivered is remembered in the old one, so the next run is a full one: every row is sent again."
          : "The next run logs in with these. What was delivered stays known.",
      changes: credentials
        ? [{ what: "Saved credentials", from: credentials.from, to: credentials.to }]
        : [],
    },
    {
      title: "Schedule",
      means: "It holds from now on. A run that is under way goes on.",
      changes: scheduled,
    },
    { title: "Name", means: "Only how it is called here changes.", changes: named },
  ].filter(({ changes }) => changes.length > 0);
}

function scheduleChanges(
  { schedule: from }: Editable,
  { schedule: to }: Pick<Editable, "schedule">,
): Change[] {
  const fields = [
    { what: "Run Frequency", from: scheduleText(from), to: scheduleText(to) },
    {
      what: "Sync Starting At",
      from: from.startAt.replace("T", " "),
      to: to.startAt.replace("T", " "),
    },
    { what: "Time zone", from: from.timeZone, to: to.timeZone },
  ];
  return fields
    .filter((field) => field.from !== field.to)
    .map((field) => ({ ...field, from: field.from || NOTHING, to: field.to || NOTHING }));
}

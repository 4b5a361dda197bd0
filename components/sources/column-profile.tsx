"use client";
import { Button, Skeleton } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Combo } from "@/components/ui/combo";
import { Notice } from "@/components/ui/notice";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { Cell, ColumnProfile as Profile } from "@/lib/connectors/contract/preview";
import { bytes, count, plural } from "@/lib/format";
import { profileQuery } from "@/lib/sources/queries";
import type { Subject } from "@/lib/sources/schema";

/** What one column holds, counted over the whole table when a column is chosen. */
export function ColumnProfile({
  of,
  columns,
  covered,
}: {
  of: Subject;
  columns: readonly ColumnInfo[];
  covered: ReadonlySet<string>;
}) {
  const [column, setColumn] = useState<string | null>(null);
  const { data, error, isFetching, refetch } = useQuery(profileQuery(of, column));
  return (
    <section
      role="region"
      aria-label="Column profile"
      className="rounded-xl border border-border bg-surface px-4 py-3 text-sm"
    >
      <h2 className="font-medium">Column profile</h2>
      <p className="mb-3 text-muted">
        Counted over the whole table when you choose a column. Nothing of it is stored.
      </p>
      <div className="max-w-sm">
        <Combo
          label="Column"
          placeholder="Choose a column"
          emptyText="No column matches."
          value={column}
          onChange={setColumn}
          options={columns.map(({ name, type }) => ({ id: name, title: name, note: type }))}
        />
      </div>
      {isFetching && (
        <div role="status" aria-label="Reading the column" className="mt-3">
          <Skeleton className="h-24 w-full rounded-xl" />
        </div>
      )}
      {error && !isFetching && (
        <Notice
          tone="danger"
          className="mt-3"
          title="The column could not be counted"
          action={
            <Button size="sm" variant="secondary" onPress={() => void refetch()}>
              Try again
            </Button>
          }
        >
          {error.message}
        </Notice>
      )}
      {data && !isFetching && <Figures profile={data} isCovered={covered.has(data.column)} />}
    </section>
  );
}

const share = (part: number, of: number): string =>
  of === 0 ? "0 %" : `${((part / of) * 100).toFixed(part === 0 || part === of ? 0 : 1)} %`;

function Figures({ profile, isCovered }: { profile: Profile; isCovered: boolean }) {
  const { rows, nullRows, distinct, min, max, longestBytes, top } = profile;
  const value = (cell: Cell) => {
    if (cell === null) return "none";
    if (isCovered) return "••••••";
    return cell === "" ? "empty text" : cell;
  };
  const figures: [string, string][] = [
    ["Rows", count(rows)],
    ["Null share", `${share(nullRows, rows)} (${count(nullRows)})`],
    [
      "Distinct",
      distinct === null
        ? "not known: some values are too long to be told apart"
        : `${count(distinct)}, exact`,
    ],
    ["Min", value(min)],
    ["Max", value(max)],
    ["Longest", longestBytes === null ? "none" : bytes(longestBytes)],
  ];
  return (
    <div className="mt-3 grid gap-3">
      <dl aria-label={`Profile of ${profile.column}`} className="grid gap-x-6 sm:grid-cols-2">
        {figures.map(([title, text]) => (
          <div key={title} className="flex justify-between gap-3 border-b border-separator py-1">
            <dt className="shrink-0 text-muted">{title}</dt>
            <dd className="min-w-0 truncate tabular-nums" title={isCovered ? undefined : text}>
              {text}
            </dd>
          </div>
        ))}
      </dl>
      {top.length > 0 && (
        <div>
          <h3 className="font-medium">Top values</h3>
          <ol aria-label="Top values" className="mt-1 grid gap-0.5">
            {top.map((each, at) => (
              <li key={at} className="flex justify-between gap-3">
                <span className="min-w-0 truncate font-mono text-xs">{value(each.value)}</span>
                <span className="shrink-0 text-muted tabular-nums">
                  {plural(each.rows, "row")}, {share(each.rows, rows)}
                </span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </div>
  );
}

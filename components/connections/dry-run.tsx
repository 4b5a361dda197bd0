"use client";
import { Button, Disclosure, Spinner } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { Notice } from "@/components/ui/notice";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import {
  dryRunGroups,
  type DryRunGroup,
  type DryRunSample,
  type InvalidReason,
} from "@/lib/connectors/contract/changes";
import { looksPersonal } from "@/lib/event/keys";
import { count, plural } from "@/lib/format";
import { dryRunQuery } from "@/lib/sources/queries";

const titles: Record<DryRunGroup, string> = {
  insert: "Insert",
  update: "Update",
  delete: "Delete",
  unchanged: "Unchanged",
  rejected: "Rejected",
};
const reasons: Record<InvalidReason, string> = {
  "null-key": "no key",
  "duplicate-key": "several rows share this key",
  "long-key": "the key is too long",
  "long-value": "a value is too long",
};

/** The same for a connection that is there: counted when one asks. */
export function DryRunOfConnection({
  asked,
}: {
  asked: NonNullable<Parameters<typeof dryRunQuery>[0]>;
}) {
  const [wanted, setWanted] = useState(false);
  if (wanted) return <DryRun asked={asked} />;
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <p className="text-sm text-muted">
        What would the next run do? The warehouse can count it without anything being sent.
      </p>
      <Button size="sm" variant="secondary" onPress={() => setWanted(true)}>
        Dry run
      </Button>
    </div>
  );
}

/** What the next run would do, found by reading alone: counts, and ten rows of each. */
export function DryRun({ asked }: { asked: Parameters<typeof dryRunQuery>[0] }) {
  const { data, error, isFetching, refetch } = useQuery(dryRunQuery(asked));
  const [isShown, setShown] = useState(false);
  return (
    <section
      role="region"
      aria-label="Dry run"
      className="rounded-xl border border-border bg-surface px-4 py-3 text-sm"
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="text-base font-medium">Dry run</h2>
        {asked && (
          <div className="flex gap-2">
            {data && (
              <Button size="sm" variant="ghost" onPress={() => setShown(!isShown)}>
                {isShown ? (
                  <EyeOff aria-hidden className="size-4" />
                ) : (
                  <Eye aria-hidden className="size-4" />
                )}
                {isShown ? "Hide values" : "Show values"}
              </Button>
            )}
            <Button
              size="sm"
              variant="secondary"
              isDisabled={isFetching}
              onPress={() => void refetch()}
            >
              {isFetching ? (
                <>
                  <Spinner size="sm" />
                  Counting
                </>
              ) : (
                "Count again"
              )}
            </Button>
          </div>
        )}
      </div>
      {!asked && (
        <p className="mt-1 text-muted">
          Choose source and destination, and what its first run would do is counted here. Nothing is
          sent or written.
        </p>
      )}
      {asked && isFetching && !data && (
        <p role="status" className="mt-1 text-muted">
          The warehouse compares the table with what was delivered. Nothing is sent or written.
        </p>
      )}
      {error && !isFetching && (
        <Notice tone="warning" className="mt-3" title="It could not be counted">
          {error.message}
        </Notice>
      )}
      {data && (
        <>
          <p className="mt-1 text-muted">
            Of {plural(data.read, "row")} in the table
            {data.known > 0
              ? `, with ${count(data.known)} delivered before`
              : ", of which none was delivered before"}
            . Nothing was sent.
          </p>
          {asked?.mode === "mirror" &&
            data.samples.rejected.some(
              ({ reason }) => reason === "duplicate-key" || reason === "null-key",
            ) && (
              <Notice tone="warning" className="mt-3" title="The key doesn’t tell every row apart">
                Mirror needs a key that each row has for itself.{" "}
                {plural(data.counts.rejected, "row")} would be rejected by every run, and their
                deletion could not be noticed. Choose a row key of more columns for this source, or
                mend the table.
              </Notice>
            )}
          <ul className="mt-3 divide-y divide-separator">
            {dryRunGroups.map((group) => (
              <li key={group} className="py-2">
                <Group
                  title={titles[group]}
                  rows={data.counts[group]}
                  samples={data.samples[group]}
                  columns={data.columns}
                  isShown={isShown}
                />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Group({
  title,
  rows,
  samples,
  columns,
  isShown,
}: {
  title: string;
  rows: number;
  samples: DryRunSample[];
  columns: ColumnInfo[];
  isShown: boolean;
}) {
  const head = (
    <span className="flex w-full justify-between gap-4">
      <span>{title}</span>
      <span className="text-right tabular-nums" aria-label={title}>
        {count(rows)}
      </span>
    </span>
  );
  if (samples.length === 0) return head;
  return (
    <Disclosure>
      <Disclosure.Heading>
        <Disclosure.Trigger className="flex w-full items-center gap-2 p-0 text-sm">
          <Disclosure.Indicator />
          {head}
        </Disclosure.Trigger>
      </Disclosure.Heading>
      <Disclosure.Content>
        <ul aria-label={`${title}: samples`} className="mt-2 grid gap-2 pl-6">
          {samples.map((sample, index) => (
            <li key={index} className="min-w-0">
              <Sample sample={sample} columns={columns} isShown={isShown} />
            </li>
          ))}
        </ul>
      </Disclosure.Content>
    </Disclosure>
  );
}

/** A row: its key, why it is rejected, and its values; of an update what differs. */
function Sample({
  sample: { key, reason, before, after },
  columns,
  isShown,
}: {
  sample: DryRunSample;
  columns: ColumnInfo[];
  isShown: boolean;
}) {
  const cells = columns.flatMap(({ name }, index) => {
    const [old, now] = [before?.[index] ?? null, after?.[index] ?? null];
    if (before && after && old === now) return [];
    const text = (value: string | null) => {
      if (value === null) return "NULL";
      if (!isShown && looksPersonal(name)) return "••••";
      return value === "" ? "empty text" : value;
    };
    return [
      `${name}: ${before && after ? `${text(old)} → ${text(now)}` : text(after ? now : old)}`,
    ];
  });
  const isKeyShown = isShown || !columns.some(({ name }) => looksPersonal(name));
  const coveredKey = isKeyShown ? key : "••••";
  return (
    <p className="font-mono text-xs break-words">
      <span className="font-medium">{key === null ? "no key" : coveredKey}</span>
      {reason && <span className="text-danger"> · {reasons[reason]}</span>}
      <span className="text-muted">
        {" "}
        {cells.slice(0, 6).join(", ")}
        {cells.length > 6 && ` and ${cells.length - 6} more`}
      </span>
    </p>
  );
}

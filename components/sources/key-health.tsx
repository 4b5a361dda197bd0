"use client";
import { Button, Spinner } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Notice } from "@/components/ui/notice";
import type { KeyHealth as Health } from "@/lib/connectors/contract/preview";
import { looksPersonal } from "@/lib/event/keys";
import { count, plural, startOf } from "@/lib/format";
import { keyHealthQuery } from "@/lib/sources/queries";
import { rowsLost } from "@/lib/sources/rules";
import type { Subject } from "@/lib/sources/schema";

/** Counts what the chosen key is worth before anything is sent. It reads the whole column, so one asks for it. */
export function KeyHealth({
  of,
  keys,
  isShown = false,
}: {
  of: Subject;
  keys: string[];
  isShown?: boolean;
}) {
  /** For which key it was asked: another one is asked for anew. */
  const [wanted, setWanted] = useState<string | null>(null);
  const key = keys.join("\n");
  const { data, error, isFetching, refetch } = useQuery(keyHealthQuery(of, keys, wanted === key));
  return (
    <section
      role="region"
      aria-label="Key health"
      className="rounded-xl border border-border bg-surface px-4 py-3 text-sm"
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <div className="min-w-0">
          <h2 className="font-medium">Key health</h2>
          <p className="text-muted">
            Whether each row has a <code className="font-mono break-all">{keys.join(", ")}</code> of
            its own. Rows without one are rejected.
          </p>
        </div>
        <Button
          size="sm"
          variant="secondary"
          isDisabled={isFetching}
          onPress={() => (wanted === key ? void refetch() : setWanted(key))}
        >
          {isFetching && (
            <>
              <Spinner size="sm" />
              Counting
            </>
          )}
          {!isFetching && (data ? "Count again" : "Check key health")}
        </Button>
      </div>
      {error && !isFetching && (
        <Notice tone="danger" className="mt-3" title="The keys could not be counted">
          {error.message}
        </Notice>
      )}
      {data && !isFetching && (
        <Outcome health={data} isShown={isShown || !keys.some(looksPersonal)} />
      )}
    </section>
  );
}

function Outcome({ health, isShown }: { health: Health; isShown: boolean }) {
  const lost = rowsLost(health);
  const figures: [string, number][] = [
    ["Rows", health.rows],
    ["Distinct keys", health.distinct],
    ["Null keys", health.nullRows],
    ["Empty keys", health.emptyRows],
    ["Duplicate keys", health.duplicateKeys],
    ["Rows with a duplicate key", health.duplicateRows],
    ["Keys too long", health.longRows],
  ];
  return (
    <div className="mt-3 grid gap-3">
      <Notice tone={lost === 0 ? "success" : "warning"}>
        {lost === 0
          ? `All ${plural(health.rows, "row")} can be delivered: each has a key of its own.`
          : `${count(lost)} of ${plural(health.rows, "row")} would be rejected: ${reasons(health).join(", ")}.`}
        {!health.isUnique && " Mirror needs a key that is unique."}
      </Notice>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-1 sm:grid-cols-[repeat(auto-fill,minmax(11rem,1fr))]">
        {figures.map(([title, value]) => (
          <div key={title} className="flex justify-between gap-3 border-b border-separator py-1">
            <dt className="text-muted">{title}</dt>
            <dd className="tabular-nums">{count(value)}</dd>
          </div>
        ))}
      </dl>
      {health.examples.length > 0 && (
        <div>
          <h3 className="font-medium">Keys that several rows share</h3>
          <ul aria-label="Keys that several rows share" className="mt-1 grid gap-0.5">
            {health.examples.map(({ key, rows }) => (
              <li key={key} className="flex justify-between gap-3">
                <span className="min-w-0 truncate font-mono text-xs">
                  {isShown ? startOf(key, 200) || "empty text" : "••••••"}
                </span>
                <span className="shrink-0 text-muted tabular-nums">{plural(rows, "row")}</span>
              </li>
            ))}
          </ul>
          {!isShown && (
            <p className="mt-1 text-xs text-muted">
              The column’s name looks like personal data, so its values are covered.
            </p>
          )}
        </div>
      )}
    </div>
  );
}

const reasons = ({ nullRows, emptyRows, duplicateRows, longRows }: Health): string[] =>
  (
    [
      [nullRows, "without a key"],
      [emptyRows, "with an empty key"],
      [duplicateRows, "that share a key"],
      [longRows, "with a key that is too long"],
    ] as const
  )
    .filter(([n]) => n > 0)
    .map(([n, text]) => `${count(n)} ${text}`);

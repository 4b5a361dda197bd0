"use client";
import { Button } from "@heroui/react";
import { CheckCircle2, XCircle } from "lucide-react";
import { useState, useTransition } from "react";
import { Code } from "@/components/ui/code";
import { Notice } from "@/components/ui/notice";
import { Cell, Table } from "@/components/ui/table";
import { compareTablesAction, forecastLoadAction } from "@/lib/connections/actions";
import { count } from "@/lib/format";
import type { Result } from "@/lib/platform/result";

type Forecast = Extract<Awaited<ReturnType<typeof forecastLoadAction>>, { ok: true }>["value"];
type Compared = Extract<Awaited<ReturnType<typeof compareTablesAction>>, { ok: true }>["value"];

/** What a load would do to the target before it begins, and whether the target holds what the source has: both on demand. */
export function TargetTable({ connectionId }: { connectionId: string }) {
  const [forecast, setForecast] = useState<Result<Forecast> | null>(null);
  const [compared, setCompared] = useState<Result<Compared> | null>(null);
  const [asking, ask] = useTransition();
  const [comparing, compare] = useTransition();
  return (
    <section aria-labelledby="target" className="mb-8">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h2 id="target" className="font-medium">
          Target table
        </h2>
        <span className="flex flex-wrap gap-2">
          <Button
            size="sm"
            variant="secondary"
            isPending={asking}
            onPress={() => ask(async () => setForecast(await forecastLoadAction({ connectionId })))}
          >
            {asking ? "Looking" : "What the next run changes"}
          </Button>
          <Button
            size="sm"
            variant="secondary"
            isPending={comparing}
            onPress={() =>
              compare(async () => setCompared(await compareTablesAction({ connectionId })))
            }
          >
            {comparing ? "Comparing" : "Reconcile"}
          </Button>
        </span>
      </div>
      {!forecast && !compared && (
        <p className="text-sm text-muted">
          See as SQL what the next run would change about the table, and which texts would not fit;
          or compare it with the source by counts and checksums. Neither changes anything.
        </p>
      )}
      <div className="flex flex-col gap-4">
        {forecast &&
          (forecast.ok ? (
            <ForecastView {...forecast.value} />
          ) : (
            <Notice tone="danger">{forecast.reason}</Notice>
          ))}
        {compared &&
          (compared.ok ? (
            <ComparedView ranges={compared.value} />
          ) : (
            <Notice tone="danger">{compared.reason}</Notice>
          ))}
      </div>
    </section>
  );
}

function ForecastView({ table, statements, tooLong }: Forecast) {
  return (
    <div className="flex flex-col gap-3">
      {statements.length === 0 ? (
        <Notice tone="success">The table {table} takes the rows as it is.</Notice>
      ) : (
        <Code
          language="sql"
          label="What the next run changes"
          title={`Before it loads into ${table}, the next run does this`}
          text={statements.map((statement) => `${statement};`).join("\n")}
        />
      )}
      {tooLong.length > 0 && (
        <Notice tone="warning" title="Texts that don’t fit">
          <ul>
            {tooLong.map(({ column, longest, takes }) => (
              <li key={column}>
                “{column}” holds up to {count(longest)} bytes; the target takes {count(takes)}.
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}

function ComparedView({ ranges }: { ranges: Compared }) {
  const different = ranges.filter(({ isSame }) => !isSame).length;
  const total = (of: "source" | "target") => ranges.reduce((sum, range) => sum + range[of], 0);
  return (
    <div className="flex flex-col gap-3">
      {different === 0 ? (
        <Notice tone="success">
          {count(total("source"))} rows on both sides, and every checksum is the same.
        </Notice>
      ) : (
        <Notice tone="warning">
          {different} of {ranges.length} ranges differ. Rows that were rejected, changed since the
          last run, or deleted where deletes aren’t followed, are among the reasons.
        </Notice>
      )}
      <Table
        label="Reconcile"
        head={[
          { title: "Keys whose hash begins with" },
          { title: "Rows in the source", numeric: true },
          { title: "Rows in the target", numeric: true },
          { title: "Checksum" },
        ]}
      >
        {ranges.map(({ range, source, target, isSame }) => (
          <tr key={range}>
            <Cell className="font-mono">{range}</Cell>
            <Cell numeric>{count(source)}</Cell>
            <Cell numeric>{count(target)}</Cell>
            <Cell>
              {isSame ? (
                <span className="inline-flex items-center gap-1.5 text-success">
                  <CheckCircle2 aria-hidden className="size-4" />
                  Same
                </span>
              ) : (
                <span className="inline-flex items-center gap-1.5 text-danger">
                  <XCircle aria-hidden className="size-4" />
                  Different
                </span>
              )}
            </Cell>
          </tr>
        ))}
      </Table>
    </div>
  );
}

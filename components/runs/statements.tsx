"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { stageText } from "@/components/runs/stage-text";
import { Code } from "@/components/ui/code";
import { Notice } from "@/components/ui/notice";
import { count, duration, plural } from "@/lib/format";
import { statementsQuery } from "@/lib/runs/queries";
import type { RunView, StatementRecord } from "@/lib/runs/schema";
import { isOver } from "@/lib/runs/state";

/** What a run sent to the warehouse, asked for once somebody looks; while it goes on, with what runs just now. */
export function Statements({ run }: { run: RunView }) {
  const [open, setOpen] = useState(false);
  return (
    <section aria-labelledby="statements">
      <h2 id="statements" className="mb-2 font-medium">
        <button
          type="button"
          aria-expanded={open}
          aria-controls="statement-list"
          onClick={() => setOpen(!open)}
          className="flex cursor-pointer items-center gap-1.5 rounded outline-offset-2 outline-accent"
        >
          <ChevronRight aria-hidden className={open ? "size-4 rotate-90" : "size-4"} />
          Statements
        </button>
      </h2>
      <div id="statement-list">{open && <List run={run} />}</div>
    </section>
  );
}

function List({ run }: { run: RunView }) {
  const { data, error } = useQuery(statementsQuery(run.id, isOver(run.state)));
  if (error) return <Notice tone="danger">{error.message}</Notice>;
  if (!data) return <p className="text-sm text-muted">Reading</p>;
  if (data.length === 0)
    return (
      <p className="text-sm text-muted">
        None was sent to the warehouse{isOver(run.state) ? "." : " yet."}
      </p>
    );
  return (
    <ol className="divide-y divide-separator rounded-xl border border-border bg-surface text-sm">
      {data.map(({ id, stage, attempt, statements }) => (
        <li key={id} className="px-4 py-2.5">
          <p className="mb-1 text-muted">
            {stageText[stage] ?? stage}
            {attempt > 1 && ` · attempt ${attempt}`}
          </p>
          <ul>
            {statements.map((statement, index) => (
              <li key={index}>
                <Statement statement={statement} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

const outcome: Record<StatementRecord["state"], string> = {
  running: "running",
  done: "",
  failed: "failed",
};

function Statement({ statement: { sql, times, ms, rows, state } }: { statement: StatementRecord }) {
  const facts = [
    outcome[state],
    times > 1 && `${count(times)} times`,
    rows !== null && plural(rows, "row"),
    state !== "running" && duration(ms),
  ]
    .filter(Boolean)
    .join(" · ");
  return (
    <details>
      <summary className="flex min-h-[24px] cursor-pointer flex-wrap items-baseline justify-between gap-x-4 rounded outline-accent">
        <code className="min-w-0 flex-1 truncate font-mono text-xs">
          {sql.replaceAll(/\s+/g, " ")}
        </code>
        <span className={state === "failed" ? "text-danger" : "text-muted tabular-nums"}>
          {facts}
        </span>
      </summary>
      <Code language="sql" label="Statement" text={sql} className="my-2" />
    </details>
  );
}

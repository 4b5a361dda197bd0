"use client";
import { Button, ProgressBar } from "@heroui/react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect, useState, useTransition } from "react";
import { toast } from "sonner";
import { RejectedRows } from "@/components/runs/rejected-rows";
import { AllowDeletes } from "@/components/runs/allow-deletes";
import { RunButton } from "@/components/runs/run-button";
import { RunStateMark } from "@/components/runs/run-state";
import { stageNow, stageText } from "@/components/runs/stage-text";
import { Statements } from "@/components/runs/statements";
import { May } from "@/components/shell/may";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { count, duration, plural, rows } from "@/lib/format";
import { paths } from "@/lib/paths";
import type { Result } from "@/lib/platform/result";
import { cancelRunAction, tryRunNowAction } from "@/lib/runs/actions";
import { runQuery } from "@/lib/runs/queries";
import { rateOf, waitsForWarehouse, withSample, type Sample } from "@/lib/runs/rules";
import { runViewSchema, type RunView } from "@/lib/runs/schema";
import { isOver } from "@/lib/runs/state";

const RETRY_MS = 5_000;

/** The run page, live within a second: the server streams the run whenever it changes, until it is over. */
export function LiveRun({ initial }: { initial: RunView }) {
  const client = useQueryClient();
  const router = useRouter();
  const { data: run } = useQuery(runQuery(initial));
  const [connection, setConnection] = useState<"live" | "lost">("live");
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const over = isOver(run.state);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (over) return;
    let retry: NodeJS.Timeout | undefined;
    const stream = new EventSource(paths.runStream(initial.id));
    stream.onmessage = (event: MessageEvent<string>) => {
      setConnection("live");
      const next = runViewSchema.parse(JSON.parse(event.data));
      client.setQueryData(runQuery(initial).queryKey, next);
      setSamples((before) =>
        withSample(before, { at: Date.now(), done: next.delivered + next.rejected }),
      );
    };
    // a receiver that stalls sends no news: the rate falls all the same
    const tick = setInterval(
      () =>
        setSamples((before) =>
          withSample(before, { at: Date.now(), done: before.at(-1)?.done ?? 0 }),
        ),
      1_000,
    );
    stream.onerror = () => {
      setConnection("lost"); // the browser reconnects by itself
      if (stream.readyState !== EventSource.CLOSED) return;
      // the server won't have it: signed out, no longer in the team, or too many live views
      router.refresh();
      retry = setTimeout(() => setTries((before) => before + 1), RETRY_MS);
    };
    return () => {
      stream.close();
      clearTimeout(retry);
      clearInterval(tick);
    };
  }, [client, initial, over, router, tries]);
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
        <p className="text-lg font-medium" role="status" aria-label="State">
          <RunStateMark state={run.state} error={run.error} />
        </p>
        <p className="flex-1 text-sm text-muted">{summaryOf(run)}</p>
        {run.state === "waiting" && <TryNowButton run={run} />}
        {over ? <RunButton connectionId={run.connectionId} /> : <CancelButton run={run} />}
      </div>
      {connection === "lost" && !over && (
        <Notice tone="warning">
          The live view lost its connection and tries again. The run itself goes on.
        </Notice>
      )}
      <Progress run={run} rate={rateOf(samples)} />
      {run.error && <Failure run={run} />}
      <dl className="grid grid-cols-2 divide-separator rounded-xl border border-border bg-surface max-sm:gap-y-2 sm:grid-cols-4 sm:divide-x">
        {(
          [
            ["Read", run.read],
            ["Delivered", run.delivered],
            ["Unchanged", run.unchanged],
            ["Rejected", run.rejected],
            ...(run.deletes > 0 ? [["Deleted", run.deletes] as const] : []),
          ] as const
        ).map(([title, value]) => (
          <div key={title} className="px-4 py-3">
            <dt className="text-sm text-muted" id={`count-${title}`}>
              {title}
            </dt>
            <dd
              className="text-2xl font-semibold tracking-tight"
              aria-labelledby={`count-${title}`}
            >
              {count(value)}
            </dd>
          </div>
        ))}
      </dl>
      <Timeline run={run} />
      <Statements run={run} />
      {run.rejected > 0 && <RejectedRows run={run} />}
    </div>
  );
}

function summaryOf(run: RunView): string {
  if (run.state === "queued") return "It starts as soon as a worker is free.";
  if (run.cancelAsked && run.state === "running")
    return "Stopping: what is under way is finished first.";
  if (run.startedAt && run.finishedAt)
    return `Took ${duration(run.finishedAt.getTime() - run.startedAt.getTime())}${run.attempt > 1 ? `, in ${plural(run.attempt, "attempt")}` : ""}.`;
  if (run.state === "waiting" && waitsForWarehouse(run.error))
    return "The run goes on by itself once the warehouse answers. What is delivered stays delivered.";
  if (run.state === "waiting")
    return `Attempt ${run.attempt} did not come through. It is tried again by itself.`;
  return run.stage ? (stageNow[run.stage] ?? "") : "";
}

/** How many rows are settled, or why that can't be said. */
function progressText(run: RunView, done: number, total: number): string {
  if (total > 0) return `${count(done)} of ${plural(total, "row")}`;
  if (run.state === "succeeded") return "Nothing had changed.";
  if (run.state === "waiting" || run.state === "queued") return "Nothing is read yet.";
  return isOver(run.state) ? "Nothing was read." : "Counting";
}

function Progress({ run, rate }: { run: RunView; rate: number | null }) {
  const total = run.read + run.deletes - run.unchanged;
  const done = run.delivered + run.rejected;
  const finished = run.state === "succeeded";
  const share = total === 0 ? 0 : (done / total) * 100;
  const left = rate ? `, about ${duration(((total - done) / rate) * 1_000)} left` : "";
  const unknown = run.state === "running" && run.stages.every(({ stage }) => stage !== "load");
  return (
    <div>
      <ProgressBar
        aria-label="Sync progress"
        value={finished ? 100 : share}
        isIndeterminate={unknown}
      >
        <ProgressBar.Track>
          <ProgressBar.Fill />
        </ProgressBar.Track>
      </ProgressBar>
      <p className="mt-1.5 flex flex-wrap justify-between gap-x-4 text-sm text-muted">
        <span>{progressText(run, done, total)}</span>
        <span>
          {run.state === "running" && run.stage === "load" && rate !== null
            ? `${rows(Math.round(rate))} rows/s${left}`
            : ""}
        </span>
      </p>
    </div>
  );
}

/** An action on this run as a button's; a refusal is told. */
function usePress(action: () => Promise<Result<null>>): { pending: boolean; press: () => void } {
  const [pending, start] = useTransition();
  const press = () =>
    start(async () => {
      const asked = await action();
      if (!asked.ok) toast.error(asked.reason);
    });
  return { pending, press };
}

function TryNowButton({ run }: { run: RunView }) {
  const { pending, press } = usePress(() => tryRunNowAction({ runId: run.id }));
  return (
    <May do="runs.start">
      <Button variant="secondary" isPending={pending} onPress={press}>
        Try now
      </Button>
    </May>
  );
}

function CancelButton({ run }: { run: RunView }) {
  const { pending, press } = usePress(() => cancelRunAction({ runId: run.id }));
  return (
    <May do="runs.start">
      <Button variant="secondary" isPending={pending} isDisabled={run.cancelAsked} onPress={press}>
        {run.cancelAsked ? "Cancelling" : "Cancel"}
      </Button>
    </May>
  );
}

function Failure({ run }: { run: RunView }) {
  if (!run.error) return null;
  const { message, remedy, serverText, code } = run.error;
  return (
    <Notice tone={run.state === "failed" ? "danger" : "warning"} title={message}>
      {remedy}
      {run.state === "failed" && " Nothing is lost: the next run delivers what this one did not."}
      {run.state === "waiting" && waitsForWarehouse(run.error) && run.awaySince && (
        <>
          {" "}
          Away since <Time at={run.awaySince} />.
        </>
      )}
      {run.state === "waiting" && run.retryAt && (
        <>
          {" "}
          Next try: <Time at={run.retryAt} /> (<Time at={run.retryAt} as="relative" />)
        </>
      )}
      {run.state === "failed" && code === "DELETE_GUARD" && (
        <AllowDeletes runId={run.id} deletes={run.deletes} />
      )}
      {serverText && (
        <details className="mt-1">
          <summary className="cursor-pointer text-sm">Details</summary>
          <p className="font-mono text-xs break-words whitespace-pre-wrap">
            {code && `${code}: `}
            {serverText}
          </p>
        </details>
      )}
    </Notice>
  );
}

function askedBy({ trigger, onlyRows }: RunView): string {
  if (trigger === "retry")
    return onlyRows === null
      ? "a retry of all rejected rows"
      : `a retry of ${plural(onlyRows, "rejected row")}`;
  return trigger === "schedule" ? "its schedule" : "hand";
}

function Timeline({ run }: { run: RunView }) {
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline" className="mb-2 font-medium">
        Timeline
      </h2>
      <ol className="divide-y divide-separator rounded-xl border border-border bg-surface text-sm">
        <li className="flex flex-wrap justify-between gap-x-4 px-4 py-2.5">
          <span>Asked for by {askedBy(run)}</span>
          <span className="text-muted">
            <Time at={run.createdAt} />
          </span>
        </li>
        {run.stagesBefore > 0 && (
          <li className="px-4 py-2.5 text-muted">
            {plural(run.stagesBefore, "step")} of earlier attempts
          </li>
        )}
        {run.stages.map((stage) => (
          <li key={stage.id} className="flex flex-wrap justify-between gap-x-4 px-4 py-2.5">
            <span>
              {stageText[stage.stage] ?? stage.stage}
              {stage.attempt > 1 && <span className="text-muted"> · attempt {stage.attempt}</span>}
              {stage.detail && <span className="block text-muted">{stage.detail}</span>}
            </span>
            <span className="text-muted tabular-nums">
              <Time at={stage.startedAt} as="clock" /> ·{" "}
              {stage.finishedAt
                ? duration(stage.finishedAt.getTime() - stage.startedAt.getTime())
                : "under way"}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

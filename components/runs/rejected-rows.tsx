"use client";
import { Button } from "@heroui/react";
import { buttonVariants } from "@heroui/styles";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, Download, RotateCcw } from "lucide-react";
import { useRouter, useSearchParams } from "next/navigation";
import { Fragment, useState, useTransition } from "react";
import { toast } from "sonner";
import { May } from "@/components/shell/may";
import { Code } from "@/components/ui/code";
import { Notice } from "@/components/ui/notice";
import { PlainCheckBox, PlainInput } from "@/components/ui/plain-fields";
import { prettyJson } from "@/components/ui/pretty-json";
import { Cell, Table } from "@/components/ui/table";
import { useDebounced } from "@/components/ui/use-debounced";
import { bytes, count, plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { retryRejectedAction } from "@/lib/runs/actions";
import { payloadQuery, rejectedQuery } from "@/lib/runs/queries";
import type { RejectedView, RunView } from "@/lib/runs/schema";
import { isOver } from "@/lib/runs/state";

const SEARCH_MS = 250;
const HEAD = [
  { title: "Chosen", hidden: true },
  { title: "Key" },
  { title: "Column" },
  { title: "Reason" },
  { title: "Code" },
  { title: "Payload", hidden: true },
];

/** The rejected rows of a run: searched and paged on the server, what each was to be sent as on demand, tried again, exported. */
export function RejectedRows({ run }: { run: RunView }) {
  const address = useSearchParams();
  const [search, setSearch] = useState(address.get("q") ?? "");
  const settled = useDebounced(search, SEARCH_MS);
  const code = address.get("code");
  const after = Number(address.get("after") ?? 0) || 0;
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const { data, error, isPlaceholderData } = useQuery(
    rejectedQuery({ runId: run.id, search: settled, code, after }, run.rejected),
  );

  const show = (next: { q?: string; code?: string | null; after?: number }) => {
    const wanted = { q: search, code, ...next };
    const query = new URLSearchParams({
      ...(wanted.q && { q: wanted.q }),
      ...(wanted.code && { code: wanted.code }),
      ...(next.after && { after: String(next.after) }),
    }).toString();
    window.history.replaceState(null, "", query ? `?${query}` : window.location.pathname);
  };
  const choose = (seq: number, isChosen: boolean) =>
    setChosen((before) => {
      const next = new Set(before);
      if (isChosen) next.add(seq);
      else next.delete(seq);
      return next;
    });
  const codes = data?.codes.filter((each) => each.code !== null) ?? [];
  return (
    <section aria-labelledby="rejected">
      <div className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 id="rejected" className="flex-1 font-medium">
          Rejected rows
        </h2>
        <a
          href={paths.rejectedRows(run.id)}
          download
          className={buttonVariants({ variant: "secondary", size: "sm" })}
        >
          <Download aria-hidden className="size-4" />
          Export
        </a>
        <RetryButton run={run} chosen={chosen} />
      </div>
      <p className="mb-3 text-sm text-muted">
        They are tried again with every run until they are accepted. “Retry” tries{" "}
        {chosen.size > 0
          ? `the ${plural(chosen.size, "chosen row")} alone`
          : "all of them now, with a run of every row"}
        .
      </p>
      <div className="mb-3 flex flex-wrap items-center gap-2 text-sm">
        <div className="w-full sm:w-72">
          <PlainInput
            type="search"
            aria-label="Search rejected rows"
            placeholder="Key, column, reason or code"
            value={search}
            onChange={(event) => {
              setSearch(event.target.value);
              show({ q: event.target.value });
            }}
          />
        </div>
        {codes.length > 1 && (
          <label className="flex items-center gap-2 text-muted">
            Code
            <select
              value={code ?? ""}
              onChange={(event) => show({ code: event.target.value || null })}
              className="rounded-lg border border-field-border bg-field px-2 py-1.5 text-field-foreground outline-accent"
            >
              <option value="">All</option>
              {codes.map((each) => (
                <option key={each.code} value={each.code ?? ""}>
                  {each.code} ({count(each.count)})
                </option>
              ))}
            </select>
          </label>
        )}
        <span role="status" className="ml-auto text-muted">
          {data ? plural(data.total, "row") : "Reading"}
        </span>
      </div>
      {error && (
        <Notice tone="danger" title="The rejected rows could not be read.">
          {error.message}
        </Notice>
      )}
      {data && data.rows.length === 0 && (
        <p className="rounded-xl border border-border bg-surface px-4 py-3 text-sm text-muted">
          {settled || code ? "No rejected row matches." : "None is recorded any more."}
        </p>
      )}
      {data && data.rows.length > 0 && (
        <div className={isPlaceholderData ? "opacity-60" : undefined}>
          <Table label="Rejected rows" head={HEAD}>
            {data.rows.map((row) => (
              <RejectedRow
                key={row.seq}
                runId={run.id}
                row={row}
                isChosen={chosen.has(row.seq)}
                onChoose={(yes) => choose(row.seq, yes)}
              />
            ))}
          </Table>
          {(after > 0 || data.next !== null) && (
            <div className="mt-3 flex gap-2">
              {after > 0 && (
                <Button variant="secondary" size="sm" onPress={() => show({})}>
                  First page
                </Button>
              )}
              {data.next !== null && (
                <Button
                  variant="secondary"
                  size="sm"
                  onPress={() => show({ after: data.next ?? 0 })}
                >
                  Next page
                </Button>
              )}
            </div>
          )}
        </div>
      )}
    </section>
  );
}

function RetryButton({ run, chosen }: { run: RunView; chosen: ReadonlySet<number> }) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const retry = () =>
    start(async () => {
      const started = await retryRejectedAction({
        runId: run.id,
        seqs: chosen.size > 0 ? [...chosen] : "all",
      });
      if (!started.ok) return void toast.error(started.reason);
      if (!started.value.isNew)
        toast("This connection is running already: here is that run. Retry once it is over.");
      router.push(paths.run(started.value.runId));
    });
  return (
    <May do="runs.start">
      <Button
        variant="secondary"
        size="sm"
        isPending={pending}
        isDisabled={!isOver(run.state)}
        onPress={retry}
      >
        <RotateCcw aria-hidden className="size-4" />
        Retry
      </Button>
    </May>
  );
}

function RejectedRow({
  runId,
  row,
  isChosen,
  onChoose,
}: {
  runId: string;
  row: RejectedView;
  isChosen: boolean;
  onChoose: (yes: boolean) => void;
}) {
  const [open, setOpen] = useState(false);
  const name = row.key ?? `row ${row.seq}`;
  const details = `payload-${row.seq}`;
  return (
    <Fragment>
      <tr>
        <Cell className="w-0 !min-w-0">
          {row.key !== null && (
            <PlainCheckBox label={`Choose ${name}`} isSelected={isChosen} onChange={onChoose} />
          )}
        </Cell>
        <Cell className="max-w-60 truncate font-mono text-xs">
          <span title={name}>{row.key ?? <span className="text-muted italic">NULL</span>}</span>
        </Cell>
        <Cell className="max-w-48 truncate font-mono text-xs">
          <span title={row.column ?? undefined}>{row.column ?? "—"}</span>
        </Cell>
        <Cell className="min-w-56 break-words">{row.reason}</Cell>
        <Cell className="text-muted">{row.code ?? "—"}</Cell>
        <Cell className="text-right">
          {row.hasPayload && (
            <Button
              variant="ghost"
              size="sm"
              aria-expanded={open}
              aria-controls={details}
              aria-label={`Payload of ${name}`}
              onPress={() => setOpen(!open)}
            >
              {open ? (
                <ChevronDown aria-hidden className="size-4" />
              ) : (
                <ChevronRight aria-hidden className="size-4" />
              )}
              Payload
            </Button>
          )}
        </Cell>
      </tr>
      {open && (
        <tr id={details}>
          <td colSpan={HEAD.length} className="px-3.5 pb-3">
            <RowPayload runId={runId} row={row} name={name} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

/** What the row was to be sent as: opened on the server now that somebody asks. */
function RowPayload({ runId, row, name }: { runId: string; row: RejectedView; name: string }) {
  const { data, error } = useQuery(payloadQuery(runId, row.seq));
  if (error) return <Notice tone="danger">{error.message}</Notice>;
  if (data === undefined) return <p className="text-sm text-muted">Opening</p>;
  if (data === null)
    return <p className="text-sm text-muted">It was kept for its time and is gone.</p>;
  const isCut = data.bytes > new TextEncoder().encode(data.text).length;
  return (
    <Code
      language="json"
      label={`Payload of ${name}`}
      title={isCut ? `The beginning of ${bytes(data.bytes)}` : bytes(data.bytes)}
      text={isCut ? data.text : prettyJson(data.text)}
    />
  );
}

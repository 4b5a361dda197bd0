import { Disclosure, Spinner } from "@heroui/react";
import { CheckCircle2, CircleMinus, XCircle } from "lucide-react";
import { cn } from "@/components/ui/cn";
import { Code } from "@/components/ui/code";
import { duration } from "@/lib/format";

/** What a check says, as far as this list cares. */
export type ShownCheck = {
  id: string;
  title: string;
  status: "passed" | "failed" | "skipped" | "running";
  summary?: string;
  serverText?: string;
  statement?: string;
  remedy?: { text: string; sql?: string };
  ms?: number;
};

const looks = {
  passed: { icon: CheckCircle2, text: "Passed", colour: "text-success" },
  failed: { icon: XCircle, text: "Failed", colour: "text-danger" },
  skipped: { icon: CircleMinus, text: "Not run", colour: "text-muted" },
} as const;

/** The checks of a verification, each with its outcome as text, its time, the server's words and what to do. */
export function CheckList({ label, checks }: { label: string; checks: ShownCheck[] }) {
  return (
    <ul aria-label={label} aria-live="polite" className="divide-y divide-separator rounded-xl border border-border bg-surface">
      {checks.map((check) => <CheckItem key={check.id} check={check} />)}
    </ul>
  );
}

function CheckItem({ check }: { check: ShownCheck }) {
  const look = check.status === "running" ? null : looks[check.status];
  return (
    <li className="flex gap-3.5 px-4 py-3.5">
      {look ? <look.icon aria-hidden className={cn("mt-0.5 size-5 shrink-0", look.colour)} /> : <Spinner size="sm" className="mt-0.5 shrink-0" />}
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline gap-x-4">
          <h3 className="flex-1 font-medium">{check.title}</h3>
          <span className={cn("text-sm", check.status === "failed" ? "font-medium text-danger" : "text-muted")}>{look ? look.text : "Checking"}</span>
          {check.ms !== undefined && <span className="w-14 text-right text-xs text-muted">{duration(check.ms)}</span>}
        </div>
        {check.summary && <p className="mt-0.5 text-sm break-words text-muted">{check.summary}</p>}
        {check.remedy && (
          <div className="mt-2.5 text-sm">
            <p>{check.remedy.text}</p>
            {check.remedy.sql && <Code className="mt-2" language="sql" label={`What mends “${check.title}”`} text={check.remedy.sql} />}
          </div>
        )}
        {(check.serverText || check.statement) && (
          <Disclosure className="mt-2">
            <Disclosure.Heading>
              <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">Details <Disclosure.Indicator /></Disclosure.Trigger>
            </Disclosure.Heading>
            <Disclosure.Content>
              <dl className="mt-1 grid gap-1 font-mono text-xs break-words whitespace-pre-wrap text-muted">
                {check.serverText && <><dt className="font-sans">Server said</dt><dd>{check.serverText}</dd></>}
                {check.statement && <><dt className="mt-1 font-sans">What was tried</dt><dd>{check.statement}</dd></>}
              </dl>
            </Disclosure.Content>
          </Disclosure>
        )}
      </div>
    </li>
  );
}

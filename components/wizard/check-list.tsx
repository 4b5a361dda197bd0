import { Disclosure, Spinner } from "@heroui/react";
import { AlertTriangle, CheckCircle2, CircleMinus, XCircle } from "lucide-react";
import { cn } from "@/components/ui/cn";
import { Code } from "@/components/ui/code";
import { duration } from "@/lib/format";

/** What is told of a check and of each of its parts, as far as this list cares. */
type Told = {
  id: string;
  title: string;
  summary?: string;
  serverText?: string;
  statement?: string;
  remedy?: { text: string; sql?: string; causes?: string[] };
  ms?: number;
};
type ShownPart = Told & { status: "passed" | "warned" | "failed" | "skipped" };
export type ShownCheck = Told & {
  status: "passed" | "failed" | "skipped" | "running";
  parts?: ShownPart[];
};

const looks = {
  passed: { icon: CheckCircle2, text: "Passed", colour: "text-success" },
  warned: { icon: AlertTriangle, text: "Worth a look", colour: "text-warning" },
  failed: { icon: XCircle, text: "Failed", colour: "text-danger" },
  skipped: { icon: CircleMinus, text: "Not run", colour: "text-muted" },
} as const;

/** The checks of a verification, each with its outcome as text, its time, what to do, and its parts behind a disclosure. */
export function CheckList({ label, checks }: { label: string; checks: ShownCheck[] }) {
  return (
    <>
      <ul
        aria-label={label}
        className="divide-y divide-separator rounded-xl border border-border bg-surface"
      >
        {checks.map((check) => (
          <CheckItem key={check.id} check={check} />
        ))}
      </ul>
      {/* heard as each check ends; the list itself changes too often to be read out */}
      <div className="relative">
        <div role="log" aria-label={`${label}, as they finish`} className="sr-only">
          {checks.map(
            ({ id, title, status, summary }) =>
              status !== "running" && (
                <p key={id}>
                  {title}: {looks[status].text}. {summary}
                </p>
              ),
          )}
        </div>
      </div>
    </>
  );
}

function CheckItem({ check }: { check: ShownCheck }) {
  const look = check.status === "running" ? null : looks[check.status];
  const { parts = [] } = check;
  return (
    <li className="flex gap-3.5 px-4 py-3.5">
      {look ? (
        <look.icon aria-hidden className={cn("mt-0.5 size-5 shrink-0", look.colour)} />
      ) : (
        <Spinner size="sm" className="mt-0.5 shrink-0" />
      )}
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline gap-x-4">
          <h3 className="flex-1 font-medium">{check.title}</h3>
          <span
            className={cn(
              "text-sm",
              check.status === "failed" ? "font-medium text-danger" : "text-muted",
            )}
          >
            {look ? look.text : "Checking"}
          </span>
          {check.ms !== undefined && (
            <span className="w-14 text-right text-xs text-muted">{duration(check.ms)}</span>
          )}
        </div>
        {check.summary && <p className="mt-0.5 text-sm break-words text-muted">{check.summary}</p>}
        {check.remedy && <WhatToDo title={check.title} {...check.remedy} />}
        {(check.serverText || check.statement || parts.length > 0) && (
          <Disclosure className="mt-2">
            <Disclosure.Heading>
              <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">
                Details <Disclosure.Indicator />
              </Disclosure.Trigger>
            </Disclosure.Heading>
            <Disclosure.Content>
              <Evidence {...check} />
              {parts.length > 0 && (
                <ul
                  aria-label={`Parts of ${check.title}`}
                  className="mt-1 divide-y divide-separator"
                >
                  {parts.map((part) => (
                    <PartItem key={part.id} part={part} />
                  ))}
                </ul>
              )}
            </Disclosure.Content>
          </Disclosure>
        )}
      </div>
    </li>
  );
}

function PartItem({ part }: { part: ShownPart }) {
  const look = looks[part.status];
  return (
    <li className="flex gap-2.5 py-2 text-sm">
      <look.icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", look.colour)} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <h4 className="font-medium">{part.title}</h4>
          <span className={cn("text-xs", part.status === "failed" ? "text-danger" : "text-muted")}>
            {look.text}
            {part.ms !== undefined && `, ${duration(part.ms)}`}
          </span>
        </div>
        <p className="break-words text-muted">{part.summary}</p>
        <Evidence {...part} />
        {part.remedy && <WhatToDo title={part.title} {...part.remedy} />}
      </div>
    </li>
  );
}

function WhatToDo({
  title,
  text,
  sql,
  causes = [],
}: { title: string } & NonNullable<Told["remedy"]>) {
  return (
    <div className="mt-2.5 text-sm">
      {causes.length > 0 && (
        <>
          <p className="font-medium">Likely causes</p>
          <ol className="mt-1 mb-2.5 list-decimal space-y-0.5 pl-5">
            {causes.map((cause) => (
              <li key={cause}>{cause}</li>
            ))}
          </ol>
          <p className="font-medium">What to do</p>
        </>
      )}
      <p>{text}</p>
      {sql && <Code className="mt-2" language="sql" label={`What mends “${title}”`} text={sql} />}
    </div>
  );
}

/** What was sent, and what came back, word for word. */
function Evidence({ serverText, statement }: Pick<Told, "serverText" | "statement">) {
  if (!serverText && !statement) return null;
  return (
    <dl className="mt-1 grid gap-1 font-mono text-xs break-words whitespace-pre-wrap text-muted">
      {serverText && (
        <div>
          <dt className="font-sans">Server said</dt>
          <dd>{serverText}</dd>
        </div>
      )}
      {statement && (
        <div>
          <dt className="font-sans">What was tried</dt>
          <dd>{statement}</dd>
        </div>
      )}
    </dl>
  );
}

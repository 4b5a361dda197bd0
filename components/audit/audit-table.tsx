"use client";
import { Button } from "@heroui/react";
import { CheckCircle2, ChevronDown, ChevronRight, CircleSlash2, XCircle } from "lucide-react";
import { Fragment, useState } from "react";
import { Code } from "@/components/ui/code";
import { cn } from "@/components/ui/cn";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";

type Entry = {
  id: string;
  at: Date;
  actorName: string;
  action: string;
  subjectType: string;
  subjectId: string | null;
  subjectName: string;
  result: string;
  ip: string | null;
  more: { before: unknown; after: unknown; detail: unknown };
};

const HEAD = [
  { title: "When" },
  { title: "Who" },
  { title: "Did" },
  { title: "What" },
  { title: "Result" },
  { title: "From" },
  { title: "Details", hidden: true },
];
const looks = {
  done: { icon: CheckCircle2, text: "Done", colour: "text-success" },
  refused: { icon: CircleSlash2, text: "Refused", colour: "text-warning" },
  failed: { icon: XCircle, text: "Failed", colour: "text-danger" },
} as const;

export function AuditTable({ entries }: { entries: Entry[] }) {
  return (
    <Table label="Audit log" head={HEAD}>
      {entries.map((entry) => (
        <AuditRow key={entry.id} entry={entry} />
      ))}
    </Table>
  );
}

function AuditRow({ entry }: { entry: Entry }) {
  const [isOpen, setOpen] = useState(false);
  const { id, at, actorName, action, subjectType, subjectId, subjectName, result, ip, more } =
    entry;
  const look = result === "refused" || result === "failed" ? looks[result] : looks.done;
  const parts = (
    [
      ["Before", more.before],
      ["After", more.after],
      ["Details", more.detail],
    ] as const
  ).filter(([, value]) => value !== null);
  const name = subjectName || (subjectId ? subjectId.slice(0, 8) : "");
  return (
    <Fragment>
      <tr>
        <Cell className="text-muted">
          <Time at={at} />
        </Cell>
        <Cell className="max-w-48 [overflow-wrap:anywhere]">{actorName}</Cell>
        <Cell className="whitespace-nowrap">{action}</Cell>
        <Cell className="max-w-72 min-w-48 [overflow-wrap:anywhere]">
          {subjectType} <span className="font-medium">{name}</span>
        </Cell>
        <Cell className="whitespace-nowrap">
          <span className="inline-flex items-center gap-1.5">
            <look.icon aria-hidden className={cn("size-4", look.colour)} />
            {look.text}
          </span>
        </Cell>
        <Cell className="font-mono text-xs text-muted">{ip ?? "—"}</Cell>
        <Cell numeric>
          {parts.length > 0 && (
            <Button
              variant="ghost"
              size="sm"
              aria-expanded={isOpen}
              aria-controls={id}
              aria-label={`Details of ${action} ${subjectType} ${name}`}
              onPress={() => setOpen(!isOpen)}
            >
              {isOpen ? (
                <ChevronDown aria-hidden className="size-4" />
              ) : (
                <ChevronRight aria-hidden className="size-4" />
              )}
              Details
            </Button>
          )}
        </Cell>
      </tr>
      {isOpen && (
        <tr id={id}>
          <td colSpan={HEAD.length} className="px-3.5 pb-3">
            <div className="grid max-w-[calc(100vw-4rem)] gap-3 md:grid-cols-2">
              {parts.map(([title, value]) => (
                <Code
                  key={title}
                  language="json"
                  label={title}
                  title={title}
                  text={JSON.stringify(value, null, 2)}
                />
              ))}
            </div>
          </td>
        </tr>
      )}
    </Fragment>
  );
}

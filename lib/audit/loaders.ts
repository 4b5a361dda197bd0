import "server-only";
import { readAudit } from "@/lib/audit/data";
import { audit } from "@/lib/audit/mutations";
import { filterOf, queryOf } from "@/lib/audit/schema";
import { csvLine } from "@/lib/format";
import { csvStream } from "@/lib/platform/csv-stream";
import { defineDownload } from "@/lib/web/define-action";

const HEAD = [
  "At (UTC)",
  "Who",
  "Action",
  "What",
  "Name",
  "Result",
  "From",
  "Before",
  "After",
  "Detail",
  "Id",
];

const json = (value: unknown) => (value === null ? null : JSON.stringify(value));

/** Every entry that matches, as CSV, as it is read. That somebody took it is an entry too. */
export const exportAudit = defineDownload<object>(
  { permission: "audit.read", does: "exported audit log" },
  async (actor, _, request) => {
    const filter = filterOf(Object.fromEntries(new URL(request.url).searchParams));
    await audit(undefined, actor, {
      action: "exported",
      subjectType: "audit log",
      subjectName: "Audit log",
      detail: { filter: queryOf(filter) },
    });
    async function* lines() {
      yield csvLine(HEAD);
      for await (const {
        at,
        actorName,
        action,
        subjectType,
        subjectName,
        subjectId,
        result,
        ip,
        before,
        after,
        detail,
      } of readAudit(actor.teamId, filter)) {
        yield csvLine([
          at.toISOString(),
          actorName,
          action,
          subjectType,
          subjectName,
          result,
          ip,
          json(before),
          json(after),
          json(detail),
          subjectId,
        ]);
      }
    }
    return new Response(csvStream(lines()), {
      headers: {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": 'attachment; filename="audit-log.csv"',
        "cache-control": "no-store",
      },
    });
  },
);

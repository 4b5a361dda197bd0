import { z } from "zod";
import { auditResults, auditSubjects } from "@/lib/audit/types";

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .refine((text) => !Number.isNaN(Date.parse(text)));

/** What of the log is wanted, as it stands in the address: what can't be understood counts as not said. */
const auditFilterSchema = z.object({
  /** In names, actions and addresses. */
  q: z.string().trim().max(200).catch(""),
  /** A user's id, or "tidegate". */
  who: z.string().max(100).catch(""),
  what: z.enum(auditSubjects).or(z.literal("")).catch(""),
  result: z.enum(auditResults).or(z.literal("")).catch(""),
  /** Days in UTC, both included. */
  from: day.or(z.literal("")).catch(""),
  to: day.or(z.literal("")).catch(""),
});
export type AuditFilter = z.infer<typeof auditFilterSchema>;

/** Where a page begins: after this entry. Times alone are not enough: several can be of one moment. */
export const auditCursorSchema = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z_[0-9a-f-]{36}$/)
  .transform((text) => {
    const [at = "", id = ""] = text.split("_");
    return { at: new Date(at), id };
  })
  .refine(({ at }) => !Number.isNaN(at.getTime()));
export type AuditCursor = z.infer<typeof auditCursorSchema>;

type Params = Record<string, string | string[] | undefined>;
const one = (value: string | string[] | undefined) => (typeof value === "string" ? value : "");

export const filterOf = (params: Params): AuditFilter =>
  auditFilterSchema.parse({
    q: one(params.q),
    who: one(params.who),
    what: one(params.what),
    result: one(params.result),
    from: one(params.from),
    to: one(params.to),
  });

/** The filter as an address's query: only what is said. */
export const queryOf = (filter: Partial<AuditFilter> & { after?: string }): string =>
  new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();

export const cursorOf = ({ at, id }: { at: Date; id: string }): string =>
  `${at.toISOString()}_${id}`;

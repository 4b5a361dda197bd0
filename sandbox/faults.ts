// Faults on order: rules that tests and demos set over the control API.
import { z } from "zod";

const times = z.number().int().positive().optional();
const delayMs = z.number().int().min(0).max(600_000).optional();

export const redshiftFaultsSchema = z.array(
  z.strictObject({
    /** A regular expression between slashes ("/^commit/i"), else a prefix of the SQL without regard to case. */
    match: z.string().min(1).refine(isPattern, "not a regular expression"),
    user: z.string().optional(),
    times,
    /** Share of matching statements that are hit, 0 to 1. */
    probability: z.number().min(0).max(1).optional(),
    delayMs,
    error: z
      .strictObject({
        code: z.string().length(5),
        message: z.string(),
        detail: z.string().optional(),
      })
      .optional(),
    /** before: the statement never runs. after: it runs, and the answer is lost. */
    drop: z.enum(["before", "after"]).optional(),
  }),
);
export type RedshiftFault = z.infer<typeof redshiftFaultsSchema>[number];

export const s3FaultsSchema = z.array(
  z.strictObject({
    method: z.string().optional(),
    /** A part of the key. */
    key: z.string().optional(),
    times,
    probability: z.number().min(0).max(1).optional(),
    delayMs,
    status: z.number().int().min(400).max(599).optional(),
    code: z.string().optional(),
    message: z.string().optional(),
    drop: z.boolean().optional(),
  }),
);
export type S3Fault = z.infer<typeof s3FaultsSchema>[number];

export const s3DenySchema = z.array(
  z.strictObject({
    /** An S3 action such as PutObject, GetObject, DeleteObject, ListBucket; or * for all. */
    action: z.string().min(1),
    /** Who: the access key id, or "role" for COPY and UNLOAD by IAM role. Everyone when left out. */
    identity: z.string().optional(),
    bucket: z.string().optional(),
    prefix: z.string().optional(),
  }),
);
export type S3Deny = z.infer<typeof s3DenySchema>[number];

export const eventFaultsSchema = z.array(
  z.strictObject({
    times,
    probability: z.number().min(0).max(1).optional(),
    delayMs,
    status: z.number().int().min(400).max(599).optional(),
    /** Seconds or an HTTP date. */
    retryAfter: z.string().optional(),
    /** What is answered, in place of “fault on order”: any text, zero bytes too. */
    answer: z.string().max(100_000).optional(),
    /** Zips what is answered, though nobody asked for it. */
    gzip: z.boolean().optional(),
    drop: z.enum(["before", "after"]).optional(),
    writeKey: z.string().optional(),
    /** Only requests whose body contains this text. */
    contains: z.string().optional(),
  }),
);
export type EventFault = z.infer<typeof eventFaultsSchema>[number];

export const redshiftSettingsSchema = z.strictObject({
  /** Refuse plain connections as a cluster with require_SSL does. */
  requireSsl: z.boolean().optional(),
  /** Take no connection at all, as a paused cluster. */
  refuseConnections: z.boolean().optional(),
  /** Accept, then say nothing, as a cluster behind a wrong security group. */
  neverAnswer: z.boolean().optional(),
});
export type RedshiftSettings = z.infer<typeof redshiftSettingsSchema>;

/** The rules in force; a rule with `times` wears out. */
export class FaultRules<
  Rule extends { times?: number | undefined; probability?: number | undefined },
> {
  private rules: { rule: Rule; left: number; used: number }[] = [];

  /** Puts these in place of all others, or of those that `replaced` names. */
  set(rules: Rule[], replaced: (rule: Rule) => boolean = () => true): void {
    this.rules = [
      ...this.rules.filter(({ rule }) => !replaced(rule)),
      ...rules.map((rule) => ({ rule, left: rule.times ?? Infinity, used: 0 })),
    ];
  }

  list(): Rule[] {
    return this.rules.map(({ rule }) => rule);
  }

  /** How often each has been met. */
  used(): { rule: Rule; used: number }[] {
    return this.rules.map(({ rule, used }) => ({ rule, used }));
  }

  /** The first rule that fits and is not worn out; counts it as used. */
  take(fits: (rule: Rule) => boolean): Rule | undefined {
    for (const entry of this.rules) {
      if (entry.left <= 0 || !fits(entry.rule)) continue;
      if (entry.rule.probability !== undefined && Math.random() >= entry.rule.probability) continue;
      entry.left--;
      entry.used++;
      return entry.rule;
    }
    return undefined;
  }
}

const patternForm = /^\/(.*)\/([a-z]*)$/s;

function isPattern(match: string): boolean {
  const pattern = patternForm.exec(match);
  if (!pattern) return true;
  try {
    return Boolean(new RegExp(pattern[1] ?? "", pattern[2]));
  } catch {
    return false;
  }
}

export function matchesSql(rule: RedshiftFault, sql: string, user: string): boolean {
  if (rule.user !== undefined && rule.user !== user) return false;
  const pattern = patternForm.exec(rule.match);
  if (pattern) return new RegExp(pattern[1] ?? "", pattern[2]).test(sql);
  return sql.trimStart().toLowerCase().startsWith(rule.match.toLowerCase());
}

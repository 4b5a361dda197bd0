import "server-only";
import { headers } from "next/headers";
import { unstable_rethrow as rethrowNavigation } from "next/navigation";
import type { z } from "zod";
import { env } from "@/lib/platform/env";
import { SyncError } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import { log } from "@/lib/platform/log";
import { refused, type Result } from "@/lib/platform/result";
import { may } from "@/lib/team/rules";
import type { Actor, Role } from "@/lib/team/types";
import { currentActor } from "@/lib/web/session";

const SIGNED_OUT = "You are signed out. Sign in again; what you typed is kept.";

/** Next lets a request without an Origin through, and once let `Origin: null` through: here both are refused. */
async function sameOrigin(): Promise<boolean> {
  const requestHeaders = await headers();
  const origin = requestHeaders.get("origin");
  if (!origin || !URL.canParse(origin)) return false;
  const host = requestHeaders.get("x-forwarded-host") ?? requestHeaders.get("host");
  const base = env().BASE_URL;
  return new URL(origin).host === host || (base !== undefined && new URL(origin).origin === new URL(base).origin);
}

async function guarded<S extends z.ZodType, T>(schema: S, input: unknown, run: (input: z.output<S>) => Promise<Result<T>>): Promise<Result<T>> {
  if (!(await sameOrigin())) return refused("This request came from another site and was not carried out.");
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refused(issue?.message ?? "This input is not valid.", issue?.path.map(String).join("."));
  }
  try {
    return await run(parsed.data);
  } catch (error) {
    rethrowNavigation(error);
    if (error instanceof SyncError) return refused([error.message, error.detail.remedy].filter(Boolean).join(" "));
    const id = newId().slice(0, 8);
    log.error({ err: error, id }, "action failed");
    return refused(`Something went wrong on our side. Try again; if it stays, look for ${id} in Tidegate's log.`);
  }
}

/**
 * A server action: same origin → session → role → the schema judges the input → `handler`. Expected outcomes are
 * returned, surprises are logged and mapped here once.
 */
export const defineAction = <S extends z.ZodType, T>(schema: S, handler: (input: z.output<S>, actor: Actor) => Promise<Result<T>>, needed: Role = "editor") =>
  async (input: z.input<S>): Promise<Result<T>> => {
    const actor = await currentActor();
    if (!actor) return refused(SIGNED_OUT);
    if (!may(actor.role, needed)) return refused(`Your role (${actor.role}) does not allow this. Ask an owner or admin of the team.`);
    return guarded(schema, input, (parsed) => handler(parsed, actor));
  };

/** The same for the two forms one uses while signed out. */
export const definePublicAction = <S extends z.ZodType, T>(schema: S, handler: (input: z.output<S>) => Promise<Result<T>>) =>
  async (input: z.input<S>): Promise<Result<T>> => guarded(schema, input, handler);

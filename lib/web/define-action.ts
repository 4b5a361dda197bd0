import "server-only";
import { headers } from "next/headers";
import { unstable_rethrow as rethrowNavigation } from "next/navigation";
import type { z } from "zod";
import { env } from "@/lib/platform/env";
import { SyncError } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import { log } from "@/lib/platform/log";
import { ok, refused, type Result } from "@/lib/platform/result";
import type { Deed } from "@/lib/audit/types";
import { may, refusalOf, type Permission } from "@/lib/team/rules";
import type { Actor } from "@/lib/team/types";
import { currentActor } from "@/lib/web/session";

/** An action with what guards it. */
const guardedBy = <F extends object>(guard: Guarded["guard"], action: F): F & Guarded => Object.assign(action, { guard });

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

/** What guards an action or a route: each carries its own as `.guard`, so that a test can go through all of them. */
export type Guard = { permission: Permission; does: Deed };
export type Guarded = { guard: Guard | "public" };

const signedIn = async ({ permission }: Guard): Promise<Result<Actor>> => {
  const actor = await currentActor();
  if (!actor) return refused(SIGNED_OUT);
  return may(actor.role, permission) ? ok(actor) : refused(refusalOf(actor.role, permission));
};

async function judged<S extends z.ZodType>(schema: S, input: unknown): Promise<Result<z.output<S>>> {
  if (!(await sameOrigin())) return refused("This request came from another site and was not carried out.");
  const parsed = schema.safeParse(input);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return refused(issue?.message ?? "This input is not valid.", issue?.path.map(String).join("."));
}

/** What was thrown, as a refusal: surprises are logged under a number that the page names. */
function mapped(error: unknown): Result<never> {
  if (error instanceof DOMException && error.name === "TimeoutError") return refused("The warehouse didn't answer in time. It may be paused, overloaded or waiting in its queue. Try again in a minute.");
  if (error instanceof SyncError) return refused([error.message, error.detail.remedy].filter(Boolean).join(" "));
  const id = newId().slice(0, 8);
  log.error({ err: error, id }, "action failed");
  return refused(`Something went wrong on our side. Try again; if it stays, look for ${id} in Tidegate's log.`);
}

async function guarded<S extends z.ZodType, T>(schema: S, input: unknown, run: (input: z.output<S>) => Promise<Result<T>>): Promise<Result<T>> {
  const parsed = await judged(schema, input);
  if (!parsed.ok) return parsed;
  try {
    return await run(parsed.value);
  } catch (error) {
    rethrowNavigation(error);
    return mapped(error);
  }
}

/**
 * A server action: session → permission → same origin → the schema judges the input → `handler`. Expected outcomes are
 * returned, surprises are logged and mapped here once.
 */
export const defineAction = <S extends z.ZodType, T>(guard: Guard, schema: S, handler: (input: z.output<S>, actor: Actor) => Promise<Result<T>>) =>
  guardedBy(guard, async (input: z.input<S>): Promise<Result<T>> => {
    const actor = await signedIn(guard);
    return actor.ok ? guarded(schema, input, (parsed) => handler(parsed, actor.value)) : actor;
  });

/**
 * The same for what becomes known bit by bit: the answer is a stream that the browser reads while it grows. It is
 * guarded before it begins; a refusal, or what was thrown on the way, is its last element.
 */
export const defineStreamingAction = <S extends z.ZodType, T>(guard: Guard, schema: S, handler: (input: z.output<S>, actor: Actor) => AsyncIterable<Result<T>>) =>
  guardedBy(guard, async (input: z.input<S>): Promise<Result<AsyncIterable<Result<T>>>> => {
    const actor = await signedIn(guard);
    if (!actor.ok) return actor;
    const parsed = await judged(schema, input);
    return parsed.ok ? ok(mappedStream(handler(parsed.value, actor.value))) : parsed;
  });

async function* mappedStream<T>(stream: AsyncIterable<Result<T>>): AsyncGenerator<Result<T>> {
  try {
    yield* stream;
  } catch (error) {
    yield mapped(error);
  }
}

/**
 * The same for what is read while a person looks around, as a route: unlike an action it can be abandoned, and isn't
 * queued behind others. The handler's signal ends with the request.
 */
export const defineRead = <S extends z.ZodType, T>(guard: Guard, schema: S, handler: (input: z.output<S>, actor: Actor, signal: AbortSignal) => Promise<Result<T>>) =>
  guardedBy(guard, async (request: Request): Promise<Response> => {
    const actor = await signedIn(guard);
    if (!actor.ok) return Response.json(actor, { status: (await currentActor()) ? 403 : 401 });
    const input: unknown = await request.json().catch(() => null);
    const answer = await guarded(schema, input, (parsed) => handler(parsed, actor.value, request.signal).catch((error: unknown) => {
      if (request.signal.aborted) return refused("This was cancelled."); // who asked has gone: no fault, and nobody reads this
      throw error;
    }));
    return Response.json(answer, { headers: { "cache-control": "no-store" } });
  });

/** A route that answers with a file or a stream: session and permission are judged here, the rest is `handler`'s. */
export const defineDownload = <P>(guard: Guard, handler: (actor: Actor, params: P, request: Request) => Promise<Response>) =>
  guardedBy(guard, async (request: Request, { params }: { params: Promise<P> }): Promise<Response> => {
    const actor = await signedIn(guard);
    if (!actor.ok) return new Response(actor.reason, { status: (await currentActor()) ? 403 : 401 });
    return handler(actor.value, await params, request);
  });

/** The same for the forms one uses while signed out. */
export const definePublicAction = <S extends z.ZodType, T>(schema: S, handler: (input: z.output<S>) => Promise<Result<T>>) =>
  guardedBy("public", async (input: z.input<S>): Promise<Result<T>> => guarded(schema, input, handler));

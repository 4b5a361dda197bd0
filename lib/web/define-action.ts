import "server-only";
import { headers } from "next/headers";
import { unstable_rethrow as rethrowNavigation } from "next/navigation";
import type { z } from "zod";
import { audit, auditPerson, watchedAudit, type AuditLine } from "@/lib/audit/mutations";
import { partsOf, type Deed } from "@/lib/audit/types";
import { SyncError, toldIn } from "@/lib/platform/errors";
import { startOf, unstorableAt } from "@/lib/platform/foreign-text";
import { newId } from "@/lib/platform/ids";
import { log } from "@/lib/platform/log";
import { askedBy, streamAskedBy } from "@/lib/platform/places";
import { spend, type Limit } from "@/lib/platform/rate-limit";
import { ok, refused, type Refusal, type Result } from "@/lib/platform/result";
import { may, refusalOf, type Permission } from "@/lib/team/rules";
import type { Person } from "@/lib/team/types";
import { baseUrl } from "@/lib/web/auth";
import { isOwnOrigin } from "@/lib/web/origin";
import { addressOf, currentStanding, type SignedInActor } from "@/lib/web/session";

/** What guards an action or a route, and what the audit log calls it. Each carries its own as `.guard`, so that a test can go through all of them. */
export type Guard = { permission: Permission; does: Deed };
export type Guarded = {
  guard: Guard | { permission: "own account"; does: Deed } | { permission: "public" };
};

/** An action with what guards it. */
const guardedBy = <F extends object>(guard: Guarded["guard"], action: F): F & Guarded =>
  Object.assign(action, { guard });

const SIGNED_OUT = "You are signed out. Sign in again; what you typed is kept.";
const notLetIn = {
  "no-team": "You are in no team any more. Ask for an invitation.",
  "two-factor": "Your team requires two-factor sign-in. Set it up under Account first.",
} as const;

/**
 * Next lets a request without an Origin through, and once let `Origin: null` through: here both are refused. A browser
 * that says by `Sec-Fetch-Site` that another site asks is believed; over plain HTTP it doesn't say. Which site is ours the
 * operator says (BASE_URL), and no header of a request: whoever has a name lead here could send that name as Host.
 */
async function isSameOrigin(): Promise<boolean> {
  const requestHeaders = await headers();
  const origin = requestHeaders.get("origin");
  if (!origin || !URL.canParse(origin)) return false;
  const site = requestHeaders.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return false;
  return isOwnOrigin(origin, baseUrl());
}

/** Writes a line of the audit log for whoever did it: in their team, or about their own account. */
type Write = (line: AuditLine) => Promise<void>;

/** Which thing an input is about, and what it calls it, as far as one can tell from outside. */
function subjectOf(input: unknown): Pick<AuditLine, "subjectId" | "subjectName"> {
  const fields = typeof input === "object" && input !== null ? Object.entries(input) : [];
  const text = (wanted: (key: string) => boolean) =>
    fields.flatMap(([key, value]) =>
      wanted(key) && typeof value === "string" ? [startOf(value, 200)] : [],
    )[0];
  return {
    subjectId: text((key) => key.endsWith("Id")) ?? null,
    subjectName: text((key) => key === "name") ?? "",
  };
}

async function admitted(
  guard: Guard,
  input: unknown,
): Promise<Result<{ actor: SignedInActor; write: Write }>> {
  const standing = await currentStanding();
  if (!standing) return refused(SIGNED_OUT);
  const { actor } = standing;
  if (!actor) return refused(notLetIn[standing.refusal]);
  const write: Write = (line) => audit(undefined, actor, line);
  if (may(actor.role, guard.permission)) {
    // a test connects to what somebody entered: not as often as a port scan would like
    if (guard.does.startsWith("tested ")) {
      const within = await spend("verify", actor.userId);
      if (!within.ok) return within;
    }
    if (guard.does.startsWith("invited ")) {
      const within = await spend("invite", actor.teamId);
      if (!within.ok) return within;
    }
    return ok({ actor, write });
  }
  const reason = refusalOf(actor.role, guard.permission);
  await write({
    ...partsOf(guard.does),
    ...subjectOf(input),
    result: "refused",
    detail: { reason },
  });
  return refused(reason);
}

const UNSTORABLE =
  "This holds a character that can't be stored: a zero byte, or half of an emoji. Pasting from another program may have brought it along; type it instead.";

async function judged<S extends z.ZodType>(
  schema: S,
  input: unknown,
): Promise<Result<z.output<S>>> {
  if (!(await isSameOrigin()))
    return refused(
      `This request came from another site than ${baseUrl()} and was not carried out. Open Tidegate at that address.`,
    );
  const parsed = schema.safeParse(input);
  if (parsed.success) {
    const at = unstorableAt(parsed.data);
    return at === undefined ? ok(parsed.data) : refused(UNSTORABLE, at || undefined);
  }
  const issue = parsed.error.issues[0];
  return refused(issue?.message ?? "This input is not valid.", issue?.path.map(String).join("."));
}

/** What was thrown, as a refusal: surprises are logged under a number that the page names. */
function mapped(error: unknown): Result<never> {
  if (error instanceof DOMException && error.name === "TimeoutError")
    return refused(
      "The warehouse didn't answer in time. It may be paused, overloaded or waiting in its queue. Try again in a minute.",
    );
  if (error instanceof SyncError) return refused(toldIn(error));
  const id = newId().slice(0, 8);
  log.error({ err: error, id }, "action failed");
  return refused(
    `Something went wrong on our side. Try again; if it stays, look for ${id} in Tidegate's log.`,
  );
}

async function guarded<S extends z.ZodType, T>(
  schema: S,
  input: unknown,
  run: (input: z.output<S>) => Promise<Result<T>>,
): Promise<Result<T>> {
  const parsed = await judged(schema, input);
  if (!parsed.ok) return parsed;
  try {
    return await run(parsed.value);
  } catch (error) {
    rethrowNavigation(error);
    return mapped(error);
  }
}

/** Reading leaves no line: only that it was refused to somebody does. */
const isRead = (does: Deed) => /^(read|opened) /.test(does);

/** Leaves a line for whatever `run` came to: done, refused or failed. Where the deed wrote its own, in its transaction, that one says more. */
async function recorded<T>(
  does: Deed,
  input: unknown,
  write: Write,
  run: () => Promise<Result<T>>,
): Promise<Result<T>> {
  if (isRead(does)) return run();
  const line = { ...partsOf(does), ...subjectOf(input) };
  try {
    const { value: result, isWritten } = await watchedAudit(run);
    if (!result.ok) await write({ ...line, result: "refused", detail: { reason: result.reason } });
    else if (!isWritten) await write(line);
    return result;
  } catch (error) {
    rethrowNavigation(error);
    const failure = mapped(error);
    await write({
      ...line,
      result: "failed",
      detail: { reason: failure.ok ? "" : failure.reason },
    });
    return failure;
  }
}

/**
 * A server action: session → permission → same origin → the schema judges the input → `handler` → the audit log.
 * Expected outcomes are returned, surprises are logged and mapped here once.
 */
export const defineAction = <S extends z.ZodType, T>(
  guard: Guard,
  schema: S,
  handler: (input: z.output<S>, actor: SignedInActor) => Promise<Result<T>>,
) =>
  guardedBy(guard, async (input: z.input<S>): Promise<Result<T>> => {
    const admission = await admitted(guard, input);
    if (!admission.ok) return admission;
    const { actor, write } = admission.value;
    return guarded(schema, input, (parsed) =>
      recorded(guard.does, parsed, write, () => askedBy(actor, () => handler(parsed, actor))),
    );
  });

/**
 * The same for what becomes known bit by bit: the answer is a stream that the browser reads while it grows. It is
 * guarded before it begins; a refusal, or what was thrown on the way, is its last element.
 */
export const defineStreamingAction = <S extends z.ZodType, T>(
  guard: Guard,
  schema: S,
  handler: (input: z.output<S>, actor: SignedInActor) => AsyncIterable<Result<T>>,
) =>
  guardedBy(guard, async (input: z.input<S>): Promise<Result<AsyncIterable<Result<T>>>> => {
    const admission = await admitted(guard, input);
    if (!admission.ok) return admission;
    const { actor, write } = admission.value;
    const parsed = await judged(schema, input);
    return parsed.ok
      ? ok(
          recordedStream(
            guard.does,
            parsed.value,
            write,
            streamAskedBy(actor, handler(parsed.value, actor)),
          ),
        )
      : parsed;
  });

async function* recordedStream<T>(
  does: Deed,
  input: unknown,
  write: Write,
  stream: AsyncIterable<Result<T>>,
): AsyncGenerator<Result<T>> {
  const line: AuditLine = { ...partsOf(does), ...subjectOf(input) };
  try {
    for await (const result of stream) {
      if (!result.ok) Object.assign(line, { result: "refused", detail: { reason: result.reason } });
      yield result;
    }
  } catch (error) {
    const failure = mapped(error);
    Object.assign(line, { result: "failed", detail: { reason: failure.ok ? "" : failure.reason } });
    yield failure;
  } finally {
    await write(line); // also when the page went away in between
  }
}

/**
 * The same for what is read while a person looks around, as a route: unlike an action it can be abandoned, and isn't
 * queued behind others. The handler's signal ends with the request.
 */
export const defineRead = <S extends z.ZodType, T>(
  guard: Guard,
  schema: S,
  handler: (input: z.output<S>, actor: SignedInActor, signal: AbortSignal) => Promise<Result<T>>,
) =>
  guardedBy(guard, async (request: Request): Promise<Response> => {
    const input: unknown = await request.json().catch(() => null);
    const admission = await admitted(guard, input);
    if (!admission.ok) return Response.json(admission, await statusOfRefusal(admission));
    const { actor } = admission.value;
    const answer = await guarded(schema, input, (parsed) =>
      askedBy(actor, () => handler(parsed, actor, request.signal)).catch((error: unknown) => {
        if (request.signal.aborted) return refused("This was cancelled."); // who asked has gone: no fault, and nobody reads this
        throw error;
      }),
    );
    if (!answer.ok && answer.retryAfterS !== undefined)
      return Response.json(answer, tooMuch(answer.retryAfterS));
    return Response.json(answer, { headers: { "cache-control": "no-store" } });
  });

/** A route that answers with a file or a stream: session and permission are judged here, the rest is `handler`'s. */
export const defineDownload = <P>(
  guard: Guard,
  handler: (actor: SignedInActor, params: P, request: Request) => Promise<Response>,
) =>
  guardedBy(
    guard,
    async (request: Request, { params }: { params: Promise<P> }): Promise<Response> => {
      const asked = await params;
      const admission = await admitted(guard, asked);
      if (!admission.ok) return new Response(admission.reason, await statusOfRefusal(admission));
      return handler(admission.value.actor, asked, request);
    },
  );

const statusOfRefusal = async ({ retryAfterS }: Refusal): Promise<ResponseInit> => {
  if (retryAfterS !== undefined) return tooMuch(retryAfterS);
  return { status: (await currentStanding()) ? 403 : 401 };
};

/** The answer to what was too much, for people and programs. */
export const tooMuch = (retryAfterS: number): ResponseInit => ({
  status: 429,
  headers: { "retry-after": String(retryAfterS), "cache-control": "no-store" },
});

/** The same for one's own account, in whatever team one is, or in none. */
export const defineAccountAction = <S extends z.ZodType, T>(
  does: Deed,
  schema: S,
  handler: (input: z.output<S>, person: Person) => Promise<Result<T>>,
) =>
  guardedBy({ permission: "own account", does }, async (input: z.input<S>): Promise<Result<T>> => {
    const standing = await currentStanding();
    if (!standing) return refused(SIGNED_OUT);
    const { person } = standing;
    const write: Write = ({ subjectName, subjectType, subjectId, ...line }) =>
      auditPerson(person, {
        ...line,
        ...(subjectType !== "account" && { subjectType, subjectId, subjectName }),
      });
    return guarded(schema, input, (parsed) =>
      recorded(does, parsed, write, () => handler(parsed, person)),
    );
  });

/** The same for the forms one uses while signed out; `limit` is how often from one address. */
export const definePublicAction = <S extends z.ZodType, T>(
  schema: S,
  handler: (input: z.output<S>) => Promise<Result<T>>,
  limit?: Limit,
) =>
  guardedBy({ permission: "public" }, async (input: z.input<S>): Promise<Result<T>> =>
    guarded(schema, input, async (parsed) => {
      const within = limit ? await spend(limit, addressOf(await headers()) ?? "unknown") : ok(null);
      return within.ok ? handler(parsed) : within;
    }),
  );

/** The same for a route that somebody comes to while signed out. */
export const definePublicRoute = (handler: (request: Request) => Promise<Response>) =>
  guardedBy({ permission: "public" }, handler);

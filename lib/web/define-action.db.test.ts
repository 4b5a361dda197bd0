// Every action and route that there is, found on disk, goes through the real guard and the real audit log. What a handler
// itself does is its own test's: here each is replaced by one that succeeds, refuses or throws.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { partsOf } from "@/lib/audit/types";
import { db } from "@/lib/platform/db";
import { ok, refused, refusedFor, type Result } from "@/lib/platform/result";
import { may } from "@/lib/team/rules";
import { roles, type Actor, type Role } from "@/lib/team/types";
import { useDatabase } from "@/lib/testing/database";
import { makeMember } from "@/prisma/factories/world";
import type * as Define from "@/lib/web/define-action";
import type { Standing } from "@/lib/web/session";

useDatabase();

const request = vi.hoisted(() => ({
  standing: null as unknown,
  outcome: (): unknown => null,
  headers: new Headers({ origin: "http://localhost:3000", host: "localhost:3000" }),
}));

vi.mock("server-only", () => ({}));
vi.mock("next/headers", () => ({
  headers: () => Promise.resolve(request.headers),
  cookies: () => Promise.reject(new Error("not here")),
}));
vi.mock("next/cache", () => ({ revalidatePath: () => undefined }));
vi.mock("@/lib/web/session", () => ({
  currentStanding: () => Promise.resolve(request.standing),
  currentActor: () => Promise.resolve((request.standing as Standing | null)?.actor ?? null),
  addressOf: () => null,
  stillMay: () => true,
  endSession: () => undefined,
}));
vi.mock("@/lib/web/define-action", async (original) => {
  const { z } = await import("zod");
  const real = await original<typeof Define>();
  const handler = () => Promise.resolve(request.outcome());
  async function* stream() {
    yield await handler();
  }
  return {
    ...real,
    defineAction: (guard: Define.Guard) => real.defineAction(guard, z.any(), handler as never),
    defineStreamingAction: (guard: Define.Guard) =>
      real.defineStreamingAction(guard, z.any(), stream as never),
    defineAccountAction: (does: never) => real.defineAccountAction(does, z.any(), handler as never),
    definePublicAction: () => real.definePublicAction(z.any(), handler as never),
    defineRead: (guard: Define.Guard) => real.defineRead(guard, z.any(), handler as never),
  };
});

type Guarded = Define.Guarded & ((input: unknown, more?: unknown) => Promise<unknown>);

const filesNamed = (folder: string, name: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.split("/").at(-1) === name)
    .sort();

async function exportsOf(folder: string, name: string): Promise<[string, unknown][]> {
  const found: [string, unknown][] = [];
  for (const file of filesNamed(folder, name)) {
    const module = (await import(join(process.cwd(), folder, file))) as Record<string, unknown>;
    for (const [key, value] of Object.entries(module))
      if (typeof value === "function") found.push([`${folder}/${file} ${key}`, value]);
  }
  return found;
}

const actions = (await exportsOf("lib", "actions.ts")) as [string, Guarded][];
const routes = (await exportsOf("app/api", "route.ts")) as [string, Guarded][];
/** Says no more than whether it is well, to anybody. */
const OPEN_ROUTES = ["app/api/health/route.ts GET"];

/** A streaming action's outcome is its last element. */
async function outcomeOf(answer: unknown): Promise<Result<unknown>> {
  const result = answer as Result<unknown>;
  if (
    !result.ok ||
    typeof result.value !== "object" ||
    result.value === null ||
    !(Symbol.asyncIterator in result.value)
  )
    return result;
  let last: Result<unknown> = result;
  for await (const element of result.value as AsyncIterable<Result<unknown>>) last = element;
  return last;
}

let actor: Actor;
const entries = () =>
  db().auditEntry.findMany({
    where: { teamId: actor.teamId },
    select: {
      action: true,
      subjectType: true,
      subjectId: true,
      result: true,
      actorId: true,
      ip: true,
      detail: true,
    },
  });
const ofTeam = actions.flatMap(([name, action]) =>
  action.guard.permission === "public" || action.guard.permission === "own account"
    ? []
    : [[name, action, action.guard] as const],
);
const ofAccount = actions.flatMap(([name, action]) =>
  action.guard.permission === "own account" ? [[name, action, action.guard] as const] : [],
);

async function as(role: Role): Promise<void> {
  actor = await makeMember({ role });
  const person = { ...actor, sessionId: "s", ip: "192.0.2.9" };
  request.standing = { person, actor: person, refusal: null } satisfies Standing;
}

beforeEach(() => {
  request.outcome = () => ok(null);
});

test("every action and every route carries its guard", () => {
  expect(actions.length).toBeGreaterThan(60);
  expect(
    [...actions, ...routes]
      .filter(([name, action]) => !OPEN_ROUTES.includes(name) && !("guard" in action))
      .map(([name]) => name),
  ).toEqual([]);
  expect([...ofTeam, ...ofAccount].map(([, , guard]) => partsOf(guard.does))).toHaveLength(
    ofTeam.length + ofAccount.length,
  );
});

test("what is open to who is signed out is this, and nothing else", () => {
  expect(
    actions
      .filter(([, { guard }]) => guard.permission === "public")
      .map(([name]) => name.split(" ")[1])
      .sort(),
  ).toEqual([
    "createOwnerAction",
    "joinAsNewAction",
    "passkeySignInOptionsAction",
    "signInAction",
    "signInCodeAction",
    "signInPasskeyAction",
    "signOutAction",
    "startProviderAction",
  ]);
});

describe.each(ofTeam)("%s", (_, action, guard) => {
  const { action: did, subjectType } = partsOf(guard.does);
  const isRead = did === "read" || did === "opened";

  test("each role that may not is refused, and that is an entry", async () => {
    for (const role of roles.filter((each) => !may(each, guard.permission))) {
      await as(role);
      request.outcome = () => expect.unreachable("the handler ran");
      expect(await outcomeOf(await action({ thingId: "id-1" }))).toMatchObject({
        ok: false,
        reason: expect.stringContaining(`Your role (${role}) does not allow this`) as string,
      });
      expect(await entries()).toEqual([
        {
          action: did,
          subjectType,
          subjectId: "id-1",
          result: "refused",
          actorId: actor.userId,
          ip: "192.0.2.9",
          detail: { reason: expect.any(String) as string },
        },
      ]);
    }
  });

  test("each role that may leaves an entry: done, refused by the rules, or failed", async () => {
    for (const role of roles.filter((each) => may(each, guard.permission))) {
      for (const [result, outcome] of [
        ["done", () => ok(null)],
        ["refused", () => refused("Not like this.")],
        ["failed", () => Promise.reject(new DOMException("late", "TimeoutError"))],
      ] as const) {
        await as(role);
        request.outcome = outcome;
        expect((await outcomeOf(await action({ thingId: "id-1" }))).ok).toBe(result === "done");
        expect(await entries()).toMatchObject(
          isRead ? [] : [{ action: did, subjectType, subjectId: "id-1", result }],
        );
      }
    }
  });

  test("what can't be stored is refused at its field, before anything happens", async () => {
    for (const role of roles.filter((each) => may(each, guard.permission)).slice(0, 1)) {
      await as(role);
      request.outcome = () => expect.unreachable("the handler ran");
      for (const text of ["a\0b", "\uD83D"])
        expect(await action({ config: { name: text } })).toMatchObject({
          ok: false,
          field: "config.name",
          reason: expect.stringContaining("can't be stored") as string,
        });
    }
  });

  test("signed out, from another site, or with no origin nothing happens", async () => {
    request.outcome = () => expect.unreachable("the handler ran");
    request.standing = null;
    expect(await outcomeOf(await action({}))).toMatchObject({ ok: false });
    await as("owner");
    const host = "localhost:3000";
    const elsewhere: Record<string, string>[] = [
      { host, origin: "https://elsewhere.example" },
      { host, origin: "null" },
      { host },
      // a name that somebody has lead here, and another scheme
      { host: "rebound.example:3000", origin: "http://rebound.example:3000" },
      { "x-forwarded-host": "rebound.example", origin: "https://rebound.example" },
      { host, origin: "https://localhost:3000" },
    ];
    for (const headers of elsewhere) {
      request.headers = new Headers(headers);
      expect(await outcomeOf(await action({}))).toMatchObject({
        ok: false,
        reason: expect.stringContaining("came from another site") as string,
      });
    }
    request.headers = new Headers({ origin: "http://localhost:3000", host: "localhost:3000" });
    expect(await entries()).toEqual([]);
  });
});

test.each(ofAccount)("%s leaves its entry in the team", async (_, action, guard) => {
  await as("viewer");
  const { action: did } = partsOf(guard.does);
  expect(await action({})).toEqual(ok(null));
  expect(await entries()).toMatchObject(
    did === "read" ? [] : [{ action: did, result: "done", actorId: actor.userId }],
  );
});

test("what is too much answers a program too: 429, and when to try again", async () => {
  await as("viewer");
  const post = () =>
    new Request("http://localhost:3000/api/browse", { method: "POST", body: "{}" });
  const browse = routes.find(([name]) => name.startsWith("app/api/browse/"))?.[1];
  request.outcome = () => refusedFor(2, "Much is asked. Try again in 2 seconds.");
  const answer = (await browse?.(post())) as Response;
  expect(answer.status).toBe(429);
  expect(answer.headers.get("retry-after")).toBe("2");
  expect(await answer.json()).toMatchObject({ reason: "Much is asked. Try again in 2 seconds." });
});

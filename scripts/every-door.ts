// Goes through every door of a running Tidegate as everybody: each page, route and action, found on disk and in the build,
// by nobody, by each role, by another team, and with the headers that got past others' guards. The test and the
// benchmark share it; a door that nobody has given an input is an error, so none is forgotten.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connectDefaults } from "@/lib/connections/schema";
import { loadDefaults, redshiftDefaults } from "@/lib/connectors/redshift/spec";
import { stagingDefaults } from "@/lib/connectors/s3/spec";
import { manualSchedule } from "@/lib/schedule/schema";
import type { Actor } from "@/lib/team/types";
import { may, permissions, type Permission } from "@/lib/team/rules";
import { roles, type Role } from "@/lib/team/types";
import { root } from "./ready.mjs";

export type Who = "nobody" | Role | "another team";
export type Visit = {
  door: string;
  kind: "page" | "route" | "action";
  who: Who;
  trick: string;
  expected: "open" | "refused";
  got: "open" | "refused";
  says: string;
};

const PASSWORD = "Every-Door-Is-Locked-7";
/** Stands in every name of the team whose doors these are: whoever reads it has come too far. */
export const MARK = "Kept-Behind-Doors";

/** What the worker writes down of its own accord while this goes on. */
const VERIFIED = [
  "checks",
  "checked_at",
  "check_ok",
  "next_check_at",
  "next_run_at",
  "last_check_ok",
  "last_checked_at",
  "updated_at",
];
/** These name nothing that is there: another team begins something of its own. */
const BEGINS_ITS_OWN = ["startSourceAction", "startDestinationAction"];
/** These are about the team of whoever asks, and name no other. */
const OF_ONES_OWN_TEAM = [
  "inviteAction",
  "renameTeamAction",
  "requireTwoFactorAction",
  "createTeamAction",
  "leaveTeamAction",
];
/** Discarding what isn't there is done already; that nothing is gone the comparison at the end shows. */
const DONE_ALREADY = ["discardSourceDraftAction", "discardDestinationDraftAction"];

type Session = { who: Who; cookie: string };
type World = {
  web: string;
  ids: Record<string, string>;
  sessions: Session[];
  snapshot(): Promise<string>;
};

// ── What there is ────────────────────────────────────────────────────────────

const sources = (folder: string, file: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.split("/").at(-1) === file)
    .map((path) => join(folder, path))
    .sort();
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
const routeOf = (path: string): string =>
  `/${path
    .split("/")
    .slice(1, -1)
    .filter((part) => !part.startsWith("("))
    .join("/")}`;
const isPermission = (text: string): text is Permission => Object.hasOwn(permissions, text);
const permissionIn = (text: string, pattern: RegExp): Permission | null => {
  const found = pattern.exec(text)?.[1];
  return found && isPermission(found) ? found : null;
};

/** Open to everybody by design. Whatever else names no permission is an error. */
const PUBLIC_PAGES = ["/sign-in", "/setup", "/invite/[token]"];
const PUBLIC_ROUTES = ["/api/health", "/api/sign-in/oidc/callback"];

/** Null: open to everybody. "own account": to everybody who is signed in. */
type Needed = Permission | "own account" | null;
type Door = { door: string; permission: Needed };
const pages = (): Door[] =>
  sources("app", "page.tsx").map((path) => ({
    door: routeOf(path),
    permission:
      permissionIn(textOf(path), /require\w*\("([a-z.]+)"/) ??
      (/requirePerson\(\)/.test(textOf(path)) ? "own account" : null),
  }));
const mayPass = (who: Who, needed: Needed): boolean =>
  who !== "nobody" &&
  needed !== null &&
  (needed === "own account" || (who !== "another team" && may(who, needed)));

type RouteDoor = Door & { method: string };
function routes(): RouteDoor[] {
  return sources("app", "route.ts").flatMap((path) => {
    const text = textOf(path);
    return [
      ...text.matchAll(/export (?:const|(?:async )?function) (GET|POST|PUT|PATCH|DELETE)\b/g),
    ].map(([, method = ""]) => {
      const imported = new RegExp(`export const ${method} = (\\w+);`).exec(text)?.[1];
      const from =
        imported &&
        new RegExp(`import \\{[^}]*\\b${imported}\\b[^}]*\\} from "@/(.+?)"`).exec(text)?.[1];
      const definition = from
        ? (new RegExp(`export const ${imported} = [^;]*?permission: "[a-z.]+"`).exec(
            textOf(`${from}.ts`),
          )?.[0] ?? "")
        : text;
      return {
        door: routeOf(path),
        method,
        permission: permissionIn(definition, /permission: "([a-z.]+)"/),
      };
    });
  });
}

type ActionDoor = Door & { id: string; page: string };
/** Every action of the build; what guards it stands where it is defined. */
function actions(): ActionDoor[] {
  const manifest = JSON.parse(textOf(".next/server/server-reference-manifest.json")) as {
    node: Record<
      string,
      { exportedName: string; filename: string; workers: Record<string, unknown> }
    >;
  };
  return Object.entries(manifest.node).map(([id, { exportedName, filename, workers }]) => {
    const definition =
      new RegExp(`export (?:const|async function) ${exportedName}\\b[^]*?(?=\\nexport |$)`).exec(
        textOf(filename),
      )?.[0] ?? "";
    const page = Object.keys(workers)[0] ?? "";
    const isOwnAccount = /^export const \w+ = defineAccountAction\(/.test(definition);
    if (!isOwnAccount && !/= definePublicAction\(|permission: "/.test(definition))
      throw new Error(`${filename}: ${exportedName} is an action without a guard.`);
    return {
      door: exportedName,
      id,
      page: routeOf(page),
      permission: isOwnAccount
        ? "own account"
        : permissionIn(definition, /permission: "([a-z.]+)"/),
    };
  });
}

// ── Who comes ────────────────────────────────────────────────────────────────

/** A team with one of each, its members, and the owner of another team; their sessions begin as everybody's do. */
async function makeWorld(web: string, database: string, encryptionKey: string): Promise<World> {
  process.env.DATABASE_URL = database;
  process.env.ENCRYPTION_KEY = encryptionKey;
  const { db } = await import("@/lib/platform/db");
  const make = await import("@/prisma/factories/world");
  const { createDraft } = await import("@/lib/drafts/mutations");
  const owner = await make.makeMember({
    name: "Member",
    email: "owner@doors.example",
    password: PASSWORD,
  });
  const members: [Who, Actor][] = [["owner", owner]];
  for (const role of roles.filter((each) => each !== "owner"))
    members.push([
      role,
      await make.makeMember({
        name: "Member",
        email: `${role}@doors.example`,
        role,
        password: PASSWORD,
        teamId: owner.teamId,
      }),
    ]);
  members.push([
    "another team",
    await make.makeMember({
      name: "Stranger",
      email: "stranger@doors.example",
      password: PASSWORD,
    }),
  ]);
  const redshift = {
    host: "127.0.0.1",
    port: 9,
    database: MARK,
    user: MARK,
    sslMode: "off",
    caCertificate: "",
    tunnel: { use: false, host: "", port: 22, user: "", hostKey: "" },
  };
  const credentialId = await make.makeCredential(owner.teamId, {
    name: `${MARK} credentials`,
    config: redshift,
    secret: { password: MARK },
  });
  const sourceId = await make.makeSource(owner.teamId, { name: `${MARK} source`, credentialId });
  const destinationId = await make.makeDestination(owner.teamId, { name: `${MARK} destination` });
  const connectionId = await make.makeConnection(owner.teamId, { sourceId, destinationId });
  const runId = crypto.randomUUID();
  await db().run.create({
    data: { id: runId, teamId: owner.teamId, connectionId, trigger: "manual", state: "failed" },
  });
  const { id: memberId } = await db().member.findFirstOrThrow({
    where: { organizationId: owner.teamId, role: "viewer" },
  });
  const invitationId = crypto.randomUUID();
  await db().invitation.create({
    data: {
      id: invitationId,
      organizationId: owner.teamId,
      email: null,
      role: "viewer",
      status: "open",
      inviterId: owner.userId,
      tokenHash: "x",
      expiresAt: new Date(Date.now() + 86_400_000),
    },
  });
  const draftId = await createDraft(owner, "source", "redshift", {
    name: { name: `${MARK} draft`, credentials: "existing", credentialId },
  });
  const destinationDraftId = await createDraft(owner, "destination", "webhook", {
    name: { name: `${MARK} draft`, credentials: "new", credentialId: "" },
  });
  const tables = await db().$queryRaw<
    { name: string }[]
  >`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('rate_limit', 'session', 'audit_entry', '_prisma_migrations', 'verification')`;
  const rowsOf = (name: string) =>
    db().$queryRawUnsafe<{ row: string }[]>(
      `SELECT (to_jsonb(t) - $1::text[])::text AS row FROM "${name}" t ORDER BY 1`,
      VERIFIED,
    );
  const strangersTeam = members.at(-1)![1].teamId;
  const snapshot = async () =>
    (
      await Promise.all(
        tables.map(async ({ name }) =>
          (await rowsOf(name))
            .filter(({ row }) => !row.includes(strangersTeam))
            .map(({ row }) => `${name} ${row}`),
        ),
      )
    )
      .flat()
      .join("\n");
  const sessions: Session[] = [{ who: "nobody", cookie: "" }];
  for (const [who, { email }] of members) sessions.push({ who, cookie: await signIn(web, email) });
  return {
    web,
    ids: {
      teamId: owner.teamId,
      memberId,
      invitationId,
      credentialId,
      sourceId,
      destinationId,
      connectionId,
      runId,
      draftId,
      destinationDraftId,
    },
    sessions,
    snapshot,
  };
}

/** Calls an action of the build by its name, as a browser with these cookies does. */
export function callAction(
  web: string,
  door: string,
  args: unknown[],
  cookie: string,
): Promise<Response> {
  const action = actions().find((each) => each.door === door);
  if (!action) throw new Error(`There is no ${door} in the build.`);
  return post(web, action, args, cookie);
}

/** The cookies of a browser in which somebody has just signed in. */
export async function signIn(web: string, email: string, password = PASSWORD): Promise<string> {
  const response = await callAction(web, "signInAction", [{ email, password }], "");
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0] ?? "");
  const text = await response.text();
  if (cookies.length === 0) throw new Error(`${email} could not sign in: ${text}`);
  return cookies.join("; ");
}

const post = (
  web: string,
  { id, page }: ActionDoor,
  args: unknown[],
  cookie: string,
  headers: Record<string, string | undefined> = {},
): Promise<Response> => {
  const sent = {
    "content-type": "text/plain;charset=UTF-8",
    accept: "text/x-component",
    "next-action": id,
    origin: web,
    cookie,
    ...headers,
  };
  return fetch(`${web}${page.replace(/\[\w+\]/g, crypto.randomUUID())}`, {
    method: "POST",
    redirect: "manual",
    body: JSON.stringify(args),
    headers: given(sent),
  });
};
const given = (headers: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
    ),
  );

// ── What is tried ────────────────────────────────────────────────────────────

/** What got past the guards of others (CVE-2025-29927, GHSA-mq59-m269-xvcx, the .rsc and prefetch bypasses of May 2026). */
const tricks: Record<string, Record<string, string>> = {
  plain: {},
  "x-middleware-subrequest": { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" },
  "middleware, src": {
    "x-middleware-subrequest":
      "src/middleware:src/middleware:src/middleware:src/middleware:src/middleware",
  },
  RSC: { rsc: "1" },
  prefetch: { rsc: "1", "next-router-prefetch": "1", purpose: "prefetch" },
  "segment prefetch": {
    rsc: "1",
    "next-router-prefetch": "1",
    "next-router-segment-prefetch": "/_tree",
  },
  "x-forwarded-host": {
    "x-forwarded-host": "evil.example",
    "x-forwarded-for": "127.0.0.1",
    "x-original-url": "/sign-in",
    "x-rewrite-url": "/sign-in",
  },
};
const addressTricks: Record<string, (path: string) => string> = {
  "?_rsc=": (path) => `${path}?_rsc=1abc`,
  ".rsc": (path) => `${path === "/" ? "/index" : path}.rsc`,
  "_next/data": (path) => `/_next/data/x${path === "/" ? "/index" : path}.json`,
};
/** Each is refused, whoever asks. */
const origins: Record<string, Record<string, string | undefined>> = {
  "Origin: null": { origin: "null" },
  "no Origin": { origin: undefined },
  "foreign Origin": { origin: "https://evil.example" },
  "foreign Origin, its host forwarded": {
    origin: "https://evil.example",
    "x-forwarded-host": "evil.example",
  },
  "another port's Origin": { origin: "http://localhost:1" },
  "Sec-Fetch-Site: cross-site": { "sec-fetch-site": "cross-site" },
  "Sec-Fetch-Site: same-site": { "sec-fetch-site": "same-site" },
};

const fill = (door: string, ids: Record<string, string>): string =>
  door.replace(/\[(\w+)\]/g, (_, name: string) => {
    const isOfDestination = name === "draftId" && door.includes("destinations");
    const id = isOfDestination ? ids.destinationDraftId : ids[name];
    const value = name === "step" ? "name" : id;
    if (!value) throw new Error(`${door}: give this sweep a value for “${name}”.`);
    return value;
  });

/** One input that every schema finds its own fields in. Names are the kept ones, so that a deletion would go through. */
function inputFor(door: string, ids: Record<string, string>): unknown[] {
  const mapping = {
    columns: [{ column: "email", traitKey: "email" }],
    userId: "email",
    anonymousId: null,
  };
  const kinds = ["source", "destination", "connection"];
  const kind = kinds.find((each) => door.toLowerCase().includes(each)) ?? "credentials";
  return [
    {
      ...connectDefaults,
      ...stagingDefaults,
      ...loadDefaults,
      ...redshiftDefaults,
      ...ids,
      draftId: /destination|staging|target|tables/i.test(door)
        ? ids.destinationDraftId
        : ids.draftId,
      name: `${MARK} ${kind}`,
      credentials: "existing",
      role: "viewer",
      enabled: false,
      seqs: "all",
      hostKey: `SHA256:${"a".repeat(43)}`,
      byTidegate: false,
      kind: "redshift",
      forSource: ids.sourceId,
      ask: "schemas",
      config: { url: "http://127.0.0.1:9", body: "single", headerName: "", compression: "none" },
      secret: { writeKey: "k", headerValue: "", password: "p" },
      credentialName: "Taken",
      host: "127.0.0.1",
      port: 9,
      database: "d",
      user: "u",
      sslMode: "off",
      password: "p",
      ssh: { privateKey: "", passphrase: "", password: "" },
      iamSecret: "",
      bucket: "bucket",
      region: "us-east-1",
      access: "keys",
      accessKeyId: "AKIA",
      secretAccessKey: "s",
      fromRows: 1,
      schema: "s",
      table: "t",
      columns: [{ name: "email", type: "varchar(50)", kind: "text" }],
      mapping,
      keys: ["email"],
      targetSchema: "s",
      target: { targetSchema: "s" },
      targetTable: "t",
      schedule: manualSchedule,
    },
  ];
}

type Heard = { got: Visit["got"]; says: string };
/** An answer is open when it carries what is kept, or says that it was done. */
async function hear(response: Response, isOpen: (text: string) => boolean): Promise<Heard> {
  const text = await response.text();
  const says = /"reason":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? `HTTP ${response.status}`;
  return { got: text.includes(MARK) || isOpen(text) ? "open" : "refused", says };
}

/** All visits, in the order in which they were made. Throws when a refused one changed anything. */
export async function goThroughEveryDoor(
  web: string,
  database: string,
  encryptionKey: string,
  tell: (line: string) => void = () => undefined,
): Promise<Visit[]> {
  const world = await makeWorld(web, database, encryptionKey);
  const visits: Visit[] = [];
  const before = await world.snapshot();
  const add = (visit: Visit) => void visits.push(visit);

  for (const { door, permission } of pages()) {
    if (!permission && !PUBLIC_PAGES.includes(door))
      throw new Error(`${door}: a page that names no permission.`);
    if (!permission) continue;
    const path = fill(door, world.ids);
    for (const { who, cookie } of world.sessions) {
      const tried = Object.entries(tricks).map(([trick, headers]) => ({
        trick,
        headers,
        at: path,
      }));
      if (who === "nobody" || who === "another team")
        for (const [trick, change] of Object.entries(addressTricks))
          tried.push({ trick, headers: { rsc: "1" }, at: change(path) });
      for (const { trick, headers, at } of tried) {
        const isOwn = mayPass(who, permission);
        if (isOwn && trick !== "plain") continue;
        // a list without an id is another team's own: open to it, as long as nothing of this team stands in it
        const isTheirs = who === "another team" && !door.includes("[") && !isOwn;
        const response = await fetch(`${web}${at}`, {
          redirect: "manual",
          headers: given({ ...headers, cookie }),
        });
        add({
          door,
          kind: "page",
          who,
          trick,
          expected: isOwn ? "open" : "refused",
          ...(await hear(
            response,
            (text) =>
              !isTheirs &&
              response.status < 300 &&
              (trick === "plain" || !/NEXT_HTTP_ERROR_FALLBACK;404|NEXT_REDIRECT/.test(text)),
          )),
        });
      }
    }
  }
  tell(`${visits.length} visits of pages`);

  for (const { door, method, permission } of routes()) {
    if (!permission && !PUBLIC_ROUTES.includes(door))
      throw new Error(`${method} ${door}: a route that names no permission.`);
    if (!permission) continue;
    const path = fill(door, world.ids);
    const body =
      method === "GET"
        ? undefined
        : JSON.stringify({
            ...(inputFor(door, world.ids)[0] as object),
            ask: door.includes("runs") ? "rejected" : "schemas",
            page: 0,
            search: "",
          });
    const visit = (cookie: string, headers: Record<string, string | undefined>, at = path) =>
      fetch(`${web}${at}`, {
        method,
        redirect: "manual",
        body,
        signal: AbortSignal.timeout(15_000),
        headers: given({ "content-type": "application/json", origin: web, cookie, ...headers }),
      });
    for (const { who, cookie } of world.sessions) {
      const isOwn = mayPass(who, permission);
      for (const [trick, headers] of Object.entries(isOwn ? { plain: {} } : tricks)) {
        const response = await visit(cookie, headers);
        const isTheirs = who === "another team" && !door.includes("[") && method === "GET";
        const isOpen = (text: string) =>
          !isTheirs &&
          (isOwn ? response.status < 300 : response.status < 300 && !text.includes('"ok":false'));
        add({
          door: `${method} ${door}`,
          kind: "route",
          who,
          trick,
          expected: isOwn ? "open" : "refused",
          ...(await hear(response, isOpen)),
        });
      }
      if (!isOwn || method === "GET") continue;
      for (const [trick, headers] of Object.entries(origins))
        add({
          door: `${method} ${door}`,
          kind: "route",
          who,
          trick,
          expected: "refused",
          ...(await visit(cookie, headers).then((response) =>
            hear(response, (text) => text.includes('"ok":true')),
          )),
        });
    }
  }
  tell(`${visits.length} visits with those of routes`);

  for (const action of actions()) {
    const { door, permission } = action;
    for (const { who, cookie } of world.sessions) {
      // a switch to a team that isn't one's own is the one thing of one's own account that may go too far
      const isOwn =
        mayPass(who, permission) && !(who === "another team" && door === "switchTeamAction");
      if (who === "another team" && OF_ONES_OWN_TEAM.includes(door)) continue;
      const isOpenToAll =
        who === "another team" && [...BEGINS_ITS_OWN, ...DONE_ALREADY].includes(door);
      // who may is let through to the schema, which finds nothing: what an action does is other tests' subject
      const input = isOwn ? [{}] : inputFor(door, world.ids);
      if (permission) {
        for (const [trick, headers] of Object.entries(
          isOwn || who === "another team" ? { plain: {} } : tricks,
        )) {
          const response = await post(web, action, input, cookie, headers);
          const refusal = (text: string) =>
            /signed out|Your role \(/.test(text) || response.status >= 300;
          add({
            door,
            kind: "action",
            who,
            trick,
            expected: isOwn || isOpenToAll ? "open" : "refused",
            ...(await hear(response, (text) =>
              isOwn ? !refusal(text) : text.includes('"ok":true') && !text.includes('"ok":false'),
            )),
          });
        }
      }
      if (who !== "owner" && !(who === "nobody" && !permission)) continue;
      for (const [trick, headers] of Object.entries(origins)) {
        const response = await post(web, action, inputFor(door, world.ids), cookie, headers);
        add({
          door,
          kind: "action",
          who,
          trick,
          expected: "refused",
          ...(await hear(response, (text) => response.status < 300 && !/another site/.test(text))),
        });
      }
    }
  }
  tell(`${visits.length} visits in all`);
  const after = await world.snapshot();
  if (after !== before) {
    const [was, is] = [new Set(before.split("\n")), new Set(after.split("\n"))];
    throw new Error(
      `A visit that was to be refused changed something:\n${[...is]
        .filter((row) => !was.has(row))
        .map((row) => `+ ${row}`)
        .join("\n")}\n${[...was]
        .filter((row) => !is.has(row))
        .map((row) => `- ${row}`)
        .join("\n")}`,
    );
  }
  return visits;
}

/** How many visits of each kind were as they should be, by who came. */
export function doorTable(visits: Visit[]): {
  kind: Visit["kind"];
  who: Who;
  doors: number;
  visits: number;
  open: number;
  refused: number;
  wrong: number;
}[] {
  const groups = new Map<string, Visit[]>();
  for (const visit of visits)
    groups.set(`${visit.kind} ${visit.who}`, [
      ...(groups.get(`${visit.kind} ${visit.who}`) ?? []),
      visit,
    ]);
  return [...groups.values()].map((of) => ({
    kind: of[0]!.kind,
    who: of[0]!.who,
    doors: new Set(of.map(({ door }) => door)).size,
    visits: of.length,
    open: of.filter(({ got }) => got === "open").length,
    refused: of.filter(({ got }) => got === "refused").length,
    wrong: of.filter(({ got, expected }) => got !== expected).length,
  }));
}

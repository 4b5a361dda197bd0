// What insiders try against a running Tidegate, each role in turn: to have the operator's secrets sent to a server of their
// own, to point a bucket there, to come back by an invitation, to change how somebody signs in from a browser left open.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { stagingDefaults } from "@/lib/connectors/s3/spec";
import { may } from "@/lib/team/rules";
import { roles, type Actor, type Role } from "@/lib/team/types";
import { callAction, signIn } from "./every-door";

export type Tried = { what: string; who: Role; times: number; reached: number };

const PASSWORD = "three-unrelated-harbours";
const WRONG_PASSWORDS = 30;
/** So many are tried before a person is slowed. */
const WITHIN_LIMIT = 5;

/** A server of the insider's: it keeps whatever it is sent. */
async function startCollector() {
  const received: string[] = [];
  const server = createServer((request, response) => {
    received.push(JSON.stringify(request.headers));
    request.resume();
    response.end("{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, close: () => server.close() };
}

/** Goes through all of it, on the database of a Tidegate that runs; `secrets` is what nobody must receive, by the references that stand for it. */
export async function tryAsInsiders(
  web: string,
  database: string,
  encryptionKey: string,
  secrets: Record<string, string>,
): Promise<Tried[]> {
  process.env.DATABASE_URL = database;
  process.env.ENCRYPTION_KEY = encryptionKey;
  const { db } = await import("@/lib/platform/db");
  const { makeMember } = await import("@/prisma/factories/world");
  const collector = await startCollector();
  const owner = await makeMember({ name: "Olga", password: PASSWORD });
  const ownerCookie = await signIn(web, owner.email, PASSWORD);
  const tried: Tried[] = [];
  const answer = async (door: string, args: unknown[], cookie: string) =>
    (await callAction(web, door, args, cookie)).text();
  const member = async (role: Role): Promise<{ actor: Actor; cookie: string }> => {
    const actor = await makeMember({ role, name: "Ina", password: PASSWORD, teamId: owner.teamId });
    return { actor, cookie: await signIn(web, actor.email, PASSWORD) };
  };
  const draftOf = async (kind: string, cookie: string): Promise<string> => {
    const text = await answer("startDestinationAction", [{ kind, forSource: null }], cookie);
    return /"value":"([0-9a-f-]{36})"/.exec(text)?.[1] ?? crypto.randomUUID();
  };

  const isSent = (text: string) => collector.received.some((headers) => headers.includes(text));
  /** A webhook of theirs, verified with this as the value of a header. */
  const sendInHeader = async (headerValue: string, cookie: string): Promise<void> => {
    const draftId = await draftOf("webhook", cookie);
    const config = { url: `${collector.url}/`, body: "single", headerName: "X-Taken" };
    const named = { draftId, name: `T ${draftId}`, credentials: "new", credentialId: "" };
    await answer("saveDestinationNameAction", [named], cookie);
    await answer(
      "saveDestinationConnectionAction",
      [{ draftId, config, secret: { headerValue } }],
      cookie,
    );
    await answer("verifyDestinationAction", [{ draftId }], cookie);
  };
  const references = async (who: Role, cookie: string): Promise<Tried> => {
    for (const reference of Object.keys(secrets)) await sendInHeader(reference, cookie);
    const reached = Object.values(secrets).filter(isSent).length;
    return {
      what: "references to what the operator keeps",
      who,
      times: Object.keys(secrets).length,
      reached,
    };
  };

  const place = { bucket: "taken", region: "eu-central-1", prefix: "p" };
  const ownKeys = { access: "keys", roleArn: "", accessKeyId: "AKIA1", secretAccessKey: "key" };
  /** Whether a bucket is in a draft of theirs after they tried to save it. */
  const isBucketSaved = async (wish: object, cookie: string): Promise<boolean> => {
    const draftId = await draftOf("redshift", cookie);
    await answer("saveStagingAction", [{ draftId, ...stagingDefaults, ...place, ...wish }], cookie);
    const draft = await db().draft.findUnique({ where: { id: draftId }, select: { data: true } });
    return JSON.stringify(draft?.data ?? {}).includes("taken");
  };
  const staging = async (who: Role, cookie: string): Promise<Tried> => {
    const ofMachine = {
      access: "role",
      roleArn: "arn:aws:iam::123456789012:role/Theirs",
      accessKeyId: "",
      secretAccessKey: "",
    };
    const wishes: object[] = [
      { ...ofMachine, endpoint: collector.url },
      { ...ofMachine, endpoint: "" },
    ];
    // with keys of their own only who may enter credentials
    if (!may(who, "credentials.manage")) wishes.push({ ...ownKeys, endpoint: collector.url });
    let reached = 0;
    for (const wish of wishes) if (await isBucketSaved(wish, cookie)) reached += 1;
    return {
      what: "a bucket with the machine's identity, or at a host of theirs",
      who,
      times: wishes.length,
      reached,
    };
  };

  const inviteBy = async (cookie: string): Promise<string> => {
    const text = await answer("inviteAction", [{ email: "", role: "viewer" }], cookie);
    return /invite\/([\w-]+)/.exec(text)?.[1] ?? "none";
  };
  /** Whether somebody came in by this link. */
  const comesIn = async (token: string): Promise<boolean> => {
    const email = `${crypto.randomUUID()}@example.com`;
    await answer("joinAsNewAction", [{ token, name: "Ina", email, password: PASSWORD }], "");
    return (await db().user.count({ where: { email } })) === 1;
  };
  const invitations = async (who: Role): Promise<Tried> => {
    const ends = ["demoted", "removed"] as const;
    let reached = 0;
    for (const end of ends) {
      const { actor, cookie } = await member(who);
      const token = await inviteBy(cookie);
      const { id } = await db().member.findFirstOrThrow({ where: { userId: actor.userId } });
      const to = who === "viewer" ? "editor" : "viewer";
      await (end === "demoted"
        ? answer("changeRoleAction", [{ memberId: id, role: to }], ownerCookie)
        : answer("removeMemberAction", [{ memberId: id, name: "Ina" }], ownerCookie));
      if (await comesIn(token)) reached += 1;
      // and the session that was open
      const page = await fetch(`${web}/sources`, { headers: { cookie }, redirect: "manual" });
      if (page.status === 200) reached += 1;
    }
    return {
      what: "coming back by an invitation or a session",
      who,
      times: ends.length * 2,
      reached,
    };
  };

  const signIns = async (who: Role): Promise<Tried> => {
    const { actor, cookie } = await member(who);
    let judged = 0;
    for (let tries = 0; tries < WRONG_PASSWORDS; tries += 1) {
      const [door, input] = [
        ["passkeyOptionsAction", { password: `wrong ${tries}` }],
        ["beginAppAction", { password: `wrong ${tries}` }],
        [
          "changePasswordAction",
          { currentPassword: `wrong ${tries}`, newPassword: "another rope altogether 9" },
        ],
      ][tries % 3] as [string, object];
      const text = await answer(door, [input], cookie);
      if (/This is not your/.test(text)) judged += 1;
    }
    const changed = await db().user.count({
      where: { id: actor.userId, OR: [{ passkeys: { some: {} } }, { twoFactorEnabled: true }] },
    });
    if (judged < WITHIN_LIMIT) throw new Error("Wrong passwords were not even looked at.");
    const reached = changed + Math.max(0, judged - WITHIN_LIMIT);
    return {
      what: "changing a sign-in from a browser left open",
      who,
      times: WRONG_PASSWORDS,
      reached,
    };
  };

  /** What nothing forbids comes through: else it would say nothing that the rest does not. */
  const control = async (): Promise<void> => {
    const mark = crypto.randomUUID();
    await sendInHeader(mark, ownerCookie);
    const options = await answer("passkeyOptionsAction", [{ password: PASSWORD }], ownerCookie);
    const through = {
      "a header": isSent(mark),
      "a bucket": await isBucketSaved({ ...ownKeys, endpoint: collector.url }, ownerCookie),
      "an invitation": await comesIn(await inviteBy(ownerCookie)),
      "a passkey": options.includes('"challenge"'),
      "a page": (await fetch(`${web}/sources`, { headers: { cookie: ownerCookie } })).ok,
    };
    const stopped = Object.entries(through).flatMap(([what, isThrough]) => (isThrough ? [] : what));
    if (stopped.length > 0) throw new Error(`${stopped.join(", ")} should have come through.`);
  };

  try {
    await control();
    for (const who of roles) {
      const { cookie } = await member(who);
      tried.push(await references(who, cookie), await staging(who, cookie));
      tried.push(await invitations(who), await signIns(who));
    }
    return tried;
  } finally {
    collector.close();
    await db().$disconnect();
  }
}

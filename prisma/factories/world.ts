// A valid world, piece by piece: the dev seed, the database tests and the journeys make theirs with these.
import { hashPassword } from "better-auth/crypto";
import { defaultMapping } from "@/lib/event/rules";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { seal } from "@/lib/platform/secret-box";
import { manualSchedule, type Schedule } from "@/lib/schedule/schema";
import type { Actor, Role, TeamId } from "@/lib/team/types";

/** A team with one member, who is returned as the actor of whatever comes next. */
export async function makeMember({
  role = "owner",
  name = "Ada",
  email = `${newId()}@example.com`,
  password,
  teamId = newId(),
}: {
  role?: Role;
  name?: string;
  email?: string;
  password?: string;
  teamId?: string;
} = {}): Promise<Actor> {
  const userId = newId();
  const team = await db().team.upsert({
    where: { id: teamId },
    update: {},
    create: { id: teamId, name: `${name}’s team`, slug: teamId },
  });
  await db().user.create({ data: { id: userId, name, email, emailVerified: true } });
  if (password)
    await db().account.create({
      data: {
        id: newId(),
        accountId: userId,
        providerId: "credential",
        userId,
        password: await hashPassword(password),
      },
    });
  await db().member.create({ data: { id: newId(), organizationId: teamId, userId, role } });
  return { userId, name, email, teamId: teamId as TeamId, teamName: team.name, role, ip: null };
}

export async function makeCredential(
  teamId: TeamId,
  {
    kind = "redshift",
    name = `Credentials ${newId().slice(0, 8)}`,
    config = {},
    secret = {},
  }: { kind?: string; name?: string; config?: object; secret?: object } = {},
): Promise<string> {
  const id = newId();
  await db().credential.create({
    data: { id, teamId, kind, name, config, sealedSecret: seal(id, secret) },
  });
  return id;
}

export async function makeSource(
  teamId: TeamId,
  {
    name = `Source ${newId().slice(0, 8)}`,
    credentialId,
    schema = "public",
    table = "users",
    columns = ["user_id", "email"],
    schedule = manualSchedule,
  }: {
    name?: string;
    credentialId?: string;
    schema?: string;
    table?: string;
    columns?: string[];
    schedule?: Schedule;
  } = {},
): Promise<string> {
  const id = newId();
  const mapping = defaultMapping(columns.map((column) => ({ name: column })));
  await db().source.create({
    data: {
      id,
      teamId,
      kind: "redshift",
      name,
      credentialId: credentialId ?? (await makeCredential(teamId)),
      schema,
      table,
      keys: [mapping.userId ?? mapping.anonymousId ?? ""],
      mapping,
      schedule,
    },
  });
  return id;
}

export async function makeDestination(
  teamId: TeamId,
  {
    name = `Destination ${newId().slice(0, 8)}`,
    kind = "tracking-api",
    config = { url: "http://127.0.0.1:9" },
    secret = { writeKey: "key" },
  }: { name?: string; kind?: string; config?: object; secret?: object } = {},
): Promise<string> {
  const id = newId();
  await db().destination.create({
    data: {
      id,
      teamId,
      kind,
      name,
      credentialId: await makeCredential(teamId, { kind, name, config, secret }),
    },
  });
  return id;
}

export async function makeConnection(
  teamId: TeamId,
  ends: { sourceId?: string; destinationId?: string; createdAt?: Date } = {},
): Promise<string> {
  const id = newId();
  await db().connection.create({
    data: {
      id,
      teamId,
      sourceId: ends.sourceId ?? (await makeSource(teamId)),
      destinationId: ends.destinationId ?? (await makeDestination(teamId)),
      createdAt: ends.createdAt,
      // its schedule is read by the first sweep after it was made
      nextRunAt: ends.createdAt,
    },
  });
  return id;
}

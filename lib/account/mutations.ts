import { randomBytes } from "node:crypto";
import { hashPassword } from "better-auth/crypto";
import { hashOfToken } from "@/lib/account/data";
import type { CreateOwner } from "@/lib/account/schema";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { ok, refused, type Result } from "@/lib/platform/result";

/** A fresh one-time token for the set-up link; earlier ones stop working. Null once there is an owner. */
export async function issueSetupToken(): Promise<string | null> {
  if ((await db().user.count()) > 0) return null;
  const token = randomBytes(24).toString("base64url");
  await db().$transaction([db().setupToken.deleteMany(), db().setupToken.create({ data: { tokenHash: hashOfToken(token) } })]);
  return token;
}

/** Owner, team and membership, all or nothing. The token is used up in the same transaction, so two clicks can't make two owners. */
export async function createOwner(input: CreateOwner): Promise<Result<{ teamId: string; userId: string }>> {
  const passwordHash = await hashPassword(input.password);
  return db().$transaction(async (tx) => {
    const used = await tx.setupToken.deleteMany({ where: { tokenHash: hashOfToken(input.token) } });
    if (used.count !== 1 || (await tx.user.count()) > 0) {
      return refused("This set-up link has been used or replaced. Restart Tidegate to print a new one, or sign in.");
    }
    const userId = newId();
    const teamId = newId();
    await tx.user.create({ data: { id: userId, name: input.name, email: input.email, emailVerified: true } });
    await tx.account.create({ data: { id: newId(), accountId: userId, providerId: "credential", userId, password: passwordHash } });
    await tx.team.create({ data: { id: teamId, name: `${input.name}’s team`, slug: teamId } });
    await tx.member.create({ data: { id: newId(), organizationId: teamId, userId, role: "owner" } });
    await tx.auditEntry.create({ data: { id: newId(), teamId, actorId: userId, actorName: input.name, action: "created", subjectType: "team", subjectId: teamId, subjectName: `${input.name}’s team` } });
    return ok({ teamId, userId });
  });
}

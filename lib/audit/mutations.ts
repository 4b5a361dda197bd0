import type { AuditAction, AuditSubject } from "@/lib/audit/types";
import { db, type Tx } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import type { Actor } from "@/lib/team/types";
import type { Prisma } from "@/prisma/generated/client";

export type AuditLine = {
  action: AuditAction;
  subjectType: AuditSubject;
  subjectId: string;
  subjectName: string;
  /** Never a secret: say "changed". */
  detail?: Prisma.InputJsonObject;
};

/** Who did what to what, in the same transaction as the deed. */
export async function audit(tx: Tx | undefined, actor: Actor, line: AuditLine): Promise<void> {
  await (tx ?? db()).auditEntry.create({ data: { id: newId(), teamId: actor.teamId, actorId: actor.userId, actorName: actor.name, ip: actor.ip, ...line } });
}

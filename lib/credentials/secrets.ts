import { db } from "@/lib/platform/db";
import { open } from "@/lib/platform/secret-box";
import type { TeamId } from "@/lib/team/types";

/** A credential with its secret opened: for connectors, never for a response. Null for another team's. */
export async function openCredential(teamId: TeamId, id: string): Promise<{ kind: string; config: unknown; secret: unknown } | null> {
  const found = await db().credential.findFirst({ where: { id, teamId }, select: { kind: true, config: true, sealedSecret: true } });
  return found && { kind: found.kind, config: found.config, secret: open(id, found.sealedSecret) };
}

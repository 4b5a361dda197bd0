import { z } from "zod";
import { db } from "@/lib/platform/db";
import { open } from "@/lib/platform/secret-box";
import type { TeamId } from "@/lib/team/types";

type Opened = { kind: string; config: unknown; secret: unknown };

/** A credential with its secrets opened, as they are kept; `other` is there while it is rotated. Never for a response. Null for another team's. */
export async function openCredential(
  teamId: TeamId,
  id: string,
): Promise<(Opened & { other: unknown }) | null> {
  const found = await db().credential.findFirst({
    where: { id, teamId },
    select: { kind: true, config: true, sealedSecret: true, sealedOther: true },
  });
  return (
    found && {
      kind: found.kind,
      config: found.config,
      secret: open(id, found.sealedSecret),
      other: found.sealedOther ? open(id, found.sealedOther) : null,
    }
  );
}

const passwordSchema = z.looseObject({ password: z.string() });

/** The same for a connector: while it is rotated, either password may be the one that lets in. */
export async function openLogin(teamId: TeamId, id: string): Promise<Opened | null> {
  const found = await openCredential(teamId, id);
  if (!found) return null;
  const { kind, config } = found;
  const [present, other] = [
    passwordSchema.safeParse(found.secret),
    passwordSchema.safeParse(found.other),
  ];
  return {
    kind,
    config,
    secret:
      present.success && other.success
        ? { ...present.data, otherPassword: other.data.password }
        : found.secret,
  };
}

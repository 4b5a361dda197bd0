/** A team's id that the session gate (lib/web/session.ts) or the worker has vouched for. Reads and writes ask for it, so that a query that forgets its tenant doesn't compile. */
export type TeamId = string & { readonly __brand: "TeamId" };

export const roles = ["owner", "admin", "editor", "viewer"] as const;
export type Role = (typeof roles)[number];

/** Who is signed in, whatever team they are in. */
export type Person = {
  userId: string;
  name: string;
  email: string;
  sessionId: string;
  ip: string | null;
};

/** Who asks, and for which team. */
export type Actor = {
  userId: string;
  name: string;
  email: string;
  teamId: TeamId;
  teamName: string;
  role: Role;
  ip: string | null;
};

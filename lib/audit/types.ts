/** What can be done to something, in the words the audit log shows. `read` and `opened` are written down only when refused. */
const auditActions = [
  "created",
  "changed",
  "deleted",
  "tested",
  "started",
  "ended",
  "cancelled",
  "exported",
  "invited",
  "revoked",
  "joined",
  "left",
  "removed",
  "switched",
  "signed in",
  "signed out",
  "read",
  "opened",
  "used",
] as const;
export type AuditAction = (typeof auditActions)[number];

export const auditResults = ["done", "refused", "failed"] as const;
export type AuditResult = (typeof auditResults)[number];

export const auditSubjects = [
  "credential",
  "source",
  "source draft",
  "destination",
  "destination draft",
  "connection",
  "run",
  "team",
  "member",
  "invitation",
  "account",
  "audit log",
  "page",
  "secret reference",
] as const;
export type AuditSubject = (typeof auditSubjects)[number];

/** What an action does, as the audit log says it: “deleted source”. */
export type Deed = `${AuditAction} ${AuditSubject}`;

/** An action's deed in its two columns. */
export function partsOf(deed: Deed): { action: AuditAction; subjectType: AuditSubject } {
  const action = auditActions.find((each) => deed.startsWith(`${each} `));
  const subjectType = auditSubjects.find((each) => deed === `${action} ${each}`);
  if (!action || !subjectType) throw new Error(`“${deed}” is not a deed.`);
  return { action, subjectType };
}

// What the operator allows in SECRET_REFERENCES: which team may refer to which secret, and where that may be sent.

/** Where a secret can be sent: what the login speaks to, an SSH server of a tunnel, a bucket, or AWS for a login by IAM. */
export const targetKinds = [
  "redshift",
  "postgres",
  "tracking-api",
  "webhook",
  "ssh",
  "s3",
  "aws",
] as const;
export type TargetKind = (typeof targetKinds)[number];

/** A place that a secret is sent to. */
export type Target = { kind: TargetKind; host: string };

export type ReferenceRule = {
  /** A team's id. Null: the only team there is, so that the rule is void as soon as there are two. */
  team: string | null;
  /** `env:NAME` or `file:/path`; `*` at the end stands for anything. */
  references: string[];
  /** Null as host: any host that people enter. `*.example.com`: every name below it. */
  targets: { kind: TargetKind; host: string | null }[];
};

export const isTargetKind = (text: string): text is TargetKind =>
  targetKinds.some((kind) => kind === text);

const ENTRY = /^(?:([A-Za-z0-9-]+)\s*=\s*)?(\S.*?)\s+to\s+(\S.*)$/s;
const REFERENCE = /^(env:[A-Za-z_][A-Za-z0-9_]*\*?|file:\/[^*/]+[^*]*\*?)$/;
const HOST = /^(\*\.)?[a-z0-9_:[\]-]+(\.[a-z0-9_-]+)*$/;

const list = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);

/** `<team> = <references> to <targets>; …`. Undefined for an entry that is not of this form. */
export function parseReferenceRule(entry: string): ReferenceRule | undefined {
  const [, team, references, targets] = ENTRY.exec(entry.trim()) ?? [];
  if (!references || !targets) return undefined;
  const rule: ReferenceRule = { team: team ?? null, references: list(references), targets: [] };
  if (rule.references.length === 0 || !rule.references.every((text) => REFERENCE.test(text)))
    return undefined;
  for (const text of list(targets)) {
    const [kind = "", ...rest] = text.split("@");
    const host = rest.length === 0 ? null : rest.join("@").toLowerCase();
    if (!isTargetKind(kind) || (host !== null && !HOST.test(host))) return undefined;
    rule.targets.push({ kind, host });
  }
  return rule.targets.length === 0 ? undefined : rule;
}

const matches = (pattern: string, text: string): boolean =>
  pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : text === pattern;

/** One spelling of a host: lower case, without the dot that ends a full name or the brackets of an IPv6 address. */
const plainHost = (host: string): string =>
  host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");

function isTarget({ kind, host }: ReferenceRule["targets"][number], target: Target): boolean {
  if (kind !== target.kind) return false;
  if (host === null) return true;
  const actual = plainHost(target.host);
  return host.startsWith("*.") ? actual.endsWith(host.slice(1)) : actual === plainHost(host);
}

/** Whether the operator lets this team send what `reference` stands for to every one of `targets`. */
export function allowsReference(
  rules: readonly ReferenceRule[],
  reference: string,
  team: { id: string; isOnly: boolean },
  targets: readonly Target[],
): boolean {
  const ofTeam = rules.filter(
    (rule) =>
      (rule.team === null ? team.isOnly : rule.team === team.id) &&
      rule.references.some((pattern) => matches(pattern, reference)),
  );
  return (
    targets.length > 0 &&
    targets.every((target) =>
      ofTeam.some((rule) => rule.targets.some((named) => isTarget(named, target))),
    )
  );
}

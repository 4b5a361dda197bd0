// A reference stands where a secret would: `env:NAME` or `file:/path`, for secrets that other systems mount. It is kept
// in the secret's place and read anew at each use, so that a secret that is changed out there holds at once.
//
// Whoever may enter credentials also chooses the host that receives them. So nothing may be referred to by default: the
// operator names the team, the reference and the target. What Tidegate itself lives on is refused whatever they write.
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { env, environmentVariable, envSchema } from "@/lib/platform/env";
import { messageOf, SyncError } from "@/lib/platform/errors";
import { allowsReference, type Target } from "@/lib/platform/reference-rules";

const REFERENCE = /^(env|file):(.+)$/s;
/** A private key with its certificates is smaller. */
const MAX_BYTES = 64 * 1024;

/** Who asks for what a reference stands for, and where each secret goes. */
export type ReferenceAccess = {
  team: { id: string; isOnly: boolean };
  /** Every place that the secret at this path is sent to, or passes through. */
  targetsOf: (path: readonly string[]) => Target[];
  /** Called for each reference, before its secret is handed out or refused. */
  onUse?: (use: { reference: string; targets: Target[]; refused: string | null }) => void;
};

const isReference = (text: string): boolean => REFERENCE.test(text);

/** Whether a reference stands anywhere in the secret. */
export function hasReference(secret: unknown): boolean {
  if (typeof secret === "string") return isReference(secret);
  return typeof secret === "object" && secret !== null && Object.values(secret).some(hasReference);
}

/**
 * Every text of a secret that is a reference replaced by what it refers to, where the operator allows it. Without
 * `access` every reference is refused. Throws a user-fixable SyncError that names the reference.
 */
export function resolveReferences(
  secret: unknown,
  access?: ReferenceAccess,
  path: readonly string[] = [],
): unknown {
  if (typeof secret === "string") return resolved(secret, access, path);
  if (Array.isArray(secret))
    return secret.map((each, at) => resolveReferences(each, access, [...path, String(at)]));
  if (typeof secret === "object" && secret !== null)
    return Object.fromEntries(
      Object.entries(secret).map(([key, value]) => [
        key,
        resolveReferences(value, access, [...path, key]),
      ]),
    );
  return secret;
}

function resolved(
  reference: string,
  access: ReferenceAccess | undefined,
  path: readonly string[],
): string {
  const [, kind, at] = REFERENCE.exec(reference) ?? [];
  if (!kind || !at) return reference;
  const targets = access?.targetsOf(path) ?? [];
  try {
    const isAllowed = (text: string): boolean =>
      access !== undefined && allowsReference(env().SECRET_REFERENCES, text, access.team, targets);
    if (!isAllowed(reference)) throw notAllowed(reference, access, targets);
    const value = kind === "env" ? variable(at) : file(at, isAllowed);
    if (value === undefined) throw notAllowed(reference, access, targets);
    if (value === "") throw unusable(reference, "is empty");
    if (holdsOwnSecret(value)) throw own(reference);
    // a secret that is itself a reference would be read again, by other rules
    if (isReference(value)) throw unusable(reference, "is itself a reference");
    access?.onUse?.({ reference, targets, refused: null });
    return value;
  } catch (error) {
    access?.onUse?.({ reference, targets, refused: messageOf(error) });
    throw error;
  }
}

/** Names that Tidegate, its database driver, its runtime or AWS's library read themselves. */
const OWN_PREFIXES =
  /^(ENCRYPTION_KEY|OIDC_|AWS_|PG|SANDBOX_|BETTER_AUTH_|NEXT_|__NEXT_|NODE_|npm_)/i;
const isOwnVariable = (name: string): boolean =>
  OWN_PREFIXES.test(name) || Object.hasOwn(envSchema.shape, name.toUpperCase());

function variable(name: string): string {
  const reference = `env:${name}`;
  if (isOwnVariable(name)) throw own(reference);
  const value = environmentVariable(name);
  if (value === undefined) throw unusable(reference, "isn't set");
  return value;
}

/** Undefined where a link leads out of what is allowed. */
function file(path: string, isAllowed: (reference: string) => boolean): string | undefined {
  const reference = `file:${path}`;
  if (isOwnPath(path)) throw own(reference);
  let opened: number | undefined;
  try {
    const real = realpathSync(path); // neither dots nor links lead out of what is allowed
    if (isOwnPath(real)) throw own(reference);
    if (!isAllowed(`file:${real}`)) return undefined;
    opened = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { size, ino, dev, isFile } = statOf(opened);
    if (!isFile) throw unusable(reference, "is not in an ordinary file");
    if (isKeyFile(dev, ino)) throw own(reference);
    if (size > MAX_BYTES) throw unusable(reference, "is larger than 64 KB");
    return readFileSync(opened, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw error instanceof SyncError ? error : unusable(reference, "can't be read", error);
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

function statOf(opened: number) {
  const found = fstatSync(opened);
  return { size: found.size, ino: found.ino, dev: found.dev, isFile: found.isFile() };
}

/** Folders of the machine and of its orchestrator: a service account's token is in the last two. */
const MACHINE_FOLDERS = ["/proc", "/sys", "/dev", "/run/secrets", "/var/run/secrets"];
/** Where embedded-postgres.ts keeps data that DATA_DIR can't hold. */
const ROOTS_DATA = "/var/lib/tidegate";

/** The path, and where it leads if it is there. */
function bothOf(path: string): string[] {
  const plain = resolve(path);
  try {
    return [plain, realpathSync(plain)];
  } catch {
    return [plain];
  }
}

const isIn = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

function isOwnPath(path: string): boolean {
  const at = resolve(path);
  const settings = env();
  const folders = [
    ...MACHINE_FOLDERS,
    ROOTS_DATA,
    settings.DATA_DIR,
    join(homedir(), ".aws"),
    ...["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"].flatMap(
      (name) => environmentVariable(name) || [],
    ),
  ];
  if (folders.flatMap(bothOf).some((folder) => isIn(folder, at))) return true;
  if (at.startsWith(join(process.cwd(), ".env"))) return true;
  const keyFile = settings.ENCRYPTION_KEY_FILE;
  // the whole folder: an older or a half-written key lies beside the file
  return (
    keyFile !== undefined &&
    bothOf(keyFile).some((each) => dirname(each) === dirname(at) || each === at)
  );
}

/** By another name for the same file, as a hard link is. */
function isKeyFile(dev: number, ino: number): boolean {
  const keyFile = env().ENCRYPTION_KEY_FILE;
  if (keyFile === undefined) return false;
  try {
    const opened = openSync(keyFile, constants.O_RDONLY);
    try {
      const found = fstatSync(opened);
      return found.dev === dev && found.ino === ino;
    } finally {
      closeSync(opened);
    }
  } catch {
    return false;
  }
}

/** A copy of the key, or of another of Tidegate's own secrets, wherever it was found. */
function holdsOwnSecret(value: string): boolean {
  const { ENCRYPTION_KEY, ENCRYPTION_KEY_FILE, DATABASE_URL, OIDC_CLIENT_SECRET } = env();
  const secrets = [
    ...(ENCRYPTION_KEY ?? []),
    ...(ENCRYPTION_KEY_FILE ? keysIn(ENCRYPTION_KEY_FILE) : []),
    DATABASE_URL,
    OIDC_CLIENT_SECRET,
    environmentVariable("AWS_SECRET_ACCESS_KEY"),
  ];
  return secrets.some((secret) => secret !== undefined && secret !== "" && value.includes(secret));
}

function keysIn(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split(/[,\s]+/)
      .filter(Boolean);
  } catch {
    return [];
  }
}

const own = (reference: string) =>
  new SyncError(
    `The reference ${reference} leads to what Tidegate itself uses, and is never read.`,
    "user-fixable",
    { remedy: "Keep the secret in a file or variable of its own, and refer to that." },
  );

const spelled = ({ kind, host }: Target): string => (host === "" ? kind : `${kind}@${host}`);

function notAllowed(
  reference: string,
  access: ReferenceAccess | undefined,
  targets: readonly Target[],
) {
  const wanted = `${access ? `${access.team.id} = ` : ""}${reference} to ${targets.map(spelled).join(", ")}`;
  return new SyncError(
    `The reference ${reference} is not one that this team may send there.`,
    "user-fixable",
    {
      remedy:
        targets.length === 0
          ? "Enter the secret itself."
          : `Whoever runs this Tidegate allows it in the setting SECRET_REFERENCES: ${wanted}.`,
    },
  );
}
const unusable = (reference: string, why: string, cause?: unknown) =>
  new SyncError(
    `The secret that ${reference} refers to ${why}.`,
    "user-fixable",
    { remedy: "It is read on the machines of Tidegate's web server and workers: each needs it." },
    { cause },
  );

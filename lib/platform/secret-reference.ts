// A reference stands where a secret would: `env:NAME` or `file:/path`, for secrets that other systems mount. It is kept
// in the secret's place and read anew at each use, so that a secret that is changed out there holds at once.
import { readFileSync, realpathSync, statSync } from "node:fs";
import { env, environmentVariable } from "@/lib/platform/env";
import { SyncError } from "@/lib/platform/errors";

const REFERENCE = /^(env|file):(.+)$/s;
/** A private key with its certificates is smaller. */
const MAX_BYTES = 64 * 1024;

export const isReference = (text: string): boolean => REFERENCE.test(text);

/**
 * Every text of a secret that is a reference replaced by what it refers to. Only what the operator allows in
 * SECRET_REFERENCES: else whoever may enter credentials could send this machine's own secrets to a host of theirs.
 * Throws a user-fixable SyncError that names the reference.
 */
export function resolveReferences(secret: unknown): unknown {
  if (typeof secret === "string") return resolved(secret);
  if (Array.isArray(secret)) return secret.map(resolveReferences);
  if (typeof secret === "object" && secret !== null)
    return Object.fromEntries(
      Object.entries(secret).map(([key, value]) => [key, resolveReferences(value)]),
    );
  return secret;
}

function resolved(text: string): string {
  const [, kind, at] = REFERENCE.exec(text) ?? [];
  if (!kind || !at) return text;
  const value = kind === "env" ? variable(at) : file(at);
  if (value === "") throw unusable(text, "is empty");
  return value;
}

function variable(name: string): string {
  const reference = `env:${name}`;
  if (!allows(reference)) throw notAllowed(reference);
  const value = environmentVariable(name);
  if (value === undefined) throw unusable(reference, "isn't set");
  return value;
}

function file(path: string): string {
  const reference = `file:${path}`;
  if (!allows(reference)) throw notAllowed(reference);
  try {
    const real = realpathSync(path); // neither dots nor links lead out of what is allowed
    if (!allows(`file:${real}`)) throw notAllowed(reference);
    if (statSync(real).size > MAX_BYTES) throw unusable(reference, "is larger than 64 KB");
    return readFileSync(real, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw error instanceof SyncError ? error : unusable(reference, "can't be read", error);
  }
}

/** `*` at the end of a pattern stands for anything. */
const allows = (reference: string): boolean =>
  env().SECRET_REFERENCES.some((pattern) =>
    pattern.endsWith("*") ? reference.startsWith(pattern.slice(0, -1)) : reference === pattern,
  );

const notAllowed = (reference: string) =>
  new SyncError(
    `The reference ${reference} is not one that this Tidegate may read.`,
    "user-fixable",
    {
      remedy: `It reads ${env().SECRET_REFERENCES.join(", ") || "none"}. Whoever runs it allows others in the setting SECRET_REFERENCES.`,
    },
  );
const unusable = (reference: string, why: string, cause?: unknown) =>
  new SyncError(
    `The secret that ${reference} refers to ${why}.`,
    "user-fixable",
    { remedy: "It is read on the machines of Tidegate's web server and workers: each needs it." },
    { cause },
  );

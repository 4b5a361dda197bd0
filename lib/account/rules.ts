import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

/** Guesses, as a power of ten, that a password has to withstand. The lists' own words, also in capitals or with l33t signs, are far below. */
const MIN_GUESSES_LOG10 = 8;

let estimator: ZxcvbnFactory | undefined;

/**
 * What is wrong with a new password, beyond its length; null if nothing is. Judged by lists that come with a kept library,
 * so that no password leaves the machine. `context` are words that whoever guesses would try first.
 */
export function passwordProblem(
  password: string,
  context: { name: string; email: string },
): string | null {
  const plain = (text: string) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  const own = [
    "tidegate",
    ...[context.name, context.email].flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]),
  ]
    .map(plain)
    .filter((word) => word.length >= 3);
  const lower = plain(password);
  const rest = own
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, word) => text.replaceAll(word, ""), lower);
  if (rest !== lower && rest.replace(/[^\p{L}\p{N}]/gu, "").length < 6)
    return "This is your name, your e-mail address or the name of this product with little else. Choose words that have nothing to do with you.";
  estimator ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  const { guessesLog10 } = estimator.check(password, own);
  return guessesLog10 < MIN_GUESSES_LOG10
    ? "This password is among the first that are tried. Choose another: a few words that don’t belong together are easy to remember."
    : null;
}

/** Where to go after signing in: only to an invitation, never to another site. */
export const nextAfterSignIn = (next: unknown): string | null =>
  typeof next === "string" && /^\/invite\/[\w-]{10,200}$/.test(next) ? next : null;

/** “Firefox on Linux”, of what a browser calls itself; for people who look for the session they know. */
export function browserName(userAgent: string | null): string {
  const find = (names: readonly (readonly [RegExp, string])[]) =>
    names.find(([pattern]) => pattern.test(userAgent ?? ""))?.[1];
  const browser = find([
    [/Edg\//, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox\//, "Firefox"],
    [/Chrome\//, "Chrome"],
    [/Safari\//, "Safari"],
  ]);
  const system = find([
    [/Windows/, "Windows"],
    [/iPhone|iPad/, "iOS"],
    [/Mac OS X/, "macOS"],
    [/Android/, "Android"],
    [/Linux/, "Linux"],
  ]);
  if (!browser) return "An unknown browser";
  return system ? `${browser} on ${system}` : browser;
}

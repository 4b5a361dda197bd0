// What came back beside what had to come, as a sentence that a person can read.
import { startOf } from "@/lib/platform/foreign-text";

const SHOWN = 500;
const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN ? `${startOf(text, SHOWN)}… (${text.length} characters)` : text;
};

/** Throws unless both are the same JSON. */
export function same(what: string, came: unknown, expected: unknown): void {
  if (JSON.stringify(came) === JSON.stringify(expected)) return;
  throw new Error(`${what}: expected ${shown(expected)}, and got ${shown(came)}.`);
}

/** Throws unless it is true. */
export function holds(what: string, isTrue: boolean): void {
  if (!isTrue) throw new Error(`${what}: it isn't so.`);
}

/** The parts of an object that are expected; others may be there. */
export function has<T extends object>(what: string, came: T, expected: Partial<T>): void {
  const names = Object.keys(expected) as (keyof T)[];
  same(what, Object.fromEntries(names.map((name) => [name, came[name]])), expected);
}

/** The error that something ends with. Throws where it ends well. */
export async function failureOf(what: string, work: Promise<unknown>): Promise<unknown> {
  const ended = await work.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  if (ended === null) throw new Error(`${what}: it was accepted, and should have been refused.`);
  return ended.error;
}

/** Words and figures for people. Pure; the zone is the viewer's unless given. */

const number = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });

/** The text's beginning, and never half of an emoji. */
export const startOf = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");

export const count = (value: number): string => number.format(value);

/** 1,204 · 19,972 · 1.28 M */
export const rows = (value: number): string =>
  value < 100_000 ? number.format(value) : compact.format(value).replace(/([KMBT])$/, " $1");

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000)
    return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`;
}

const steps: [limitMs: number, unit: Intl.RelativeTimeFormatUnit, unitMs: number][] = [
  [60_000, "second", 1_000],
  [3_600_000, "minute", 60_000],
  [86_400_000, "hour", 3_600_000],
  [Infinity, "day", 86_400_000],
];
const relativeFormat = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

/** 4 min. ago · in 7 hr. */
export function relative(at: Date, now: Date): string {
  const ms = at.getTime() - now.getTime();
  const [, unit, unitMs] = steps.find(([limit]) => Math.abs(ms) < limit) ?? steps[3]!;
  return relativeFormat.format(Math.round(ms / unitMs), unit);
}

export const dateTime = (at: Date, timeZone?: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    day: "2-digit",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  })
    .format(at)
    .replaceAll(",", "");

/** 14:03:07 */
export const clock = (at: Date, timeZone?: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hour12: false,
  }).format(at);

export const utc = (at: Date): string => `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;

export function bytes(size: number): string {
  if (size < 1_000) return `${size} B`;
  if (size < 1_000_000) return `${(size / 1_000).toFixed(1)} kB`;
  return `${(size / 1_000_000).toFixed(1)} MB`;
}

/**
 * How a cell begins that a spreadsheet takes for a formula: also behind what a spreadsheet leaves out or splits a cell at (blanks, line breaks, invisible characters,
 * separators, quotes), and with the wide signs of Chinese and Japanese.
 */
const FORMULA = /^(?:[\t\r\n]|[\s\p{Cc}\p{Cf},;|"]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/u;

/**
 * A line of CSV (RFC 4180). A spreadsheet runs a cell that begins like a formula, whoever wrote it: an apostrophe in
 * front makes it text.
 */
export const csvLine = (cells: readonly (string | number | null)[]): string =>
  `${cells
    .map((cell) => {
      const text = String(cell ?? "");
      const safe = FORMULA.test(text) ? `'${text}` : text;
      return /[",;|\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(",")}\r\n`;

/** Singular or plural: plural(1, "row") → "1 row". */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

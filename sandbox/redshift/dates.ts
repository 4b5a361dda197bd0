// Dates and times as COPY reads them: one strict default format, a format string, or 'auto'.
import { LoadError } from "./records";

const badDate = (value: string): LoadError =>
  new LoadError(
    1205,
    value.length < 10
      ? "Invalid Date Format - length must be 10 or more"
      : "Invalid date format or value",
  );
const badTimestamp = (): LoadError =>
  new LoadError(1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]");
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  fraction: string;
  offset: string;
}

const pad = (value: number, width = 2): string => String(value).padStart(width, "0");

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const ofFebruary = leap ? 29 : 28;
  const ofOthers = [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= (month === 2 ? ofFebruary : ofOthers);
}

const isTime = (hour: number, minute: number, second: number): boolean =>
  hour < 24 && minute < 60 && second < 60;

const dateText = ({ year, month, day }: Parts): string =>
  `${pad(year, 4)}-${pad(month)}-${pad(day)}`;

function timestampText(parts: Parts, withZone: boolean): string {
  const { hour, minute, second, fraction, offset } = parts;
  const clock = `${pad(hour)}:${pad(minute)}:${pad(second)}${fraction ? `.${fraction.slice(0, 6)}` : ""}`;
  return `${dateText(parts)} ${clock}${withZone ? offset || "+00" : ""}`;
}

const clockForm = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:\s*([AaPp][Mm]))?`;
const zoneForm = String.raw`\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?`;
const strictDate = /^(\d{4})-(\d{2})-(\d{2})/;
const strictTimestamp = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?$/;
const strictTimestampTz =
  /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([+-]\d{2}(?::?\d{2})?)?$/;
const rest = `(?:[T ]\\s*${clockForm}${zoneForm})?$`;
const autoForms: { form: RegExp; order: DateOrder }[] = [
  { form: new RegExp(`^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})${rest}`), order: "ymd" },
  { form: new RegExp(`^(\\d{4})(\\d{2})(\\d{2})${rest}`), order: "ymd" },
  { form: new RegExp(`^(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4})${rest}`), order: "mdy" },
  { form: new RegExp(`^([A-Za-z]{3,9})[- ](\\d{1,2}),?[- ](\\d{4})${rest}`), order: "mon" },
  { form: new RegExp(`^(\\d{1,2})[- ]([A-Za-z]{3,9})[- ](\\d{4})${rest}`), order: "dmon" },
];

function monthNumber(name: string): number {
  return months.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

type DateOrder = "ymd" | "mdy" | "dmy" | "mon" | "dmon";

/** Year, month and day of a date's three parts. */
function inOrder(
  order: DateOrder,
  a: string,
  b: string,
  c: string,
): [year: string, month: number, day: string] {
  switch (order) {
    case "ymd":
      return [a, Number(b), c];
    case "mdy":
      return [c, Number(a), b];
    case "mon":
      return [c, monthNumber(a), b];
    case "dmon":
      return [c, monthNumber(b), a];
    case "dmy":
      return [c, Number(b), a];
  }
}

/** What AM or PM adds to an hour of the twelve-hour clock. */
function hoursOfHalf(half: string, hour: string): number {
  if (half === "pm" && Number(hour) < 12) return 12;
  return half === "am" && hour === "12" ? -12 : 0;
}

function automatic(value: string): Parts | undefined {
  for (const { form, order } of autoForms) {
    const match = form.exec(value.trim());
    if (!match) continue;
    const [
      ,
      a = "",
      b = "",
      c = "",
      hour = "0",
      minute = "0",
      second = "0",
      fraction = "",
      half = "",
      zone = "",
    ] = match;
    const [year, month, day] = inOrder(order, a, b, c);
    const shift = hoursOfHalf(half.toLowerCase(), hour);
    const parts: Parts = {
      year: Number(year),
      month,
      day: Number(day),
      hour: Number(hour) + shift,
      minute: Number(minute),
      second: Number(second),
      fraction,
      offset: /^[+-]/.test(zone) ? zone : "",
    };
    return isDay(parts.year, parts.month, parts.day) &&
      isTime(parts.hour, parts.minute, parts.second)
      ? parts
      : undefined;
  }
  return undefined;
}

const fields: [
  token: string,
  name: keyof Parts | "meridiem" | "monthName" | "shortYear",
  form: string,
][] = [
  ["YYYY", "year", "(\\d{4})"],
  ["YY", "shortYear", "(\\d{2})"],
  ["MONTH", "monthName", "([A-Za-z]{3,9})"],
  ["MON", "monthName", "([A-Za-z]{3})"],
  ["MM", "month", "(\\d{1,2})"],
  ["DD", "day", "(\\d{1,2})"],
  ["HH24", "hour", "(\\d{1,2})"],
  ["HH12", "hour", "(\\d{1,2})"],
  ["HH", "hour", "(\\d{1,2})"],
  ["MI", "minute", "(\\d{1,2})"],
  ["SS", "second", "(\\d{1,2})"],
  ["AM", "meridiem", "([AaPp][Mm])"],
  ["PM", "meridiem", "([AaPp][Mm])"],
];
const compiled = new Map<string, { form: RegExp; names: string[] }>();

function compile(format: string): { form: RegExp; names: string[] } {
  const known = compiled.get(format);
  if (known) return known;
  const names: string[] = [];
  let pattern = "";
  for (let at = 0; at < format.length;) {
    const field = fields.find(
      ([token]) => format.startsWith(token, at) || format.startsWith(token.toLowerCase(), at),
    );
    if (field) {
      names.push(field[1]);
      pattern += field[2];
      at += field[0].length;
    } else {
      pattern += (format[at] ?? "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      at++;
    }
  }
  const made = { form: new RegExp(`^${pattern}(?:\\.(\\d+))?`), names };
  compiled.set(format, made);
  return made;
}

function byFormat(value: string, format: string): Parts | undefined {
  const { form, names } = compile(format);
  const match = form.exec(value);
  if (!match) return undefined;
  const parts: Parts = {
    year: 0,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    fraction: match[names.length + 1] ?? "",
    offset: "",
  };
  let afternoon: boolean | undefined;
  names.forEach((name, at) => {
    const text = match[at + 1] ?? "";
    if (name === "monthName") parts.month = monthNumber(text);
    else if (name === "shortYear") parts.year = Number(text) + (Number(text) < 70 ? 2000 : 1900);
    else if (name === "meridiem") afternoon = text.toLowerCase() === "pm";
    else if (
      name === "year" ||
      name === "month" ||
      name === "day" ||
      name === "hour" ||
      name === "minute" ||
      name === "second"
    )
      parts[name] = Number(text);
  });
  if (afternoon === true && parts.hour < 12) parts.hour += 12;
  if (afternoon === false && parts.hour === 12) parts.hour = 0;
  return isDay(parts.year, parts.month, parts.day) && isTime(parts.hour, parts.minute, parts.second)
    ? parts
    : undefined;
}

export function parseDate(value: string, format: string | undefined): string {
  if (format === undefined) {
    const match = strictDate.exec(value);
    if (!match || !isDay(Number(match[1]), Number(match[2]), Number(match[3])))
      throw badDate(value);
    return match[0];
  }
  const parts = format === "auto" ? automatic(value) : byFormat(value, format);
  if (!parts) throw badDate(value);
  return dateText(parts);
}

export function parseTimestamp(
  value: string,
  format: string | undefined,
  withZone: boolean,
): string {
  if (format === undefined) {
    const match = (withZone ? strictTimestampTz : strictTimestamp).exec(value);
    if (!match) throw badTimestamp();
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
      .slice(1, 7)
      .map(Number);
    if (!isDay(year, month, day) || !isTime(hour, minute, second)) throw badTimestamp();
    return timestampText(
      { year, month, day, hour, minute, second, fraction: match[7] ?? "", offset: match[8] ?? "" },
      withZone,
    );
  }
  if (format === "epochsecs" || format === "epochmillisecs") {
    const number = Number(value);
    if (!/^-?\d+(\.\d+)?$/.test(value.trim()) || Math.abs(number) > 8.64e15) throw badTimestamp();
    const instant = new Date(format === "epochsecs" ? number * 1000 : number);
    if (Number.isNaN(instant.getTime())) throw badTimestamp();
    return instant
      .toISOString()
      .replace("T", " ")
      .replace("Z", withZone ? "+00" : "");
  }
  const parts = format === "auto" ? automatic(value) : byFormat(value, format);
  if (!parts) throw badTimestamp();
  return timestampText(parts, withZone);
}

export function parseTime(value: string, withZone: boolean): string {
  const match = new RegExp(`^${clockForm}${withZone ? zoneForm : ""}$`).exec(value.trim());
  if (!match || !isTime(Number(match[1]), Number(match[2]), Number(match[3] ?? 0)))
    throw new LoadError(1206, "Invalid time format or value [HH24:MI:SS]");
  return value.trim();
}

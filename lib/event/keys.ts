// Bulk changes of trait keys. Pure; each takes a mapping and gives another, so that undoing is keeping the old one.
import { z } from "zod";
import { mappingSchema, type Mapping } from "./mapping";

/** The words of a key's part: split at anything that is no letter or digit, and where lower case meets upper. */
const wordsOf = (part: string): string[] =>
  part
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const camel = (part: string): string =>
  wordsOf(part.toLowerCase() === part || part.toUpperCase() === part ? part.toLowerCase() : part)
    .map((word, at) => (at === 0 ? word.toLowerCase() : capital(word.toLowerCase())))
    .join("");
const snake = (part: string): string => wordsOf(part).join("_").toLowerCase();

/** Each part between dots by itself; one that would lose all its characters stays. */
const eachPart = (key: string, change: (part: string) => string): string =>
  key
    .split(".")
    .map((part) => change(part) || part)
    .join(".");
const eachKey = (mapping: Mapping, change: (key: string) => string): Mapping => ({
  ...mapping,
  columns: mapping.columns.map(({ column, traitKey }) => ({ column, traitKey: change(traitKey) })),
});

/** first_name → firstName */
export const toCamelCase = (mapping: Mapping): Mapping =>
  eachKey(mapping, (key) => eachPart(key, camel));

/** FirstName → first_name */
export const toSnakeCase = (mapping: Mapping): Mapping =>
  eachKey(mapping, (key) => eachPart(key, snake));

/** Takes `prefix` off the keys that begin with it and have more than it. */
export const stripPrefix = (mapping: Mapping, prefix: string): Mapping =>
  eachKey(mapping, (key) =>
    prefix !== "" && key.startsWith(prefix) && key.length > prefix.length
      ? key.slice(prefix.length)
      : key,
  );

/** Nests every key under `group`: city → address.city */
export const groupUnder = (mapping: Mapping, group: string): Mapping =>
  eachKey(mapping, (key) => (group.trim() === "" ? key : `${group.trim()}.${key}`));

const fileSchema = z.object({ tidegateMapping: z.literal(1), mapping: mappingSchema });

/** The mapping as a file to keep or review. */
export const exportMapping = (mapping: Mapping): string =>
  `${JSON.stringify({ tidegateMapping: 1, mapping }, null, 2)}\n`;

/** What such a file says of the columns that this table has; null when it is no such file. `missing` are those it has not. */
export function importMapping(
  text: string,
  columns: readonly { name: string }[],
  current: Mapping,
): { mapping: Mapping; missing: string[] } | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  const file = fileSchema.safeParse(parsed);
  if (!file.success) return null;
  const has = (name: string) => columns.some((column) => column.name === name);
  const { mapping } = file.data;
  const known = mapping.columns.filter(({ column }) => has(column));
  // in the order of the table, as the page shows them
  const ordered = columns.flatMap(({ name }) => known.filter(({ column }) => column === name));
  const identifier = (name: string | null, before: string | null) =>
    name !== null && has(name) ? name : before;
  return {
    mapping: {
      columns: ordered,
      userId: identifier(mapping.userId, current.userId),
      anonymousId: identifier(mapping.anonymousId, current.anonymousId),
    },
    missing: mapping.columns.filter(({ column }) => !has(column)).map(({ column }) => column),
  };
}

const PERSONAL =
  /(^|[^a-z])(e?mails?|mail_address|phones?|mobile|tel|fax|(first|last|full|middle|given|family|sur|maiden)_?names?|name|address(es)?|street|zip|post(al)?_?code|birth\w*|dob|gender|sex|ssn|passport|national_id|tax_id|iban|card\w*|ip|ip_address|latitude|longitude|lat|lng)([^a-z]|$)/;

/** Whether a column's name looks like personal data: its values are covered until one asks to see them. */
export const looksPersonal = (column: string): boolean => PERSONAL.test(snake(column));

// Text that somebody else wrote: a receiver, a warehouse, S3, an SSH server, a sign-in provider, the clipboard. It may
// hold what PostgreSQL stores neither as text nor as JSON (U+0000, half of a surrogate pair), and be of any length.

/** Enough for any sentence or list of reasons that a person reads. */
const MOST = 10_000;

/** Control characters of ASCII but tab and line ends have pictures; those of Latin-1 have none. */
const picture = (control: string): string => {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "␡" : "\uFFFD";
};

/** The text's beginning: never half of a surrogate pair. */
export const startOf = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");

/** A foreign text as it can be kept and shown: well-formed, its control characters made visible, and bounded. */
export function foreignText(text: string, most = MOST): string {
  const visible = text.toWellFormed().replaceAll(/(?![\t\n\r])\p{Cc}/gu, picture);
  return visible.length <= most ? visible : `${startOf(visible, most - 1)}…`;
}

/** Whether the config database and JSON can hold the text. */
export const isStorable = (text: string): boolean => !text.includes("\0") && text.isWellFormed();

/** Where in what somebody entered a text is that can't be stored: the path of its field, or undefined. */
export function unstorableAt(value: unknown, path = ""): string | undefined {
  if (typeof value === "string") return isStorable(value) ? undefined : path;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, item] of Object.entries(value)) {
    const at = unstorableAt(item, path === "" ? name : `${path}.${name}`);
    if (at !== undefined) return at;
  }
  return undefined;
}

const storableText = (text: string): string =>
  isStorable(text) ? text : text.toWellFormed().replaceAll("\0", "␀");

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** A value with every text in it storable, names of properties too; the same one where nothing has to change. */
export function storable<T>(value: T): T;
export function storable(value: unknown): unknown {
  if (typeof value === "string") return storableText(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item: unknown) => storable(item));
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  if (!isPlain(value)) return value; // dates, bytes, and the database client's own
  const entries = Object.entries(value).map(([name, item]: [string, unknown]) => ({
    before: [name, item],
    after: [storableText(name), storable(item)] as const,
  }));
  return entries.some(({ before, after }) => before[0] !== after[0] || before[1] !== after[1])
    ? Object.fromEntries(entries.map(({ after }) => after))
    : value;
}

/** Blanks and marks that nobody sees: pasted from a page or a document, they are never meant. */
const INVISIBLE =
  /[\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]/g;

const codeOf = (character: string): string =>
  `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** The text with something else for each invisible character, made from its code, such as U+200B. */
export const withInvisible = (text: string, as: (code: string) => string): string =>
  text.replaceAll(INVISIBLE, (character) => as(codeOf(character)));

/** The codes of the invisible characters in a text, each once. */
export const invisibleCharacters = (text: string): string[] => [
  ...new Set([...text.matchAll(INVISIBLE)].map(([character]) => codeOf(character))),
];

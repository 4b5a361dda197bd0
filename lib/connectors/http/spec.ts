// What every HTTP receiver's form has: an address, and what a header can carry. Isomorphic.
import { z } from "zod";
import { invisibleCharacters, withInvisible } from "@/lib/platform/foreign-text";

/** Why the text can't be meant: the invisible character in it, by its code; or undefined. */
function invisibleIn(text: string): string | undefined {
  const [code] = invisibleCharacters(text);
  if (!code) return undefined;
  const at = withInvisible(text, () => "\0").indexOf("\0");
  return `Character ${at + 1} can't be seen (${code}): delete it, or type the text instead of pasting it.`;
}

/** A text without invisible characters. */
export const visible = (text: z.ZodString) =>
  text.superRefine((value, context) => {
    const message = invisibleIn(value);
    if (message) context.addIssue({ code: "custom", message });
  });

/** The address of a receiver. `empty` and `login` are said when there is none, or one with a user in it. */
export const httpUrl = (empty: string, login: string) =>
  visible(z.string().trim().min(1, empty).max(2048))
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      "Enter a whole address that begins with https:// (or http://).",
    )
    .refine(
      (text) =>
        !URL.canParse(text) || (new URL(text).username === "" && new URL(text).password === ""),
      login,
    );

/** Headers that say how a request travels, or what Tidegate sends: none of them can prove who calls. */
const OWNED = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The name of a header of one's own; empty: none. */
export const headerName = visible(z.string().trim().max(128))
  .refine(
    (name) => name === "" || /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name),
    "A header name has letters, digits and dashes only.",
  )
  .refine((name) => !OWNED.has(name.toLowerCase()), {
    message: "This header is set by Tidegate itself. Take one of your own, such as X-Api-Key.",
  });

/** What HTTP carries in a header: one line of Latin-1 (RFC 9110, 5.5). */
export const headerValue = visible(
  z
    .string()
    .max(4096)
    .regex(/^[^\r\n]*$/, "A header value is one line."),
).superRefine((value, context) => {
  const at = /[^\t\u0020-\u007e\u00a0-\u00ff]/u.exec(value);
  if (at)
    context.addIssue({
      code: "custom",
      message: `A header can't carry character ${at.index + 1} (${nameOf(at[0])}): it holds letters, digits and signs of Latin-1 only.`,
    });
});

const nameOf = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return code < 0xa0 ? hex : `“${character.toWellFormed()}”, ${hex}`;
};

// The key of rows that are identified by several columns.
import { z } from "zod";

const parts = z.array(z.string());

/**
 * The values of a key of several columns: a JSON array of texts that the warehouse makes by concatenation. It escapes
 * quotes, backslashes, line breaks and tabs; other control characters come bare, which JSON doesn't allow.
 */
export function keyValues(key: string): string[] {
  const json = key.replace(
    /[\u0000-\u001f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return parts.parse(JSON.parse(json));
}

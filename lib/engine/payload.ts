import type { ColumnInfo } from "@/lib/connectors/contract/catalog";

/** A rejected row keeps what was to be sent; of what is larger, its beginning. */
const MAX_BYTES = 64 * 1024;

/** JSON text of an event, or of a row that has none. It is cut where it has fewer bytes than `bytes`. */
export type Payload = { text: string; bytes: number };

export function payloadOf(json: Uint8Array): Payload {
  const text = Buffer.from(json.subarray(0, MAX_BYTES)).toString("utf8");
  return { text: json.length > MAX_BYTES ? text.replace(/\uFFFD$/, "") : text, bytes: json.length }; // a letter may have been cut in two
}

/** The values of a row that has no event, by column, as the warehouse wrote them. */
export const payloadOfRow = (
  columns: readonly ColumnInfo[],
  value: (index: number) => string | null,
): Payload =>
  payloadOf(
    Buffer.from(
      JSON.stringify(Object.fromEntries(columns.map(({ name }, index) => [name, value(index)]))),
    ),
  );

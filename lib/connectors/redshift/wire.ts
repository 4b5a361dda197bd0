// Rows off the wire as bytes. pg makes a string of every value; for a page of a sync that is most of the work.
import type { RowPage } from "@/lib/connectors/contract";
import type { LoginConnection } from "./login";

const DATA_ROW = 68; // D
const HEADER = 5; // a byte for the kind of message, an int32 for its length, which counts itself

/**
 * Stands between a socket and pg's parser. While a page is being read it keeps the rows (DataRow messages) and lets
 * the parser see all others, each whole; else everything goes through as it came.
 */
export type RowTap = {
  /** Rows are kept from here on, until `take`. Only while no statement is running. */
  keep(): void;
  /** The rows kept since; from here on they go to the parser again. */
  take(): RowPage;
  /** A chunk from the socket, and who gets what is not kept. */
  pass(chunk: Buffer, parser: (bytes: Buffer) => void): void;
};

/** Puts a tap between a connection's socket and its parser. Before the connection is opened. */
export function tapRows(connection: LoginConnection): RowTap {
  const tap = openRowTap();
  const attach = connection.attachListeners.bind(connection);
  connection.attachListeners = (stream) =>
    attach({
      on: (event, listener) => stream.on(event, event === "data" ? (chunk: Buffer) => tap.pass(chunk, listener) : listener),
      write: (bytes) => stream.write(bytes),
      destroy: (error) => stream.destroy(error),
    });
  return tap;
}

export function openRowTap(): RowTap {
  let page: RowPage | undefined;
  /** The beginning of a message, and how long it must get before there is something to do. */
  let parts: Buffer[] = [];
  let have = 0;
  let need = 0;

  const split = (chunk: Buffer, kept: RowPage, parser: (bytes: Buffer) => void) => {
    parts.push(chunk);
    have += chunk.length;
    if (have < need) return;
    const bytes = parts.length === 1 ? chunk : Buffer.concat(parts);
    parts = [];
    const at: number[] = [];
    let p = 0;
    /** Where the messages begin that the parser has not seen yet. */
    let others = 0;
    need = HEADER;
    while (p + HEADER <= bytes.length) {
      const end = p + 1 + bytes.readInt32BE(p + 1);
      if (end > bytes.length) {
        need = end - p;
        break;
      }
      if (bytes[p] === DATA_ROW) {
        if (others < p) parser(bytes.subarray(others, p));
        at.push(p + HEADER);
        others = end;
      }
      p = end;
    }
    if (others < p) parser(bytes.subarray(others, p));
    have = bytes.length - p;
    if (have > 0) parts.push(bytes.subarray(p));
    else need = 0;
    if (at.length > 0) kept.chunks.push({ bytes, at });
    kept.rows += at.length;
  };

  return {
    keep: () => {
      page = { rows: 0, chunks: [] };
    },
    take: () => {
      const taken = page ?? { rows: 0, chunks: [] };
      page = undefined;
      return taken;
    },
    pass: (chunk, parser) => {
      if (page) return split(chunk, page, parser);
      for (const part of parts) parser(part);
      parts = [];
      have = 0;
      need = 0;
      parser(chunk);
    },
  };
}

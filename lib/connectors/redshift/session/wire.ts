// Rows off the wire as bytes. pg makes a string of every value; for a page of a sync that is most of the work.
import type { RowPage } from "@/lib/connectors/contract/changes";
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
      on: (event, listener) =>
        stream.on(
          event,
          event === "data" ? (chunk: Buffer) => tap.pass(chunk, listener) : listener,
        ),
      write: (bytes) => stream.write(bytes),
      destroy: (error) => stream.destroy(error),
    });
  return tap;
}

export function openRowTap(): RowTap {
  let page: RowPage | undefined;
  /** The beginning of a message that goes on in the next chunk, and how many bytes it needs: at first those that say how long it is. */
  let parts: Buffer[] = [];
  let have = 0;
  let need = HEADER;

  const keepRows = (bytes: Buffer, at: number[], kept: RowPage) => {
    if (at.length > 0) kept.chunks.push({ bytes, at });
    kept.rows += at.length;
  };

  /** Ends the message that chunks before have begun; gives where the next begins. Only it is copied, not the chunk. */
  const endStarted = (chunk: Buffer, kept: RowPage, parser: (bytes: Buffer) => void): number => {
    let from = 0;
    while (have > 0) {
      const taken = chunk.subarray(from, from + need - have);
      parts.push(taken);
      have += taken.length;
      from += taken.length;
      if (have < need) break;
      const message = Buffer.concat(parts, have);
      const size = 1 + message.readInt32BE(1);
      if (size > have) {
        parts = [message];
        need = size;
        continue;
      }
      parts = [];
      have = 0;
      need = HEADER;
      if (message[0] === DATA_ROW) keepRows(message, [HEADER], kept);
      else parser(message);
    }
    return from;
  };

  const split = (chunk: Buffer, kept: RowPage, parser: (bytes: Buffer) => void) => {
    let p = endStarted(chunk, kept, parser);
    const at: number[] = [];
    /** Where the messages begin that the parser has not seen yet. */
    let others = p;
    while (p + HEADER <= chunk.length) {
      const end = p + 1 + chunk.readInt32BE(p + 1);
      if (end > chunk.length) {
        need = end - p;
        break;
      }
      if (chunk[p] === DATA_ROW) {
        if (others < p) parser(chunk.subarray(others, p));
        at.push(p + HEADER);
        others = end;
      }
      p = end;
    }
    if (others < p) parser(chunk.subarray(others, p));
    have += chunk.length - p;
    if (p < chunk.length) parts.push(chunk.subarray(p));
    keepRows(chunk, at, kept);
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
      need = HEADER;
      parser(chunk);
    },
  };
}

// The proxy's side towards PostgreSQL: who waits for which answer. Answers come in the order of the
// questions, so one queue of expectations says to whom each message belongs: to the client, to nobody
// (something the sandbox slipped in), or to the sandbox itself.
import type { Socket } from "node:net";
import { RedshiftError } from "./errors";
import {
  fieldsMessage,
  query,
  readFields,
  readRow,
  Walker,
  type Fields,
  type Message,
} from "./wire";

export interface Expectation {
  /** Letters of the messages that end it. */
  until: string;
  /** Keep its answers (but for errors) from the client. */
  muted?: boolean;
  /** Keep its errors from the client too. */
  mutedErrors?: boolean;
  /** Shown instead of PostgreSQL's own error. */
  replaceError?: RedshiftError;
  /** Shown instead of PostgreSQL's own command tag. */
  tag?: (own: string) => string;
  onMessage?: (message: Message) => void;
  onSettled?: (how: Settled) => void;
}

export type Settled = { ended: string } | { failed: Fields } | { skipped: true };

export interface Listener {
  /** Bytes for the client. */
  forward(bytes: Buffer): void;
  /** A message the session wants to look at first; returns what the client gets, or nothing. */
  inspect(message: Message): Buffer | undefined;
  /** An error or a notice of PostgreSQL's in Redshift's words. */
  translate(fields: Fields): Fields;
  /** The text of an error with the names the client knows. */
  expand(text: string): string;
  /** ReadyForQuery: transaction state I, T or E. */
  ready(state: string): void;
}

export class Backend {
  private expected: Expectation[] = [];
  private emptied: (() => void)[] = [];
  private walker: Walker;
  /** After an error in the extended protocol PostgreSQL ignores everything up to Sync. */
  skipping = false;

  constructor(
    private readonly socket: Socket,
    private readonly listener: Listener,
  ) {
    this.walker = new Walker(
      (bytes) => this.listener.forward(bytes),
      (message) => this.handle(message),
      () => !this.expected[0]?.muted,
    );
    socket.on("data", (chunk: Buffer) => this.walker.push(chunk));
  }

  /** Sends bytes and registers who waits for the answer. */
  send(bytes: Buffer, expectation?: Expectation): boolean {
    if (expectation) {
      if (this.skipping && expectation.until !== "Z") expectation.onSettled?.({ skipped: true });
      else this.expected.push(expectation);
    }
    return this.socket.write(bytes);
  }

  /** Resolves when everything sent so far was answered (needs a Flush or Sync before). */
  drained(): Promise<void> {
    if (this.expected.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.emptied.push(resolve));
  }

  /** Runs one simple query to its end. Its ReadyForQuery is not forwarded. */
  run(
    sql: string,
    expectation: Omit<Expectation, "until" | "onSettled"> = {},
  ): Promise<Fields | undefined> {
    return new Promise((resolve) => {
      let failure: Fields | undefined;
      this.send(query(sql), {
        ...expectation,
        until: "Z",
        onMessage: (message) => {
          if (message.type === "E")
            failure =
              expectation.replaceError?.fields() ??
              this.listener.translate(readFields(message.bytes));
          expectation.onMessage?.(message);
        },
        onSettled: () => resolve(failure),
      });
    });
  }

  /** Rows of a query the sandbox asks for itself; its error becomes the statement's. */
  async rows(sql: string): Promise<(string | null)[][]> {
    const rows: (string | null)[][] = [];
    const failure = await this.run(sql, {
      muted: true,
      mutedErrors: true,
      onMessage: (message) => {
        if (message.type === "D") rows.push(readRow(message.bytes));
      },
    });
    if (failure)
      throw new RedshiftError(
        failure["C"] ?? "XX000",
        failure["M"] ?? "",
        failure["D"] ? { detail: failure["D"] } : {},
      );
    return rows;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Writes with back-pressure. */
  async write(bytes: Buffer): Promise<void> {
    if (this.socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.socket.off("drain", go);
        this.socket.off("close", go);
        resolve();
      };
      this.socket.on("drain", go);
      this.socket.on("close", go);
    });
  }

  private handle(message: Message): void {
    const head = this.expected[0];
    if (message.type === "S" || message.type === "A") {
      const shown = this.listener.inspect(message);
      if (shown) this.listener.forward(shown);
      return;
    }
    head?.onMessage?.(message);
    if (message.type === "E") return this.failed(message, head);
    if (message.type === "N") {
      if (!head?.muted)
        this.listener.forward(
          fieldsMessage("N", this.listener.translate(readFields(message.bytes))),
        );
      return;
    }
    const ends = head?.until.includes(message.type) ?? false;
    if (message.type === "Z") {
      this.skipping = false;
      this.listener.ready(String.fromCharCode(message.bytes[5] ?? 0x49));
    }
    if (head?.muted !== true && !(message.type === "Z" && head?.onSettled)) {
      let bytes = this.listener.inspect(message);
      if (message.type === "C" && head?.tag) {
        const own = message.bytes.toString("latin1", 5, message.bytes.length - 1);
        bytes = commandComplete(head.tag(own));
      }
      if (bytes) this.listener.forward(bytes);
    }
    if (ends) this.settle({ ended: message.type });
  }

  private failed(message: Message, head: Expectation | undefined): void {
    const fields =
      head?.replaceError?.fields() ?? this.listener.translate(readFields(message.bytes));
    fields["M"] = this.listener.expand(fields["M"] ?? "");
    if (!head?.mutedErrors) this.listener.forward(fieldsMessage("E", fields));
    if (!head || head.until === "Z") return; // simple protocol: ReadyForQuery follows
    this.skipping = true;
    this.settle({ failed: fields });
    while (this.expected[0] && this.expected[0].until !== "Z") this.settle({ skipped: true });
  }

  private settle(how: Settled): void {
    const head = this.expected.shift();
    head?.onSettled?.(how);
    if (this.expected.length === 0) for (const resolve of this.emptied.splice(0)) resolve();
  }
}

export function commandComplete(tag: string): Buffer {
  const text = Buffer.from(`${tag}\0`, "latin1");
  const head = Buffer.alloc(5);
  head.write("C", "latin1");
  head.writeInt32BE(4 + text.length, 1);
  return Buffer.concat([head, text]);
}

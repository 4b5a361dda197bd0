// Names of up to 127 bytes on a PostgreSQL that keeps 63: a longer name is stored as its first bytes
// and a hash, and shown in full again in result headers and in the catalogue views.
import { createHash } from "node:crypto";
import { cstring, int16, message, readCstring } from "./wire";

const redshiftBytes = 127;
const postgresBytes = 63;

/** The longest beginning of the text that has at most so many bytes. */
function cutBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text, "utf8");
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.toString("utf8", 0, end);
}

export class LongNames {
  private readonly byShort = new Map<string, string>();
  private pending: Promise<void> = Promise.resolve();

  constructor(
    known: Iterable<[short: string, full: string]>,
    private readonly store: (short: string, full: string) => Promise<void>,
  ) {
    for (const [short, full] of known) this.byShort.set(short, full);
  }

  /** What PostgreSQL is to call it. Redshift cuts at 127 bytes without complaint. */
  short(name: string): string {
    if (name.length <= 21 || Buffer.byteLength(name) <= postgresBytes) return name;
    const full = cutBytes(name, redshiftBytes);
    const short = `${cutBytes(full, postgresBytes - 17)}~${createHash("sha256").update(full).digest("hex").slice(0, 16)}`;
    if (!this.byShort.has(short)) {
      this.byShort.set(short, full);
      this.pending = this.pending.then(() => this.store(short, full));
    }
    return short;
  }

  full(short: string): string {
    return this.byShort.get(short) ?? short;
  }

  /** A message of PostgreSQL's with the full names in it. */
  expand(text: string): string {
    if (!/~[0-9a-f]{16}/.test(text)) return text;
    let expanded = text;
    for (const [short, full] of this.byShort) expanded = expanded.replaceAll(short, () => full);
    return expanded;
  }

  /** Resolves when the catalogue knows every name given out. */
  stored(): Promise<void> {
    return this.pending;
  }

  /** A RowDescription with full names and Redshift's type numbers. */
  static describe(bytes: Buffer, names: LongNames, types: TypeNumbers): Buffer {
    const columns = bytes.readInt16BE(5);
    const parts: Buffer[] = [int16(columns)];
    let at = 7;
    for (let column = 0; column < columns; column++) {
      const { text, next } = readCstring(bytes, at);
      const rest = Buffer.from(bytes.subarray(next, next + 18));
      rest.writeInt32BE(types.toRedshift(rest.readInt32BE(6)), 6);
      parts.push(cstring(names.full(text)), rest);
      at = next + 18;
    }
    return message("T", ...parts);
  }
}

const typeNames: Record<number, string> = {
  16: "boolean",
  20: "bigint",
  21: "smallint",
  23: "integer",
  700: "real",
  701: "double precision",
  1042: "character",
  1082: "date",
  1083: "time without time zone",
  1114: "timestamp without time zone",
  1184: "timestamp with time zone",
  1266: "time with time zone",
  1700: "numeric",
  3000: "geometry",
  3001: "geography",
  4000: "super",
  6551: "binary varying",
};

/** Redshift's own numbers of types that are created ones here (Oid.java of aws/amazon-redshift-jdbc-driver). */
const redshiftNumbers: Record<string, number> = {
  super: 4000,
  varbyte: 6551,
  geometry: 3000,
  geography: 3001,
  hllsketch: 2935,
};

/** SUPER and its like have fixed numbers on Redshift; here they are created types. */
export class TypeNumbers {
  private readonly pairs: [postgres: number, redshift: number][];

  constructor(types: ReadonlyMap<string, number>) {
    this.pairs = [...types].map(([name, oid]) => [oid, redshiftNumbers[name] ?? oid]);
  }

  toRedshift(oid: number): number {
    return this.pairs.find(([postgres]) => postgres === oid)?.[1] ?? oid;
  }

  /** Redshift's name of a type, for an UNLOAD manifest. */
  name(oid: number): string {
    return typeNames[oid] ?? "character varying";
  }

  /** The parameter types of a Parse message. */
  toPostgres(parameters: Buffer): Buffer {
    const mapped = Buffer.from(parameters);
    for (let at = 2; at + 4 <= mapped.length; at += 4) {
      const pair = this.pairs.find(([, redshift]) => redshift === mapped.readInt32BE(at));
      if (pair) mapped.writeInt32BE(pair[0], at);
    }
    return mapped;
  }
}

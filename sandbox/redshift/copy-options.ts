// COPY's grammar: AWS's pages "COPY parameter reference", option by option.
import { RedshiftError, syntaxError, unsupported } from "./errors";
import { literalValue, type Token } from "./lexer";
import { columnList } from "./create-table";
import { qualifiedName, type RewriteContext } from "./rewrite";

export type Credentials =
  { role: string } | { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

export interface S3Path {
  bucket: string;
  key: string;
}

export interface CopyOptions {
  /** Quoted for PostgreSQL. */
  table: string;
  /** For messages. */
  tableName: string;
  columns: string[] | undefined;
  source: S3Path;
  url: string;
  credentials: Credentials;
  region: string | undefined;
  manifest: boolean;
  format: "text" | "csv" | "fixedwidth" | "json";
  compression: "gzip" | "zstd" | undefined;
  delimiter: string;
  quote: string;
  widths: number[];
  /** 'auto', 'auto ignorecase', 'noshred' or the path of a JSONPaths file. */
  json: string;
  nullAs: string;
  ignoreHeader: number;
  dateFormat: string | undefined;
  timeFormat: string | undefined;
  encoding: "utf8" | "utf16" | "utf16le" | "utf16be";
  replacement: string | undefined;
  maxError: number;
  acceptAnyDate: boolean;
  blanksAsNull: boolean;
  emptyAsNull: boolean;
  escape: boolean;
  explicitIds: boolean;
  fillRecord: boolean;
  ignoreBlankLines: boolean;
  removeQuotes: boolean;
  roundDecimals: boolean;
  trimBlanks: boolean;
  truncateColumns: boolean;
  noLoad: boolean;
}

/** `s3://bucket/key` */
export function s3Path(url: string): S3Path {
  const match = /^s3:\/\/([^/]+)\/(.*)$/s.exec(url);
  if (!match)
    throw new RedshiftError(
      "42601",
      `Invalid S3 path: '${url}' must have the form s3://bucket/key`,
    );
  return { bucket: match[1] ?? "", key: match[2] ?? "" };
}

/** Reads tokens one after the other; COPY and UNLOAD share it. */
export class OptionReader {
  private readonly seen = new Set<string>();
  private readonly keys = new Map<string, string>();
  private role: string | undefined;

  constructor(
    readonly all: Token[],
    public at: number,
  ) {}

  get word(): string {
    return this.all[this.at]?.up ?? "";
  }

  /** Steps over the word if it stands here. */
  takes(word: string): boolean {
    if (this.word !== word) return false;
    this.at++;
    return true;
  }

  fail(): RedshiftError {
    return syntaxError(this.all[this.at]?.raw ?? "");
  }

  once(option: string): void {
    if (this.seen.has(option))
      throw new RedshiftError("42601", `conflicting or redundant options: ${option}`);
    this.seen.add(option);
  }

  has(option: string): boolean {
    return this.seen.has(option);
  }

  /** [AS] 'text' */
  text(): string {
    if (this.word === "AS") this.at++;
    const token = this.all[this.at];
    if (token?.kind !== "string") throw this.fail();
    this.at++;
    return literalValue(token);
  }

  number(): number {
    if (this.word === "AS") this.at++;
    const token = this.all[this.at];
    if (token?.kind !== "number") throw this.fail();
    this.at++;
    return Number(token.raw);
  }

  /** [ON | OFF | TRUE | FALSE], on when left out. */
  flag(also: string[] = []): boolean {
    const value = this.word;
    if (!["ON", "OFF", "TRUE", "FALSE", ...also].includes(value)) return true;
    this.at++;
    return value !== "OFF" && value !== "FALSE";
  }

  /** Takes an authorization clause when one stands here. */
  authorization(): boolean {
    const word = this.word === "WITH" ? (this.all[this.at + 1]?.up ?? "") : this.word;
    if (
      !["IAM_ROLE", "CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"].includes(
        word,
      )
    )
      return false;
    this.at += this.word === "WITH" ? 2 : 1;
    this.once(word);
    if (word === "IAM_ROLE") {
      if (this.word === "DEFAULT") {
        this.at++;
        this.role = "default";
      } else this.role = this.text();
    } else if (word === "CREDENTIALS") this.credentialsText(this.text());
    else this.keys.set(word, this.text());
    return true;
  }

  private credentialsText(given: string): void {
    const malformed = (): RedshiftError =>
      new RedshiftError(
        "XX000",
        "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or 'aws_access_key_id=...;aws_secret_access_key=...[;token=...]'",
      );
    if (/\s/.test(given)) throw malformed();
    for (const part of given.split(";").filter(Boolean)) {
      const [name = "", ...rest] = part.split("=");
      const value = rest.join("=");
      if (name === "aws_iam_role") this.role = value;
      else if (name === "aws_access_key_id") this.keys.set("ACCESS_KEY_ID", value);
      else if (name === "aws_secret_access_key") this.keys.set("SECRET_ACCESS_KEY", value);
      else if (name === "token") this.keys.set("SESSION_TOKEN", value);
      else throw malformed();
    }
    if (
      this.role === undefined &&
      (!this.keys.has("ACCESS_KEY_ID") || !this.keys.has("SECRET_ACCESS_KEY"))
    )
      throw malformed();
  }

  credentials(command: string): Credentials {
    const accessKeyId = this.keys.get("ACCESS_KEY_ID");
    const secretAccessKey = this.keys.get("SECRET_ACCESS_KEY");
    const sessionToken = this.keys.get("SESSION_TOKEN");
    const clauses = [
      this.has("IAM_ROLE"),
      this.has("CREDENTIALS"),
      this.has("ACCESS_KEY_ID") || this.has("SECRET_ACCESS_KEY") || this.has("SESSION_TOKEN"),
    ];
    if (clauses.filter(Boolean).length > 1)
      throw new RedshiftError(
        "42601",
        "only one of IAM_ROLE, CREDENTIALS and ACCESS_KEY_ID may be given",
      );
    if (this.role !== undefined) {
      if (
        this.role !== "default" &&
        !/^arn:aws[a-z-]*:iam::\d{12}:role\/[^,\s]+(,arn:aws[a-z-]*:iam::\d{12}:role\/[^,\s]+)*$/.test(
          this.role,
        )
      )
        throw new RedshiftError("XX000", `Invalid IAM role ARN: ${this.role}`);
      return { role: this.role };
    }
    if (accessKeyId === undefined || secretAccessKey === undefined)
      throw new RedshiftError(
        "42601",
        `${command} requires authorization: IAM_ROLE, or ACCESS_KEY_ID and SECRET_ACCESS_KEY, or CREDENTIALS`,
      );
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
  }
}

/** One ASCII character, perhaps written `\t` or in octal. */
export function delimiterCharacter(given: string): string {
  const text =
    given === "\\t"
      ? "\t"
      : given.replace(/^\\([0-7]{1,3})$/, (_, octal: string) =>
          String.fromCharCode(Number.parseInt(octal, 8)),
        );
  if (text.length !== 1 || text.charCodeAt(0) > 127)
    throw new RedshiftError("22023", "COPY delimiter must be a single ASCII character");
  if (text === "\n" || text === "\r")
    throw new RedshiftError("22023", "COPY delimiter cannot be newline or carriage return");
  return text;
}

/** Options COPY refuses beside a format. */
const excluded: Record<string, string[]> = {
  CSV: ["FIXEDWIDTH", "REMOVEQUOTES", "ESCAPE", "JSON"],
  FIXEDWIDTH: ["DELIMITER", "ESCAPE", "REMOVEQUOTES", "JSON"],
  JSON: [
    "DELIMITER",
    "ESCAPE",
    "FILLRECORD",
    "FIXEDWIDTH",
    "IGNOREBLANKLINES",
    "NULL",
    "REMOVEQUOTES",
  ],
  IGNOREALLERRORS: ["MAXERROR"],
};

const flags = {
  ACCEPTANYDATE: "acceptAnyDate",
  BLANKSASNULL: "blanksAsNull",
  EMPTYASNULL: "emptyAsNull",
  ESCAPE: "escape",
  EXPLICIT_IDS: "explicitIds",
  FILLRECORD: "fillRecord",
  IGNOREBLANKLINES: "ignoreBlankLines",
  REMOVEQUOTES: "removeQuotes",
  ROUNDEC: "roundDecimals",
  TRIMBLANKS: "trimBlanks",
  TRUNCATECOLUMNS: "truncateColumns",
  NOLOAD: "noLoad",
  MANIFEST: "manifest",
} as const satisfies Record<string, keyof CopyOptions>;
const isFlag = (word: string): word is keyof typeof flags => Object.hasOwn(flags, word);

export function parseCopy(all: Token[], context: RewriteContext): CopyOptions {
  const table = qualifiedName(all, 1, context);
  let at = table.next;
  let columns: string[] | undefined;
  if (all[at]?.raw === "(") {
    const list = columnList(all, at, context);
    columns = list.columns;
    at = list.next;
  }
  const reader = new OptionReader(all, at);
  if (reader.word !== "FROM") throw reader.fail();
  reader.at++;
  if (["STDIN", "STDOUT"].includes(reader.word))
    throw unsupported("COPY from STDIN is not supported");
  const url = reader.text();
  if (/^(dynamodb|emr|ssh):\/\//.test(url))
    throw unsupported(`sandbox: COPY from ${url.split(":")[0]} is not emulated`);
  const options: CopyOptions = {
    table: table.text,
    tableName: context.names.full(table.parts.at(-1) ?? ""),
    columns,
    source: s3Path(url),
    url,
    credentials: { role: "" },
    region: undefined,
    manifest: false,
    format: "text",
    compression: undefined,
    delimiter: "|",
    quote: '"',
    widths: [],
    json: "auto",
    nullAs: "\\N",
    ignoreHeader: 0,
    dateFormat: undefined,
    timeFormat: undefined,
    encoding: "utf8",
    replacement: undefined,
    maxError: 0,
    acceptAnyDate: false,
    blanksAsNull: false,
    emptyAsNull: false,
    escape: false,
    explicitIds: false,
    fillRecord: false,
    ignoreBlankLines: false,
    removeQuotes: false,
    roundDecimals: false,
    trimBlanks: false,
    truncateColumns: false,
    noLoad: false,
  };
  while (reader.at < all.length) if (!reader.authorization()) copyOption(reader, options);
  for (const [option, others] of Object.entries(excluded))
    for (const other of others)
      if (reader.has(option) && reader.has(other))
        throw unsupported(`${option} is not supported with ${other}`);
  options.credentials = reader.credentials("COPY");
  if (options.format === "csv" && !reader.has("DELIMITER")) options.delimiter = ",";
  if (options.format === "csv" && options.quote === options.delimiter)
    throw new RedshiftError("22023", "CSV quote character must not be the delimiter");
  return options;
}

function copyOption(reader: OptionReader, options: CopyOptions): void {
  const word = reader.word;
  reader.at++;
  if (isFlag(word)) {
    reader.once(word);
    options[flags[word]] = true;
    return;
  }
  switch (word) {
    case "FORMAT":
    case "AS":
      if (word === "FORMAT" && reader.word === "AS") reader.at++;
      if (
        !["CSV", "JSON", "AVRO", "PARQUET", "ORC", "FIXEDWIDTH", "SHAPEFILE", "DELIMITER"].includes(
          reader.word,
        )
      )
        throw reader.fail();
      return;
    case "CSV":
      reader.once("CSV");
      options.format = "csv";
      if (reader.word === "QUOTE") {
        reader.at++;
        options.quote = reader.text();
        if (options.quote.length !== 1)
          throw new RedshiftError("22023", "CSV quote must be a single character");
      }
      return;
    case "QUOTE":
      if (!reader.has("CSV")) throw unsupported("QUOTE is only supported with CSV");
      reader.once("QUOTE");
      options.quote = reader.text();
      if (options.quote.length !== 1)
        throw new RedshiftError("22023", "CSV quote must be a single character");
      return;
    case "JSON":
      reader.once("JSON");
      options.format = "json";
      if (reader.word === "AS" || reader.all[reader.at]?.kind === "string")
        options.json = reader.text();
      if (
        !["auto", "auto ignorecase", "noshred"].includes(options.json) &&
        !options.json.startsWith("s3://")
      )
        throw new RedshiftError(
          "22023",
          `Invalid JSON option '${options.json}': it must be 'auto', 'auto ignorecase', 'noshred' or an S3 path`,
        );
      return;
    case "FIXEDWIDTH":
      reader.once("FIXEDWIDTH");
      options.format = "fixedwidth";
      options.widths = fixedWidths(reader.text());
      return;
    case "DELIMITER":
      reader.once("DELIMITER");
      options.delimiter = delimiterCharacter(reader.text());
      return;
    case "AVRO":
    case "PARQUET":
    case "ORC":
    case "SHAPEFILE":
    case "ENCRYPTED":
    case "MASTER_SYMMETRIC_KEY":
    case "LZOP":
    case "BZIP2":
      throw unsupported(`sandbox: COPY with ${word} is not emulated`);
    case "GZIP":
    case "ZSTD":
      reader.once("compression");
      options.compression = word === "GZIP" ? "gzip" : "zstd";
      return;
    case "NULL":
      reader.once("NULL");
      options.nullAs = reader.text();
      if (options.nullAs === "\n" || options.nullAs === "\\n")
        throw new RedshiftError("22023", "NULL AS cannot be a newline");
      if (options.nullAs === "\\0" || options.nullAs === "\\000") options.nullAs = "\0";
      return;
    case "IGNOREHEADER":
      reader.once(word);
      options.ignoreHeader = reader.number();
      return;
    case "MAXERROR":
      reader.once(word);
      options.maxError = reader.number();
      if (options.maxError > 100_000)
        throw new RedshiftError("22023", "MAXERROR must be between 0 and 100000");
      return;
    case "IGNOREALLERRORS":
      reader.once(word);
      options.maxError = Infinity;
      return;
    case "DATEFORMAT":
      reader.once(word);
      options.dateFormat = reader.text();
      return;
    case "TIMEFORMAT":
      reader.once(word);
      options.timeFormat = reader.text();
      return;
    case "REGION":
      reader.once(word);
      options.region = reader.text();
      return;
    case "ENCODING": {
      reader.once(word);
      reader.takes("AS");
      const text =
        reader.all[reader.at]?.kind === "string" ? reader.text().toUpperCase() : reader.word;
      reader.takes(text);
      if (text !== "UTF8" && text !== "UTF16" && text !== "UTF16LE" && text !== "UTF16BE")
        throw new RedshiftError("22023", `Invalid encoding: ${text}`);
      options.encoding = text.toLowerCase() as CopyOptions["encoding"];
      return;
    }
    case "ACCEPTINVCHARS":
      reader.once(word);
      options.replacement =
        reader.word === "AS" || reader.all[reader.at]?.kind === "string" ? reader.text() : "?";
      if (
        options.replacement.length !== 1 ||
        options.replacement > "\x7f" ||
        options.replacement === "\0"
      )
        throw new RedshiftError(
          "22023",
          "ACCEPTINVCHARS must be a single ASCII character other than NULL",
        );
      return;
    case "COMPUPDATE":
      reader.once(word);
      reader.flag(["PRESET"]);
      return;
    case "STATUPDATE":
      reader.once(word);
      reader.flag();
      return;
    case "COMPROWS": {
      reader.once(word);
      const rows = reader.number();
      if (rows < 1000 || rows > 2147483647)
        throw new RedshiftError("22023", "COMPROWS must be between 1000 and 2147483647");
      return;
    }
    case "READRATIO":
    case "SSH":
      throw unsupported(`${word} is not supported for COPY from S3`);
    default:
      reader.at--;
      throw reader.fail();
  }
}

/** 'label:width,…' */
export function fixedWidths(spec: string): number[] {
  const widths = spec
    .split(",")
    .map((part) => Number(/^\s*[^:]+:(\d+)\s*$/.exec(part)?.[1] ?? NaN));
  if (widths.some((width) => !(width > 0)))
    throw new RedshiftError("22023", `Invalid fixed width specification '${spec}'`);
  return widths;
}

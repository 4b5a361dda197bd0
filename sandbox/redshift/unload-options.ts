// UNLOAD's grammar: AWS's page UNLOAD, option by option.
import {
  delimiterCharacter,
  fixedWidths,
  OptionReader,
  s3Path,
  type Credentials,
  type S3Path,
} from "./copy-options";
import { RedshiftError, syntaxError, unsupported } from "./errors";
import { literalValue, type Token } from "./lexer";
import { closing, nameOf, type RewriteContext } from "./rewrite";

export interface UnloadOptions {
  query: string;
  target: S3Path;
  credentials: Credentials;
  region: string | undefined;
  format: "text" | "csv" | "json" | "fixedwidth";
  delimiter: string;
  widths: number[];
  compression: "gzip" | "zstd" | undefined;
  extension: string | undefined;
  nullAs: string | undefined;
  header: boolean;
  addQuotes: boolean;
  escape: boolean;
  manifest: boolean;
  verbose: boolean;
  allowOverwrite: boolean;
  cleanPath: boolean;
  parallel: boolean;
  maxFileSize: number;
  partitionBy: string[];
  includePartitions: boolean;
}

const megabyte = 1024 * 1024;
const excluded: Record<string, string[]> = {
  CSV: ["FIXEDWIDTH", "ADDQUOTES", "JSON"],
  JSON: ["DELIMITER", "HEADER", "FIXEDWIDTH", "ADDQUOTES", "ESCAPE", "NULL"],
  FIXEDWIDTH: ["DELIMITER", "HEADER"],
  CLEANPATH: ["ALLOWOVERWRITE"],
};

export function parseUnload(all: Token[], context: RewriteContext): UnloadOptions {
  const query = all[2];
  if (all[1]?.raw !== "(") throw syntaxError(all[1]?.raw ?? "");
  if (query?.kind !== "string") throw syntaxError(query?.raw ?? "");
  if (all[3]?.raw !== ")") throw syntaxError(all[3]?.raw ?? "");
  const reader = new OptionReader(all, 4);
  if (reader.word !== "TO") throw reader.fail();
  reader.at++;
  const options: UnloadOptions = {
    query: literalValue(query),
    target: s3Path(reader.text()),
    credentials: { role: "" },
    region: undefined,
    format: "text",
    delimiter: "|",
    widths: [],
    compression: undefined,
    extension: undefined,
    nullAs: undefined,
    header: false,
    addQuotes: false,
    escape: false,
    manifest: false,
    verbose: false,
    allowOverwrite: false,
    cleanPath: false,
    parallel: true,
    maxFileSize: 6.2 * 1024 * megabyte,
    partitionBy: [],
    includePartitions: false,
  };
  while (reader.at < all.length)
    if (!reader.authorization()) unloadOption(reader, options, context);
  for (const [option, others] of Object.entries(excluded))
    for (const other of others)
      if (reader.has(option) && reader.has(other))
        throw unsupported(`${option} is not supported with ${other} in UNLOAD`);
  if (reader.has("KMS_KEY_ID") && !reader.has("ENCRYPTED"))
    throw new RedshiftError("42601", "KMS_KEY_ID needs ENCRYPTED");
  options.credentials = reader.credentials("UNLOAD");
  if (options.format === "csv" && !reader.has("DELIMITER")) options.delimiter = ",";
  return options;
}

function unloadOption(reader: OptionReader, options: UnloadOptions, context: RewriteContext): void {
  const word = reader.word;
  reader.at++;
  switch (word) {
    case "FORMAT":
      if (reader.word === "AS") reader.at++;
      if (!["CSV", "PARQUET", "JSON"].includes(reader.word)) throw reader.fail();
      return;
    case "CSV":
    case "JSON":
      reader.once(word);
      options.format = word === "CSV" ? "csv" : "json";
      return;
    case "FIXEDWIDTH":
      reader.once(word);
      options.format = "fixedwidth";
      options.widths = fixedWidths(reader.text());
      return;
    case "DELIMITER":
      reader.once(word);
      options.delimiter = delimiterCharacter(reader.text());
      return;
    case "PARQUET":
    case "BZIP2":
    case "MASTER_SYMMETRIC_KEY":
    case "ROWGROUPSIZE":
      throw unsupported(`sandbox: UNLOAD with ${word} is not emulated`);
    case "GZIP":
    case "ZSTD":
      reader.once("compression");
      options.compression = word === "GZIP" ? "gzip" : "zstd";
      return;
    case "NULL":
      reader.once(word);
      options.nullAs = reader.text();
      return;
    case "MANIFEST":
      reader.once(word);
      options.manifest = true;
      options.verbose = reader.takes("VERBOSE");
      return;
    case "HEADER":
      reader.once(word);
      options.header = true;
      return;
    case "ADDQUOTES":
      reader.once(word);
      options.addQuotes = true;
      return;
    case "ESCAPE":
      reader.once(word);
      options.escape = true;
      return;
    case "ALLOWOVERWRITE":
      reader.once(word);
      options.allowOverwrite = true;
      return;
    case "CLEANPATH":
      reader.once(word);
      options.cleanPath = true;
      return;
    case "ENCRYPTED":
      reader.once(word);
      reader.takes("AUTO");
      return;
    case "KMS_KEY_ID":
      reader.once(word);
      reader.text();
      return;
    case "PARALLEL":
      reader.once(word);
      options.parallel = reader.flag();
      return;
    case "MAXFILESIZE": {
      reader.once(word);
      const size = reader.number();
      const unit = reader.word === "GB" || reader.word === "MB" ? reader.word : "MB";
      if (reader.word === unit) reader.at++;
      options.maxFileSize = Math.floor(size * megabyte * (unit === "GB" ? 1024 : 1));
      if (options.maxFileSize < 5 * megabyte || options.maxFileSize > 6.2 * 1024 * megabyte)
        throw new RedshiftError("22023", "MAXFILESIZE must be between 5 MB and 6.2 GB");
      return;
    }
    case "REGION":
      reader.once(word);
      options.region = reader.text();
      return;
    case "EXTENSION":
      reader.once(word);
      options.extension = reader.text();
      return;
    case "PARTITION": {
      reader.once(word);
      if (reader.word !== "BY") throw reader.fail();
      const open = reader.at + 1;
      if (reader.all[open]?.raw !== "(") throw syntaxError(reader.all[open]?.raw ?? "");
      const close = closing(reader.all, open);
      for (let at = open + 1; at < close; at += 2)
        options.partitionBy.push(nameOf(reader.all[at], context));
      reader.at = close + 1;
      options.includePartitions = reader.takes("INCLUDE");
      return;
    }
    default:
      reader.at--;
      throw reader.fail();
  }
}

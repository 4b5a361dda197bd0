// COPY from S3: streams each file through decompression, record cutting and conversion into
// PostgreSQL's own COPY on the client's session. No file is ever held whole.
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import {
  ColumnError,
  defaultMarker,
  rowConverter,
  type Column,
  type RowConverter,
} from "./convert";
import type { CopyOptions, S3Path } from "./copy-options";
import { s3Path } from "./copy-options";
import { RedshiftError } from "./errors";
import type { Host } from "./host";
import { jsonRowReader, readJsonPaths, type RowReader } from "./json-rows";
import { LoadJournal } from "./load-journal";
import { LoadError, recordCutter, type RawRecord } from "./records";
import { quoteLiteral, quoteName } from "./rewrite";
import { S3Files } from "./s3-files";
import { message } from "./wire";

const flushAt = 1 << 16;

/** Serverless has no STL tables (AWS's page serverless_views-monitoring). */
const journalTable = (host: Host): string =>
  host.mode === "serverless" ? "sys_load_error_detail" : "stl_load_errors";

/** Runs a COPY and returns its command tag. */
export async function runCopy(host: Host, options: CopyOptions): Promise<string> {
  const columns = await targetColumns(host, options);
  const files = new S3Files(host, options.credentials, options.region);
  const journal = await LoadJournal.begin(host, options);
  try {
    const paths = await filesToLoad(files, options);
    const readRow =
      options.format === "json"
        ? await jsonReader(files, options, columns)
        : delimitedReader(columns, options);
    const loaded = await load(host, options, columns, files, paths, readRow, journal);
    await host.backend.run(`SET redshift.last_copy_count = ${loaded}`, { muted: true });
    await host.backend.run(`SET redshift.last_copy_id = ${journal.query}`, { muted: true });
    await journal.end("completed", loaded);
    if (journal.errors)
      host.info(
        `Load into table '${options.tableName}' completed, ${journal.errors} record(s) could not be loaded.  Check '${journalTable(host)}' system table for details.`,
      );
    host.info(
      options.noLoad
        ? `Load into table '${options.tableName}' completed, 0 record(s) loaded successfully (NOLOAD).`
        : `Load into table '${options.tableName}' completed, ${loaded} record(s) loaded successfully.`,
    );
    return "COPY";
  } catch (error) {
    await journal.end("failed", 0);
    throw error;
  } finally {
    files.close();
  }
}

async function targetColumns(host: Host, options: CopyOptions): Promise<Column[]> {
  const found = await host.backend.rows(
    `SELECT a.attname, t.typname, CASE WHEN a.atttypmod < 0 THEN -1 ELSE a.atttypmod - 4 END, a.attnotnull, a.atthasdef, a.attidentity,
       pg_catalog.has_table_privilege(a.attrelid, 'INSERT')
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = pg_catalog.to_regclass(${quoteLiteral(options.table)}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  );
  if (found.length === 0)
    throw new RedshiftError("42P01", `Cannot COPY into nonexistent table ${options.tableName}`);
  if (found[0]?.[6] !== "t")
    throw new RedshiftError("42501", `permission denied for relation ${options.tableName}`);
  const all = found.map(([name, type, modifier, notNull, hasDefault, identity]) => ({
    name: name ?? "",
    type: type ?? "",
    modifier: Number(modifier),
    notNull: notNull === "t",
    hasDefault: hasDefault === "t",
    identity: identity ?? "",
  }));
  if (!options.columns)
    return all.filter(
      (column) => column.identity === "" || (options.explicitIds && column.identity === "a"),
    );
  const names = options.columns;
  if (new Set(names).size !== names.length)
    throw new RedshiftError(
      "42701",
      `column "${names.find((name, at) => names.indexOf(name) !== at)}" specified more than once`,
    );
  const chosen = names.map((name) => {
    const column = all.find((each) => each.name === name);
    if (!column)
      throw new RedshiftError(
        "42703",
        `column "${host.context.names.full(name)}" of relation "${options.tableName}" does not exist`,
      );
    if (column.identity === "a" && !options.explicitIds)
      throw new RedshiftError(
        "0A000",
        `cannot set an identity column to a value: column "${name}" needs EXPLICIT_IDS`,
      );
    return column;
  });
  const left = all.find(
    (column) =>
      column.notNull && !column.hasDefault && column.identity === "" && !chosen.includes(column),
  );
  if (left)
    throw new RedshiftError(
      "0A000",
      `NOT NULL column without DEFAULT must be included in column list: "${left.name}"`,
    );
  return chosen;
}

async function filesToLoad(files: S3Files, options: CopyOptions): Promise<S3Path[]> {
  if (!options.manifest) {
    const found = await files.list(options.source);
    if (found.length === 0)
      throw new RedshiftError(
        "XX000",
        `The specified S3 prefix '${options.source.key}' does not exist`,
      );
    return found;
  }
  const malformed = new RedshiftError(
    "XX000",
    `Manifest file '${options.url}' is not in the right format`,
  );
  let parsed: unknown;
  try {
    parsed = JSON.parse(await files.read(options.source));
  } catch (error) {
    if (error instanceof RedshiftError) throw error;
    throw malformed;
  }
  const entries: unknown =
    typeof parsed === "object" && parsed !== null && "entries" in parsed
      ? parsed.entries
      : undefined;
  if (!Array.isArray(entries) || entries.length === 0) throw malformed;
  const paths: S3Path[] = [];
  for (const entry of entries as unknown[]) {
    const url: unknown =
      typeof entry === "object" && entry !== null && "url" in entry ? entry.url : undefined;
    if (typeof url !== "string" || !/^s3:\/\/[^/]+\/.+/s.test(url))
      throw new RedshiftError(
        "XX000",
        "COPY with MANIFEST parameter requires full path of an S3 object.",
      );
    const mandatory =
      typeof entry === "object" &&
      entry !== null &&
      "mandatory" in entry &&
      entry.mandatory === true;
    const path = s3Path(url);
    const there = (await files.list(path)).some((found) => found.key === path.key);
    if (there) paths.push(path);
    else if (mandatory)
      throw new RedshiftError(
        "XX000",
        `S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Key ${path.key}`,
      );
  }
  return paths;
}

async function jsonReader(
  files: S3Files,
  options: CopyOptions,
  columns: Column[],
): Promise<RowReader> {
  if (options.json === "auto") return jsonRowReader(columns, { kind: "auto" });
  if (options.json === "auto ignorecase") return jsonRowReader(columns, { kind: "ignorecase" });
  if (options.json === "noshred") {
    if (columns.length !== 1 || columns[0]?.type !== "super")
      throw new RedshiftError("0A000", "noshred needs a table with a single SUPER column");
    return jsonRowReader(columns, { kind: "noshred" });
  }
  const paths = readJsonPaths(await files.read(s3Path(options.json)));
  if (!paths) return jsonRowReader(columns, { kind: "auto" });
  if (paths.length !== columns.length)
    throw new RedshiftError(
      "XX000",
      `Number of jsonpaths and the number of columns should match. JSONPath size: ${paths.length}, Number of columns in table or column list: ${columns.length}`,
    );
  return jsonRowReader(columns, { kind: "paths", paths });
}

/** Checks the number of fields. */
function delimitedReader(columns: Column[], options: CopyOptions): RowReader {
  return (fields) => {
    if (fields.length > columns.length) throw new LoadError(1202, "Extra column(s) found");
    if (fields.length === columns.length) return fields;
    if (!options.fillRecord) throw new LoadError(1214, "Delimiter not found");
    // AWS: VARCHAR columns that are missing get '', all others NULL.
    return columns.map((column, at) => fields[at] ?? (column.type === "varchar" ? "" : null));
  };
}

/** A connection whose COPY … FROM STDIN is open, or nothing to write to with NOLOAD. */
interface Target {
  write(bytes: Buffer): Promise<void>;
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

async function openTarget(host: Host, options: CopyOptions, columns: Column[]): Promise<Target> {
  if (options.noLoad)
    return {
      write: () => Promise.resolve(),
      finish: () => Promise.resolve(),
      abandon: () => Promise.resolve(),
    };
  const list = columns.map((column) => quoteName(column.name)).join(", ");
  let opened: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (opened = resolve));
  const ended = host.backend.run(
    `COPY ${options.table} (${list}) FROM STDIN WITH (DEFAULT '${defaultMarker}')`,
    {
      muted: true,
      mutedErrors: true,
      onMessage: ({ type }) => {
        if (type === "G") opened();
      },
    },
  );
  const early = await Promise.race([ready.then(() => undefined), ended]);
  const raise = (failure: Awaited<typeof ended>): void => {
    if (failure)
      throw new RedshiftError(
        failure["C"] ?? "XX000",
        failure["M"] ?? "COPY failed",
        failure["D"] ? { detail: failure["D"] } : {},
      );
  };
  raise(early);
  return {
    write: (bytes) => host.backend.write(message("d", bytes)),
    finish: async () => {
      await host.backend.write(message("c"));
      raise(await ended);
    },
    abandon: async () => {
      await host.backend.write(message("f", Buffer.from("abandoned\0")));
      await ended;
    },
  };
}

async function load(
  host: Host,
  options: CopyOptions,
  columns: Column[],
  files: S3Files,
  paths: S3Path[],
  readRow: RowReader,
  journal: LoadJournal,
): Promise<number> {
  const target = await openTarget(host, options, columns);
  const convert = rowConverter(columns, options);
  const limit = Math.max(options.maxError, 1);
  let loaded = 0;
  try {
    for (const path of paths) {
      const cutter = recordCutter(options);
      const file = journal.file(path);
      let lines: string[] = [];
      let size = 0;
      let text = "";
      const take = (record: RawRecord): void => {
        file.lines++;
        try {
          const line = convertRecord(record, readRow, convert);
          lines.push(line);
          size += line.length;
          loaded++;
        } catch (error) {
          if (!(error instanceof LoadError)) throw error;
          journal.record(
            path,
            record,
            error instanceof ColumnError ? error.column : undefined,
            error,
            error instanceof ColumnError ? error.value : null,
          );
          if (journal.errors >= limit)
            throw new RedshiftError(
              "XX000",
              `Load into table '${options.tableName}' failed.  Check '${journalTable(host)}' system table for details.`,
            );
        }
      };
      const drain = async (): Promise<void> => {
        const bytes = Buffer.from(lines.join(""), "latin1");
        lines = [];
        size = 0;
        await target.write(bytes);
      };
      for await (const chunk of decompressed(await files.open(path), options, path)) {
        host.signal.throwIfAborted();
        file.bytes += chunk.length;
        const part = chunk.toString("latin1");
        text = text === "" ? part : text + part;
        text = text.slice(cutter(text, false, take));
        if (size >= flushAt) await drain();
      }
      cutter(text, true, take);
      if (size > 0) await drain();
    }
    host.signal.throwIfAborted();
  } catch (error) {
    await journal.store();
    await target.abandon();
    throw host.signal.aborted ? host.signal.reason : error;
  }
  await journal.store();
  await target.finish();
  return options.noLoad ? 0 : loaded;
}

function convertRecord({ fields }: RawRecord, readRow: RowReader, convert: RowConverter): string {
  if (fields instanceof LoadError) throw fields;
  return convert(readRow(fields));
}

/** The file's own bytes, in UTF-8. */
async function* decompressed(
  source: Readable,
  options: CopyOptions,
  path: S3Path,
): AsyncGenerator<Buffer> {
  const decompressors = { gzip: createGunzip, zstd: createZstdDecompress };
  const unpack = options.compression ? decompressors[options.compression]() : undefined;
  let stream: Readable = source;
  let failure: unknown;
  if (unpack) {
    stream = unpack;
    pipeline(source, unpack).catch((error: unknown) => (failure = error));
  }
  const decode = options.encoding === "utf8" ? undefined : utf16(options.encoding);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>)
      yield decode ? Buffer.from(decode.decode(chunk, { stream: true }), "utf8") : chunk;
  } catch (error) {
    if (unpack)
      throw new RedshiftError(
        "XX000",
        `The file s3://${path.bucket}/${path.key} is not valid ${options.compression}: ${error instanceof Error ? error.message : String(error)}`,
      );
    throw error;
  }
  if (failure) throw failure;
}

function utf16(encoding: CopyOptions["encoding"]): TextDecoder {
  return new TextDecoder(encoding === "utf16be" ? "utf-16be" : "utf-16le");
}

// UNLOAD to S3: rows go as they come from PostgreSQL into the files of two "slices", compressed and
// uploaded while the query runs; S3 sets the pace.
import { createGzip, createZstdCompress } from "node:zlib";
import type { Transform, Writable } from "node:stream";
import type { S3Path } from "./copy-options";
import { RedshiftError, unsupported } from "./errors";
import type { Host } from "./host";
import { statements, tokens } from "./lexer";
import { plan } from "./plan";
import { S3Files, type CountingStream } from "./s3-files";
import type { UnloadOptions } from "./unload-options";
import { readCstring, readRow } from "./wire";

const slices = 2;
const flushAt = 1 << 16;

interface Column {
  name: string;
  type: number;
}

/** Type numbers whose JSON is bare: bool, int8, int2, int4, float4, float8, numeric. */
const numberTypes = new Set([20, 21, 23, 700, 701, 1700]);
const superType = 4000;

/** Runs an UNLOAD and returns its command tag. */
export async function runUnload(host: Host, options: UnloadOptions): Promise<string> {
  const sql = await innerQuery(host, options);
  const files = new S3Files(host, options.credentials, options.region);
  const writer = new UnloadWriter(host, files, options);
  try {
    const existing = await files.list(options.target);
    if (options.cleanPath) await files.delete(existing);
    else if (existing.length && !options.allowOverwrite)
      throw new RedshiftError(
        "XX000",
        "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option.",
      );
    const failure = await host.backend.run(sql, {
      muted: true,
      mutedErrors: true,
      onMessage: ({ type, bytes }) => {
        if (type === "T") writer.describe(columnsOf(host, bytes));
        else if (type === "D") writer.row(readRow(bytes));
      },
    });
    if (failure)
      throw new RedshiftError(
        failure["C"] ?? "XX000",
        failure["M"] ?? "",
        failure["D"] ? { detail: failure["D"] } : {},
      );
    const rows = await writer.end();
    await host.backend.run(`SET redshift.last_unload_count = ${rows}`, { muted: true });
    host.info(`UNLOAD completed, ${rows} record(s) unloaded successfully.`);
    return "UNLOAD";
  } catch (error) {
    await writer.abandon();
    throw host.signal.aborted ? host.signal.reason : error;
  } finally {
    host.backend.resume();
    files.close();
  }
}

async function innerQuery(host: Host, { query }: UnloadOptions): Promise<string> {
  const parts = statements(query);
  const part = parts[0];
  if (parts.length !== 1 || !part || !["SELECT", "WITH"].includes(part.tokens[0]?.up ?? ""))
    throw new RedshiftError("42601", "UNLOAD needs a single SELECT statement");
  let depth = 0;
  for (const token of tokens(part.sql)) {
    if (token.raw === "(") depth++;
    if (token.raw === ")") depth--;
    if (depth === 0 && token.up === "LIMIT") throw unsupported("Limit clause is not supported");
  }
  const planned = plan(part, host.context);
  if (planned.kind !== "sql")
    throw new RedshiftError("42601", "UNLOAD needs a single SELECT statement");
  return (await host.answered(planned)).sql;
}

function columnsOf(host: Host, bytes: Buffer): Column[] {
  const columns: Column[] = [];
  let at = 7;
  for (let left = bytes.readInt16BE(5); left > 0; left--) {
    const { text, next } = readCstring(bytes, at);
    columns.push({
      name: host.context.names.full(text),
      type: host.server.types.toRedshift(bytes.readInt32BE(next + 6)),
    });
    at = next + 18;
  }
  return columns;
}

/** One file on its way to S3. */
interface OpenFile {
  path: S3Path;
  sink: Writable;
  /** What goes to S3, compressed or not. */
  stream: CountingStream;
  lines: string[];
  pending: number;
  size: number;
  rows: number;
}

type WrittenFile = Pick<OpenFile, "path" | "stream" | "rows">;

/** What a file's name ends with: the extension that was asked for, or that of its compression. */
function fileEnding(
  extension: string | undefined,
  compression: "gzip" | "zstd" | undefined,
): string {
  if (extension !== undefined) return extension.startsWith(".") ? extension : `.${extension}`;
  const endings = { gzip: ".gz", zstd: ".zst" };
  return compression ? endings[compression] : "";
}

class UnloadWriter {
  private columns: Column[] = [];
  private kept: number[] = [];
  private partitions: number[] = [];
  private readonly open = new Map<string, OpenFile>();
  private readonly parts = new Map<string, number>();
  private readonly written: WrittenFile[] = [];
  private readonly uploads: Promise<void>[] = [];
  private total = 0;
  /** Files S3 is behind with; while there are any, PostgreSQL is not read from. */
  private readonly waiting = new Set<OpenFile>();
  private failure: unknown;

  constructor(
    private readonly host: Host,
    private readonly files: S3Files,
    private readonly options: UnloadOptions,
  ) {}

  describe(columns: Column[]): void {
    const { partitionBy, includePartitions, format } = this.options;
    this.columns = columns;
    if (format === "json" && new Set(columns.map((column) => column.name)).size !== columns.length)
      this.failure = new RedshiftError("42701", "UNLOAD to JSON needs unique column names");
    this.partitions = partitionBy.map((name) =>
      columns.findIndex((column) => column.name === name),
    );
    if (this.partitions.includes(-1))
      this.failure = new RedshiftError(
        "42703",
        `PARTITION BY column "${partitionBy[this.partitions.indexOf(-1)]}" is not in the query`,
      );
    this.kept = columns
      .map((_, at) => at)
      .filter((at) => includePartitions || !this.partitions.includes(at));
    if (this.kept.length === 0)
      this.failure = new RedshiftError(
        "0A000",
        "UNLOAD needs at least one column that is not a partition column",
      );
    if (format === "fixedwidth" && this.options.widths.length !== columns.length)
      this.failure = new RedshiftError(
        "22023",
        "FIXEDWIDTH must name as many columns as the query has",
      );
  }

  row(values: (string | null)[]): void {
    if (this.failure !== undefined) return;
    const folder = this.partitions
      .map((at) => `${this.columns[at]?.name}=${values[at] ?? "__HIVE_DEFAULT_PARTITION__"}/`)
      .join("");
    const slice = this.options.parallel ? this.total % slices : 0;
    this.total++;
    try {
      this.append(folder, slice, this.line(values), 1);
    } catch (error) {
      this.failure = error;
    }
  }

  private append(folder: string, slice: number, line: string, rows: number): void {
    const file = this.fileFor(folder, slice);
    file.lines.push(line);
    file.pending += line.length;
    file.rows += rows;
    if (file.pending >= flushAt) this.flush(file);
    if (file.size + file.pending >= this.options.maxFileSize) this.finish(`${folder}${slice}`);
  }

  private fileFor(folder: string, slice: number): OpenFile {
    const name = `${folder}${slice}`;
    const known = this.open.get(name);
    if (known) return known;
    const { target, parallel, compression, extension, format, header } = this.options;
    const part = this.parts.get(name) ?? 0;
    this.parts.set(name, part + 1);
    const pad = (value: number, width: number): string => String(value).padStart(width, "0");
    const ending = fileEnding(extension, compression);
    const base = folder && !target.key.endsWith("/") ? `${target.key}/` : target.key;
    const number = parallel ? `${pad(slice, 4)}_part_${pad(part, 2)}` : pad(part, 3);
    const path = { bucket: target.bucket, key: `${base}${folder}${number}${ending}` };
    const { stream, done } = this.files.create(path);
    const compressors = { gzip: createGzip, zstd: createZstdCompress };
    const pack: Transform | undefined = compression ? compressors[compression]() : undefined;
    pack?.pipe(stream);
    this.uploads.push(done);
    done.catch((error: unknown) => {
      this.failure ??= error;
      this.host.backend.resume();
    });
    const file: OpenFile = {
      path,
      stream,
      sink: pack ?? stream,
      lines: [],
      pending: 0,
      size: 0,
      rows: 0,
    };
    file.sink.on("error", (error) => (this.failure ??= error));
    this.open.set(name, file);
    if (header && format !== "json") {
      const names = this.kept.map((at) => this.columns[at]?.name ?? "");
      this.append(folder, slice, `${this.delimited(names)}\n`, 0);
    }
    return file;
  }

  private flush(file: OpenFile): void {
    const bytes = Buffer.from(file.lines.join(""), "utf8");
    file.lines = [];
    file.pending = 0;
    file.size += bytes.length;
    if (file.sink.write(bytes) || this.waiting.has(file)) return;
    this.waiting.add(file);
    this.host.backend.pause();
    file.sink.once("drain", () => this.caughtUp(file));
  }

  private caughtUp(file: OpenFile): void {
    this.waiting.delete(file);
    if (this.waiting.size === 0) this.host.backend.resume();
  }

  private finish(name: string): void {
    const file = this.open.get(name);
    if (!file) return;
    this.flush(file);
    file.sink.end();
    this.caughtUp(file); // an ended stream drains without saying so
    this.open.delete(name);
    this.written.push(file);
  }

  /** Ends every file, writes the manifest, and returns the number of rows. */
  async end(): Promise<number> {
    if (
      this.failure === undefined &&
      this.total === 0 &&
      this.options.format !== "json" &&
      this.partitions.length === 0
    )
      for (let slice = 0; slice < (this.options.parallel ? slices : 1); slice++)
        this.fileFor("", slice);
    if (this.failure !== undefined) throw this.failure;
    for (const name of [...this.open.keys()]) this.finish(name);
    await Promise.all(this.uploads);
    if (this.failure !== undefined) throw this.failure;
    if (this.options.manifest) await this.writeManifest();
    return this.total;
  }

  /** Ends what is being written. Files that are complete stay, as AWS leaves them; none comes after the error was told. */
  async abandon(): Promise<void> {
    for (const { sink, stream } of this.open.values()) {
      sink.destroy();
      stream.destroy();
    }
    await Promise.allSettled(this.uploads);
  }

  private async writeManifest(): Promise<void> {
    const { target, verbose } = this.options;
    const entries = this.written.map(({ path, stream, rows }) => ({
      url: `s3://${path.bucket}/${path.key}`,
      meta: { content_length: stream.bytes, ...(verbose ? { record_count: rows } : {}) },
    }));
    const schema = {
      elements: this.columns.map((column) => ({
        name: column.name,
        type: { base: this.host.server.types.name(column.type) },
      })),
    };
    const manifest = {
      entries,
      ...(verbose
        ? {
            schema,
            meta: {
              content_length: this.written.reduce((sum, file) => sum + file.stream.bytes, 0),
              record_count: this.total,
            },
            author: { name: "Amazon Redshift", version: "1.0.0" },
          }
        : {}),
    };
    const { stream, done } = this.files.create({
      bucket: target.bucket,
      key: `${target.key}manifest`,
    });
    stream.end(JSON.stringify(manifest, null, 2));
    await done;
  }

  private line(values: (string | null)[]): string {
    const { format, widths, nullAs } = this.options;
    if (format === "json") {
      const pairs = this.kept.map(
        (at) =>
          `${JSON.stringify(this.columns[at]?.name ?? "")}:${this.json(values[at] ?? null, this.columns[at]?.type ?? 0)}`,
      );
      return `{${pairs.join(",")}}\n`;
    }
    if (format === "fixedwidth") {
      const cells = this.kept.map((at) => {
        const width = widths[at] ?? 0;
        const value = values[at] ?? nullAs ?? "";
        if (value.length > width)
          throw new RedshiftError(
            "22001",
            `value does not fit the width ${width} of column ${this.columns[at]?.name}`,
          );
        return value.padEnd(width);
      });
      return `${cells.join("")}\n`;
    }
    return `${this.delimited(this.kept.map((at) => values[at] ?? null))}\n`;
  }

  private delimited(values: (string | null)[]): string {
    const { format, delimiter, escape, addQuotes, nullAs } = this.options;
    const cell = (value: string | null): string => {
      if (value === null) return nullAs ?? "";
      if (format === "csv")
        return /["\n\r]/.test(value) || value.includes(delimiter)
          ? `"${value.replaceAll('"', '""')}"`
          : value;
      let text = value;
      if (escape) text = text.replace(/[\\\n\r]/g, "\\$&").replaceAll(delimiter, `\\${delimiter}`);
      if (escape && addQuotes) text = text.replace(/["']/g, "\\$&");
      return addQuotes ? `"${text}"` : text;
    };
    return values.map(cell).join(delimiter);
  }

  private json(value: string | null, type: number): string {
    if (value === null) return "null";
    if (type === 16) return value === "t" ? "true" : "false";
    if (type === superType || (numberTypes.has(type) && /^-?\d/.test(value))) return value;
    return JSON.stringify(value);
  }
}

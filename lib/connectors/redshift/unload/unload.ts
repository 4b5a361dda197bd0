// A large change set leaves by UNLOAD: the slices write it to a bucket in parallel, in parts that memory holds, and the
// parts are read one after the other. A part is the unit of a restart: what was unloaded is there until the commit.
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { z } from "zod";
import type { RowPage } from "@/lib/connectors/contract/changes";
import { retryTransient, type Delay } from "@/lib/connectors/retry";
import type { Bucket } from "@/lib/connectors/s3/client";
import type { StagingConfig, StagingSecret } from "@/lib/connectors/s3/spec";
import { SyncError } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import { countIn as count, type RedshiftSession } from "@/lib/connectors/redshift/session/client";
import type { RedshiftColumn } from "@/lib/connectors/redshift/catalog/columns";
import { explainUnload } from "@/lib/connectors/redshift/load/load-errors";
import { partRows, UnreadableFile } from "./unload-rows";
import * as sql from "./unload-sql";

/** A part has about so many bytes, and never more than four times as many: two of them are in memory. */
const PART_BYTES = 8 * 1024 * 1024;
const MAX_PART_ROWS = 100_000;
/** Files of a part that are fetched at once. */
const FETCHES = 4;
const RETRIES = { tries: 3, firstDelayMs: 500, maxDelayMs: 5_000 };
/** Removing files must not hold up a run that is over. */
const SWEEP_MS = 30_000;
/** A row has six fields beside its values, and a statement selects at most 1,664. */
const MAX_COLUMNS = 1_600;

export type UnloadTools = {
  bucket: Bucket;
  staging: StagingConfig;
  secret: StagingSecret;
  fromRows: number;
  delay: Delay;
  /** For tests. */ partBytes?: number;
};
/** The change set whose rows are wanted, as it lies in the warehouse. */
type UnloadedSet = {
  session: RedshiftSession;
  columns: RedshiftColumn[];
  total: number;
  maxRowBytes: number;
};
type File = { key: string; rows: number };
type Unloaded = {
  path: string;
  rowsPerPart: number;
  parts: File[][];
  files: number;
  bytes: number;
};
type Pages = (afterSeq: number, signal: AbortSignal) => AsyncIterable<RowPage>;

const terminal = (message: string) => new SyncError(message, "terminal");
/** Each attempt has a folder of its own: one that was given up on may still be written to. Its name keeps how it is read. */
const ATTEMPT = /^v1-(\d+)-[0-9a-f]{8}\//;
const unzip = promisify(gunzip);

const manifestSchema = z.object({
  entries: z.array(
    z.object({
      url: z.string(),
      meta: z.object({ content_length: z.number(), record_count: z.number() }),
    }),
  ),
});

/** Where every file of a connection lies: apart from those of a destination, which may have the same bucket and prefix. */
const unloadedUnder = ({ prefix }: StagingConfig, connectionId: string): string =>
  `${prefix === "" ? "" : `${prefix}/`}unload/${connectionId}/`;

/** Removes the files of those runs of a connection, or says in the log why not: the next run of the connection does it then. */
export async function sweepUnloads(
  { bucket, staging }: Pick<UnloadTools, "bucket" | "staging">,
  connectionId: string,
  isOver: (runId: string) => boolean,
): Promise<void> {
  const limit = AbortSignal.timeout(SWEEP_MS);
  const under = unloadedUnder(staging, connectionId);
  try {
    const found = await bucket.list(under, limit);
    await bucket.remove(
      found.flatMap(({ key }) =>
        isOver(key.slice(under.length).split("/")[0] ?? "") ? [key] : [],
      ),
      limit,
    );
  } catch (error) {
    log.warn({ err: error, connectionId }, "unloaded files were left in the bucket");
  }
}

export type UnloadReader = {
  /** Rows after `afterSeq`: by UNLOAD where the set is large enough, else by `pages`. */
  read(
    set: UnloadedSet,
    pages: Pages,
    afterSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<RowPage>;
  /** How the rows came, once they did. */
  readHow(): string | undefined;
};

/** Reads the change set of one run through a bucket. */
export function unloadReader(
  tools: UnloadTools,
  connectionId: string,
  runId: string,
): UnloadReader {
  const { bucket, staging, secret, fromRows, delay, partBytes = PART_BYTES } = tools;
  const runPath = `${unloadedUnder(staging, connectionId)}${runId}/`;
  let unloaded: Unloaded | undefined;

  /** What the manifest lists, by parts; it must be every row, once. */
  const readManifest = async (
    path: string,
    rowsPerPart: number,
    total: number,
    signal: AbortSignal,
  ): Promise<Unloaded> => {
    const manifest = manifestSchema.safeParse(
      JSON.parse(Buffer.from(await bucket.get(`${path}manifest`, signal)).toString("utf8")),
    );
    if (!manifest.success) throw terminal("The manifest of the UNLOAD can't be read.");
    const parts = Array.from({ length: Math.ceil(total / rowsPerPart) }, (): File[] => []);
    for (const { url, meta } of manifest.data.entries) {
      const key = url.slice(`s3://${staging.bucket}/`.length);
      const part = parts[Number(/^part=(\d+)\//.exec(key.slice(path.length))?.[1])];
      if (!url.startsWith(`s3://${staging.bucket}/${path}`) || !part)
        throw terminal(`The manifest of the UNLOAD lists a file that is none of it: ${url}.`);
      part.push({ key, rows: meta.record_count });
    }
    for (const [at, files] of parts.entries()) {
      const [has, wants] = [
        files.reduce((sum, { rows }) => sum + rows, 0),
        Math.min(rowsPerPart, total - at * rowsPerPart),
      ];
      if (has !== wants)
        throw terminal(`Part ${at} of the UNLOAD has ${has} rows, and the change set ${wants}.`);
    }
    return {
      path,
      rowsPerPart,
      parts,
      files: manifest.data.entries.length,
      bytes: manifest.data.entries.reduce((sum, { meta }) => sum + meta.content_length, 0),
    };
  };

  /** Rows of a part; null: the values can't leave this way. */
  const rowsPerPartOf = async (
    { session, columns, total, maxRowBytes }: UnloadedSet,
    signal: AbortSignal,
  ): Promise<number | null> => {
    if (columns.length > MAX_COLUMNS) return null;
    const delta = { connectionId, runId, columns };
    const measured = await session.query(sql.measure(delta), signal);
    if (count(measured, 1) > 0) return null;
    let rows = Math.max(
      1,
      Math.min(MAX_PART_ROWS, Math.floor(partBytes / Math.max(1, count(measured) / total))),
    );
    // the average is no bound: large rows may stand together
    while (
      rows > 1 &&
      rows * maxRowBytes > 4 * partBytes &&
      count(await session.query(sql.largestPart(delta, rows), signal)) > 4 * partBytes
    )
      rows = Math.max(1, Math.floor(rows / 4));
    return rows;
  };

  /** A finished UNLOAD of this run, by this worker or one before; else a new one. Its manifest is written when all files are. */
  const ensure = async (set: UnloadedSet, signal: AbortSignal): Promise<Unloaded | null> => {
    const found = await bucket.list(runPath, signal);
    const finished = found.find(
      ({ key }) => ATTEMPT.test(key.slice(runPath.length)) && key.endsWith("/manifest"),
    );
    if (finished)
      return readManifest(
        finished.key.slice(0, -"manifest".length),
        Number(ATTEMPT.exec(finished.key.slice(runPath.length))?.[1]),
        set.total,
        signal,
      );
    await bucket.remove(
      found.map(({ key }) => key),
      signal,
    );
    const rowsPerPart = await rowsPerPartOf(set, signal);
    if (rowsPerPart === null) return null;
    return retryTransient(
      async () => {
        const path = `${runPath}v1-${rowsPerPart}-${randomBytes(4).toString("hex")}/`;
        try {
          await set.session.query(
            sql.unload({
              connectionId,
              runId,
              columns: set.columns,
              rowsPerPart,
              staging,
              secret,
              path,
            }),
            signal,
          );
        } catch (error) {
          throw explainUnload(error, staging);
        }
        const rows = count(await set.session.query(sql.lastUnloadCount, signal));
        if (rows !== set.total)
          throw terminal(
            `UNLOAD says that it wrote ${rows} rows, and the change set has ${set.total}.`,
          );
        return readManifest(path, rowsPerPart, set.total, signal);
      },
      { ...RETRIES, when: ({ detail }) => detail.waitsFor === undefined },
      delay,
      signal,
    );
  };

  const fetchPart = async (
    { rowsPerPart, parts }: Unloaded,
    part: number,
    { columns, total }: UnloadedSet,
    signal: AbortSignal,
  ) => {
    const files = parts[part]!;
    const texts: { csv: Uint8Array; rows: number }[] = [];
    for (let at = 0; at < files.length; at += FETCHES) {
      texts.push(
        ...(await Promise.all(
          files.slice(at, at + FETCHES).map(async ({ key, rows }) => ({
            csv: await unzip(await bucket.get(key, signal)),
            rows,
          })),
        )),
      );
    }
    const rows = partRows(columns, {
      firstSeq: part * rowsPerPart + 1,
      lastSeq: Math.min(total, (part + 1) * rowsPerPart),
      bytes: texts.reduce((sum, { csv }) => sum + csv.length, 0),
      rows: texts.reduce((sum, file) => sum + file.rows, 0),
    });
    for (const { csv, rows: expected } of texts) rows.add(csv, expected);
    return rows;
  };

  async function* readParts(
    from: Unloaded,
    set: UnloadedSet,
    afterSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<RowPage> {
    const fetch = (part: number) => {
      const fetched = part < from.parts.length ? fetchPart(from, part, set, signal) : undefined;
      fetched?.catch(() => undefined); // reported when it is awaited, if the reader comes back for it
      return fetched;
    };
    let part = Math.floor(afterSeq / from.rowsPerPart);
    for (let next = fetch(part); next; part += 1) {
      const rows = await next;
      next = fetch(part + 1);
      yield* rows.pages(afterSeq);
    }
  }

  return {
    readHow: () =>
      unloaded &&
      `by UNLOAD: ${unloaded.files.toLocaleString("en")} ${unloaded.files === 1 ? "file" : "files"}, ${(unloaded.bytes / 1e6).toFixed(unloaded.bytes < 1e6 ? 3 : 1)} MB`,
    read: async function* (set, pages, afterSeq, signal) {
      if (set.total < fromRows || afterSeq >= set.total) return yield* pages(afterSeq, signal);
      try {
        const ready = (unloaded ??= (await ensure(set, signal)) ?? undefined);
        if (!ready) return yield* pages(afterSeq, signal);
        yield* readParts(ready, set, afterSeq, signal);
      } catch (error) {
        if (
          signal.aborted ||
          !(
            error instanceof UnreadableFile ||
            (error instanceof Error && "code" in error && String(error.code).startsWith("Z_")) ||
            (error instanceof SyncError &&
              (error.fault === "terminal" || error.detail.code === "NoSuchKey"))
          )
        )
          throw error;
        // whatever is wrong with these files, another try must not find them finished
        unloaded = undefined;
        await sweepUnloads(tools, connectionId, (run) => run === runId);
        throw error instanceof SyncError
          ? error
          : new SyncError(
              `A file of the UNLOAD is not what it has to be: ${error.message}.`,
              "terminal",
              {},
              { cause: error },
            );
      }
    },
  };
}

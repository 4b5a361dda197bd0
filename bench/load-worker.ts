// Building the files of a load in a process of its own: rows as they come off the wire → CSV → gzip → parts, which are
// thrown away or sent to an S3 endpoint. Prints what it took as one line of JSON.
import { readFileSync } from "node:fs";
import pg from "pg";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import { changeFields, type RowPage } from "@/lib/connectors/contract/changes";
import { csvWriter } from "@/lib/connectors/csv";
import {
  sessionOn,
  type Connection,
  type OpenClient,
} from "@/lib/connectors/redshift/session/client";
import { redshiftDefaults } from "@/lib/connectors/redshift/spec";
import { tapRows } from "@/lib/connectors/redshift/session/wire";
import { realDelay } from "@/lib/connectors/retry";
import { openBucket } from "@/lib/connectors/s3/client";
import { partWriter } from "@/lib/connectors/s3/parts";
import { fieldsOf, locate } from "@/lib/event/tuple";

export type Job = {
  warehouse: string;
  rows: number;
  columns: { name: string; kind: ColumnInfo["kind"] }[];
  endpoint: string | null;
};
export type Took = { ms: number; parts: number; gzipBytes: number; rssMb: number };

/** As many rows as fit in memory twice over; a larger load goes through them again. */
const SAMPLE = 20_000;

async function sample(url: string, columns: string[]): Promise<RowPage> {
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: () => (value: string | Buffer) => value } as pg.CustomTypesConfig,
  }) as OpenClient;
  const tap = tapRows(client.connection);
  await client.connect();
  const connection: Connection = {
    client,
    tap,
    cut: (error) => client.connection.stream.destroy(error),
    broken: () => undefined,
  };
  const session = sessionOn(
    connection,
    { close: () => undefined } as Parameters<typeof sessionOn>[1],
    { ...redshiftDefaults, host: "plain" } as Parameters<typeof sessionOn>[2],
    { password: "-" } as Parameters<typeof sessionOn>[3],
  );
  const page = await session.read(
    `SELECT id AS seq, id::text AS row_key, '' AS message, NULL AS mark, ${columns.map((name) => `"${name}"`).join(", ")} FROM users ORDER BY seq LIMIT ${SAMPLE}`,
    new AbortController().signal,
  );
  await session.close();
  return page;
}

async function main({ warehouse, rows, columns, endpoint }: Job): Promise<void> {
  const page = await sample(
    warehouse,
    columns.map(({ name }) => name),
  );
  const signal = new AbortController().signal;
  const bucket =
    endpoint === null
      ? null
      : openBucket(
          {
            bucket: "bench",
            prefix: "",
            region: "us-east-1",
            endpoint,
            access: "keys",
            roleArn: "",
            accessKeyId: "bench",
          },
          { secretAccessKey: "bench" },
          realDelay,
        );
  const parts = partWriter(
    (part) => `part-${part}.csv.gz`,
    async (key, body) => bucket?.put(key, body, signal),
  );
  const writer = csvWriter({
    columns: columns.map(({ kind }, at) => ({
      field: changeFields.values + at,
      kind,
      maxBytes: kind === "text" ? 65_535 : null,
    })),
    withSeq: true,
    nullText: "~null0123~",
    overflow: "reject",
  });
  const fields = fieldsOf(changeFields.values + columns.length);
  const began = performance.now();
  for (let done = 0; done < rows;) {
    for (const { bytes, at } of page.chunks) {
      for (const position of at) {
        if (done >= rows) break;
        const size = locate(bytes, position, fields) - position;
        const room = writer.room(size);
        if (!parts.fits(room)) await parts.makeRoom(room);
        parts.wrote(writer.write(bytes, fields, parts.out(), parts.at()));
        done += 1;
      }
    }
  }
  const written = await parts.finish();
  const ms = Math.round(performance.now() - began);
  bucket?.close();
  const rssMb = Math.round(
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0) / 1024,
  );
  console.log(
    JSON.stringify({
      ms,
      parts: written.length,
      gzipBytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
      rssMb,
    } satisfies Took),
  );
}

await main(JSON.parse(process.argv[2] ?? "{}") as Job);

// The sandbox as its own client: fills itself through the same doors that its users have.
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import pg from "pg";
import type { Endpoints } from "./sandbox";

export interface Warehouse {
  query(sql: string): Promise<pg.QueryResult>;
  /** Uploads a file or stream, copies it into the table, and deletes it from the bucket. */
  copy(table: string, source: string | Readable, options: string): Promise<number>;
  close(): Promise<void>;
}

export async function connectAsAdmin({ redshift, s3 }: Endpoints): Promise<Warehouse> {
  const client = new pg.Client({
    host: redshift.host,
    port: redshift.port,
    database: redshift.database,
    user: redshift.adminUser,
    password: redshift.adminPassword,
    ssl: { ca: redshift.ca },
  });
  await client.connect();
  const bucket = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: true,
    credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey },
  });
  return {
    query: (sql) => client.query(sql),
    async copy(table, source, options) {
      const Key = `sandbox-load/${table.replaceAll(/[^\w.]/g, "")}-${process.pid}-${Date.now()}`;
      const Body = typeof source === "string" ? createReadStream(source) : source;
      await new Upload({ client: bucket, params: { Bucket: s3.bucket, Key, Body } }).done();
      try {
        await client.query(
          `COPY ${table} FROM 's3://${s3.bucket}/${Key}' IAM_ROLE '${s3.roleArn}' ${options}`,
        );
        const { rows } = await client.query<{ count: string }>(
          "SELECT pg_last_copy_count() AS count",
        );
        return Number(rows[0]?.count);
      } finally {
        await bucket.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key }));
      }
    },
    async close() {
      await client.end();
      bucket.destroy();
    },
  };
}

// What a load leaves in STL_LOAD_ERRORS, STL_LOAD_COMMITS and SYS_LOAD_HISTORY. Written on a connection of
// the sandbox's own, because on Redshift too it outlives the rollback of the load.
import type { Column } from "./convert";
import type { CopyOptions, S3Path } from "./copy-options";
import type { Host } from "./host";
import type { LoadError, RawRecord } from "./records";
import { quoteLiteral } from "./rewrite";

const typeNames: Record<string, string> = {
  bpchar: "char",
  varchar: "varchar",
  int2: "int2",
  int4: "int4",
  int8: "int8",
  bool: "bool",
};

interface FileCount {
  path: string;
  lines: number;
  bytes: number;
  errors: number;
}

const readable = (bytes: string): string =>
  Buffer.from(bytes.slice(0, 1024), "latin1").toString("utf8").replaceAll("\0", "\ufffd");

export class LoadJournal {
  private readonly files: FileCount[] = [];
  private pending: unknown[][] = [];
  private readonly started = new Date();
  errors = 0;

  private constructor(
    private readonly host: Host,
    private readonly options: CopyOptions,
    private readonly who: { userId: number; session: number; table: number; transaction: string },
    readonly query: number,
  ) {}

  static async begin(host: Host, options: CopyOptions): Promise<LoadJournal> {
    const { rows } = await host.server.pool.query<{ id: number }>(
      "SELECT nextval('pg_internal.query_ids')::int AS id",
    );
    const [who] = await host.backend.rows(
      `SELECT r.oid, pg_catalog.pg_backend_pid(), pg_catalog.to_regclass(${quoteLiteral(options.table)})::oid, pg_catalog.pg_current_xact_id() FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`,
    );
    return new LoadJournal(
      host,
      options,
      {
        userId: Number(who?.[0]),
        session: Number(who?.[1]),
        table: Number(who?.[2]),
        transaction: who?.[3] ?? "0",
      },
      rows[0]?.id ?? 0,
    );
  }

  file(path: S3Path): FileCount {
    const count = { path: `s3://${path.bucket}/${path.key}`, lines: 0, bytes: 0, errors: 0 };
    this.files.push(count);
    return count;
  }

  record(
    path: S3Path,
    record: RawRecord,
    column: Column | undefined,
    error: LoadError,
    value: string | null,
  ): void {
    this.errors++;
    const file = this.files.at(-1);
    if (file) file.errors++;
    this.pending.push([
      `s3://${path.bucket}/${path.key}`,
      record.line,
      column ? this.host.context.names.full(column.name) : null,
      column ? (typeNames[column.type] ?? column.type) : null,
      column ? String(Math.max(column.modifier, 0)) : null,
      error.position,
      readable(record.raw),
      value === null ? null : readable(value),
      error.code,
      error.message.slice(0, 100),
    ]);
  }

  /** Writes the errors noted so far. */
  async store(): Promise<void> {
    const rows = this.pending.splice(0);
    for (let at = 0; at < rows.length; at += 1000) {
      await this.host.server.runIn(
        this.host.database,
        `INSERT INTO pg_internal.load_errors (userid, username, tbl, session, query, transaction_id, filename, line_number, colname, type, col_length, position, raw_line, raw_field_value, err_code, err_reason)
         SELECT $1, $2, $3, $4, $5, $6, e ->> 0, (e ->> 1)::bigint, e ->> 2, e ->> 3, e ->> 4, (e ->> 5)::int, e ->> 6, e ->> 7, (e ->> 8)::int, e ->> 9
         FROM jsonb_array_elements($7::jsonb) AS e`,
        [
          this.who.userId,
          this.host.user,
          this.who.table,
          this.who.session,
          this.query,
          this.who.transaction,
          JSON.stringify(rows.slice(at, at + 1000)),
        ],
      );
    }
  }

  async end(status: "completed" | "failed", loaded: number): Promise<void> {
    const { server, database } = this.host;
    await this.store();
    const format = this.options.format.toUpperCase();
    await server.runIn(
      database,
      `INSERT INTO pg_internal.load_files (userid, query, filename, lines_scanned, errors, status, file_format)
       SELECT $1, $2, e ->> 'path', (e ->> 'lines')::bigint, (e ->> 'errors')::bigint, $3, $4 FROM jsonb_array_elements($5::jsonb) AS e`,
      [
        this.who.userId,
        this.query,
        status === "completed" ? 1 : 0,
        format,
        JSON.stringify(this.files),
      ],
    );
    await server.runIn(
      database,
      "INSERT INTO pg_internal.loads VALUES ($1, $2, $3, $4, $5, $6::timestamptz AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC', $7, $8, $9, $10, $11, $12)",
      [
        this.who.userId,
        this.who.session,
        this.query,
        status,
        this.options.tableName,
        this.started.toISOString(),
        this.options.url,
        format,
        loaded,
        this.files.reduce((sum, file) => sum + file.bytes, 0),
        this.files.length,
        this.errors,
      ],
    );
  }
}

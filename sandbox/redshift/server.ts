// The Redshift endpoint: accepts connections, answers TLS and cancel requests, and starts a session
// for each login. Logins themselves are PostgreSQL's: its users are the cluster's users.
import { connect, createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Logger } from "pino";
import pg from "pg";
import type { EmbeddedPostgres } from "../../scripts/embedded-postgres";
import { FaultRules, type RedshiftFault, type RedshiftSettings } from "../faults";
import { challenge, fromStored, logInUpstream, type StoredDigest } from "./digest-login";
import { RedshiftError } from "./errors";
import { LongNames, TypeNumbers } from "./long-names";
import { postgresIsolation, type Isolation, type Mode, type Modes } from "./modes";
import { setPostgresFunctions } from "./refuse";
import { quoteName } from "./rewrite";
import { Session } from "./session";
import { prepareRedshift } from "./setup";
import { StatementLog } from "./statement-log";
import type { Certificates } from "./tls";
import { cstring, fieldsMessage, Framer } from "./wire";

const sslRequest = 80877103;
const gssRequest = 80877104;
const cancelRequest = 80877102;
/** Startup parameters PostgreSQL knows; Redshift's drivers send others of their own. */
const startupParameters = new Set([
  "user",
  "database",
  "application_name",
  "client_encoding",
  "options",
  "DateStyle",
  "TimeZone",
  "extra_float_digits",
]);

export interface S3Access {
  endpoint: string;
  region: string;
  /** IAM roles that may be assumed, with the keys their sessions get. */
  roles: Map<string, { accessKeyId: string; secretAccessKey: string }>;
}

export interface RedshiftOptions {
  postgres: EmbeddedPostgres;
  database: string;
  mode: Mode;
  admin: { user: string; password: string };
  certificates: Certificates;
  s3: S3Access;
  log: Logger;
}

export class RedshiftServer {
  readonly sessions = new Map<string, Session>();
  readonly statements = new StatementLog();
  readonly faults = new FaultRules<RedshiftFault>();
  settings: RedshiftSettings = {};
  /** Whether a database has tables under a policy; forgotten whenever that may have changed. */
  readonly protection = new Map<string, boolean>();
  /** Databases whose mode is not the program's. */
  private readonly modes = new Map<string, Mode>();
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(
    private readonly options: RedshiftOptions,
    readonly names: LongNames,
    readonly types: TypeNumbers,
    /** The sandbox's own connections, outside every client's transaction. */
    readonly pool: pg.Pool,
  ) {
    this.server = createServer((socket) => this.accept(socket));
  }

  get log(): Logger {
    return this.options.log;
  }

  get s3(): S3Access {
    return this.options.s3;
  }

  static async start(options: RedshiftOptions, port: number): Promise<RedshiftServer> {
    const facts = await prepareRedshift(options.postgres, options.database, options.admin);
    setPostgresFunctions(facts.functions);
    const pool = new pg.Pool({
      connectionString: options.postgres.url(options.database),
      max: 4,
      options: "-c default_transaction_isolation=read\\ committed",
    });
    pool.on("error", (error) =>
      options.log.debug({ reason: error.message }, "connection to PostgreSQL lost"),
    );
    const names = new LongNames(facts.longNames, async (short, full) => {
      await pool.query(
        "INSERT INTO pg_internal.long_names VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [short, full],
      );
    });
    const server = new RedshiftServer(options, names, new TypeNumbers(facts.types), pool);
    await new Promise<void>((resolve, reject) => {
      server.server.once("error", reject);
      server.server.listen(port, "127.0.0.1", resolve);
    });
    return server;
  }

  /** A statement of the sandbox's own in a database, outside every client's transaction; kept open for the first database alone, so that others can be dropped. */
  async runIn<T extends pg.QueryResultRow>(
    database: string,
    sql: string,
    values: unknown[] = [],
  ): Promise<pg.QueryResult<T>> {
    if (database === this.options.database) return this.pool.query<T>(sql, values);
    const client = new pg.Client({
      connectionString: this.options.postgres.url(database),
      options: "-c default_transaction_isolation=read\\ committed",
    });
    await client.connect();
    try {
      return await client.query<T>(sql, values);
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
    await this.pool.end();
  }

  /** Ends every session at once, as a restart of the cluster does. */
  dropSessions(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    if (this.settings.refuseConnections) return void socket.destroy();
    if (this.settings.neverAnswer) return;
    socket.setNoDelay(true);
    this.greet(socket, false);
  }

  /** Reads what comes before the startup message, then hands over to a session. */
  private greet(socket: Socket, encrypted: boolean): void {
    const framer = new Framer();
    const read = (chunk: Buffer): void => {
      framer.push(chunk);
      try {
        for (let packet = framer.nextStartup(); packet; packet = framer.nextStartup()) {
          const code = packet.readInt32BE(4);
          if (code === sslRequest && !encrypted) {
            socket.off("data", read);
            socket.write("S");
            return this.secure(socket, framer.rest());
          }
          if (code === sslRequest || code === gssRequest) socket.write("N");
          else if (code === cancelRequest) return this.cancel(socket, packet);
          else {
            socket.off("data", read);
            return void this.login(socket, packet, framer.rest(), encrypted).catch(
              (error: unknown) => {
                this.log.error({ error }, "login failed");
                socket.destroy();
              },
            );
          }
        }
      } catch (error) {
        this.log.debug({ error }, "not a PostgreSQL client");
        socket.destroy();
      }
    };
    socket.on("data", read);
  }

  private secure(socket: Socket, rest: Buffer): void {
    if (rest.length) return void socket.destroy(); // bytes before the handshake: an injection attempt
    const { key, cert } = this.options.certificates;
    const secured = new TLSSocket(socket, { isServer: true, key, cert });
    secured.on("error", () => socket.destroy());
    this.greet(secured, true);
  }

  private cancel(socket: Socket, packet: Buffer): void {
    this.sessions.get(packet.toString("hex", 8))?.cancel();
    const upstream = connect(this.options.postgres.port, "127.0.0.1", () => upstream.end(packet));
    upstream.on("error", () => socket.destroy());
    upstream.on("close", () => socket.destroy());
  }

  private async login(
    socket: Socket,
    packet: Buffer,
    rest: Buffer,
    encrypted: boolean,
  ): Promise<void> {
    const parameters = packet.toString("utf8", 8).split("\0");
    const given = new Map<string, string>();
    for (let at = 0; at + 1 < parameters.length && parameters[at]; at += 2)
      given.set(parameters[at] ?? "", parameters[at + 1] ?? "");
    const user = given.get("user") ?? "";
    const database = given.get("database") ?? user;
    const refuse = (code: string, text: string): void => {
      socket.end(fieldsMessage("E", new RedshiftError(code, text, { severity: "FATAL" }).fields()));
    };
    if (packet.readInt32BE(4) >> 16 !== 3) return refuse("0A000", "unsupported frontend protocol");
    if (this.settings.requireSsl && !encrypted)
      return refuse(
        "28000",
        `no pg_hba.conf entry for host "::ffff:127.0.0.1", user "${user}", database "${database}", SSL off`,
      );
    if (user === "postgres")
      return refuse("28000", 'password authentication failed for user "postgres"'); // the sandbox's own
    if (["postgres", "template0", "template1"].includes(database))
      return refuse("3D000", `database "${database}" does not exist`);

    const pairs = [...given]
      .filter(([name]) => startupParameters.has(name))
      .flatMap(([name, value]) => [cstring(name), cstring(value)]);
    const body = Buffer.concat([...pairs, Buffer.from([0])]);
    const head = Buffer.alloc(8);
    head.writeInt32BE(8 + body.length);
    head.writeInt32BE(196_608, 4);
    socket.pause();
    const stored = await this.storedDigest(user);
    const asked = stored && (await challenge(socket, rest, stored));
    if (asked?.right === false)
      return refuse("28000", `password authentication failed for user "${user}"`);
    if (socket.destroyed) return;
    const upstream = connect(this.options.postgres.port, "127.0.0.1");
    upstream.setNoDelay(true);
    upstream.on("error", () => socket.destroy());
    upstream.write(Buffer.concat([head, body]));
    if (stored) await logInUpstream(upstream, stored);
    if (upstream.destroyed) return void socket.destroy();
    const { mode, isolation } = await this.modesOf(database);
    const session = new Session(socket, upstream, this, user, database, mode, isolation);
    const unread = asked?.rest ?? rest;
    socket.resume();
    upstream.resume();
    if (unread.length) session.received(unread);
  }

  /** What sessions that log in from now on meet in a database. */
  async modesOf(database: string): Promise<{ mode: Mode; isolation: Isolation }> {
    const { rows } = await this.pool.query<{ serializable: boolean }>(
      `SELECT $2 = ANY (setconfig) AS serializable FROM pg_db_role_setting s
        JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = $1 AND setrole = 0`,
      [database, `default_transaction_isolation=${postgresIsolation.serializable}`],
    );
    return {
      mode: this.modes.get(database) ?? this.options.mode,
      isolation: rows[0]?.serializable ? "serializable" : "snapshot",
    };
  }

  async setModes(database: string, { mode, isolation }: Modes): Promise<void> {
    const { rowCount } = await this.pool.query("SELECT FROM pg_database WHERE datname = $1", [
      database,
    ]);
    if (!rowCount) throw new Error(`there is no database "${database}"`);
    if (mode) this.modes.set(database, mode);
    if (isolation)
      await this.pool.query(
        `ALTER DATABASE ${quoteName(database)} SET default_transaction_isolation = '${postgresIsolation[isolation]}'`,
      );
  }

  /** Of a user whose password is stored as SHA-256. */
  private async storedDigest(user: string): Promise<StoredDigest | undefined> {
    const { rows } = await this.pool.query<{ rolpassword: string | null }>(
      "SELECT rolpassword FROM pg_authid WHERE rolname = $1",
      [user],
    );
    return fromStored(rows[0]?.rolpassword ?? null);
  }
}

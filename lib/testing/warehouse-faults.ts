// Everything that can be wrong between us and a warehouse, each on a real server or the sandbox: for the test that
// nothing looks like anything else, and for the benchmark that times it.
import { createServer as createTlsServer } from "node:tls";
import { checkRedshift } from "@/lib/connectors/redshift/checks/checks";
import { identifier } from "@/lib/connectors/redshift/quote";
import type { RedshiftConfig } from "@/lib/connectors/redshift/spec";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import type { TunnelSecret } from "@/lib/connectors/ssh/spec";
import { certificate, FaultyServers, long, message, refusal, type Made } from "./faulty-servers";
import { never, openWarehouse, type Warehouse } from "./sandbox";
import { startSshServer, type SshServer, type SshServerOptions } from "./ssh-server";

const PASSWORD = "Plumb-Line-77";

export type Setting = Partial<RedshiftConfig> & { password?: string; ssh?: Partial<TunnelSecret> };
export type Fault = {
  fault: string;
  given(world: World): Setting | Promise<Setting>;
  /** Which part of which check finds it. */
  at: string;
  says: RegExp;
  /** The statement to copy. */
  sql?: RegExp;
  /** Another fault that a server doesn't tell apart from this one. */
  sameAs?: string;
};

const plain = (port: number): Setting => ({ port, sslMode: "off" });
const createState = () => `CREATE SCHEMA "_rudderstack"`;

async function encrypted(servers: FaultyServers, of: Made, trusted: boolean): Promise<Setting> {
  const made = certificate(of);
  return { port: await servers.encrypted(made), caCertificate: trusted ? made.cert : "" };
}

/** Where faults happen: a warehouse that is right, and everything that was opened for one of them. */
export class World {
  readonly servers = new FaultyServers();
  private readonly own: Warehouse[] = [];
  private readonly sshServers: SshServer[] = [];
  private constructor(readonly warehouse: Warehouse) {}

  static async open(): Promise<World> {
    return new World(await openWarehouse());
  }

  /** A warehouse of a fault's own, without `_rudderstack`; the statements follow as a superuser. */
  prepared = async (
    ...statements: ((of: Warehouse & { user: string }) => string)[]
  ): Promise<Setting> => {
    const made = await openWarehouse({ stateSchema: false });
    this.own.push(made);
    for (const statement of statements)
      await made.admin(statement({ ...made, user: identifier(made.config.user) }));
    return { ...made.config, password: made.secret.password };
  };

  /** An SSH server of a fault's own. */
  ssh = async (options?: SshServerOptions): Promise<SshServer> => {
    const made = await startSshServer(options);
    this.sshServers.push(made);
    return made;
  };

  /** The verification as the page runs it: each check's outcome. */
  async verify({ password, ssh, ...config }: Setting): Promise<CheckResult[]> {
    const { config: right, secret } = this.warehouse;
    const results: CheckResult[] = [];
    const own = {
      password: password ?? (config.port ? PASSWORD : secret.password),
      ...(ssh && { tunnel: { privateKey: "", passphrase: "", password: "", ...ssh } }),
    };
    for await (const { status, ...told } of checkRedshift({ ...right, ...config }, own, never))
      if (status !== "running") results.push({ ...told, status });
    return results;
  }

  async close(): Promise<void> {
    await this.servers.close();
    for (const server of this.sshServers) server.close();
    for (const each of [this.warehouse, ...this.own]) await each.drop();
  }
}

/** What a person was told of a fault: the failed check's words, or those of a part that is only worth a look. */
export function toldOf(
  results: CheckResult[],
  at: string,
): {
  where: string;
  summary: string;
  status: string;
  remedy?: CheckResult["remedy"];
  statement?: string;
  serverText?: string;
} {
  const [checkId = "", partId = ""] = at.split(" ");
  const found = results.find(({ id }) => id === checkId);
  const part = found?.parts?.find(({ id }) => id === partId);
  const { summary = "", remedy } = (part?.status === "warned" ? part : found) ?? {};
  return {
    where: at,
    summary,
    remedy,
    status: part?.status ?? "missing",
    statement: part?.statement,
    serverText: part?.serverText,
  };
}

/** Its words without what only this run has in it: ports, names, keys. */
export const withoutNames = (summary: string): string =>
  summary.replaceAll(/SHA256:[\w+/]+/g, "…").replaceAll(/:\d+|“[^”]*”|127\.0\.0\.1/g, "…");

export const warehouseFaults: readonly Fault[] = [
  {
    fault: "an address in a private network",
    given: () => ({ host: "10.255.0.1" }),
    at: "connection tcp",
    says: /^Tidegate may not connect to “10\.255\.0\.1”: that is a private network\.$/,
  },
  {
    fault: "a port of another service",
    given: () => ({ host: "93.184.216.34", port: 6379 }),
    at: "connection tcp",
    says: /^Tidegate doesn't connect to port 6379 for this\.$/,
  },
  {
    fault: "an SSH server that is a metadata service",
    given: () => ({
      tunnel: { use: true, host: "169.254.169.254", port: 22, user: "u", hostKey: "" },
      ssh: { password: PASSWORD },
    }),
    at: "connection tunnel",
    says: /^Tidegate may not connect to “169\.254\.169\.254”: that is a cloud's metadata service\.$/,
  },
  {
    fault: "a user that may have one connection",
    given: ({ prepared }) =>
      prepared(
        createState,
        ({ user }) => `GRANT ALL ON SCHEMA "_rudderstack" TO ${user}`,
        ({ user }) => `ALTER USER ${user} CONNECTION LIMIT 1`,
      ),
    at: "connection another",
    says: /^It was refused\. The user “User_\w+” has all the connections that its CONNECTION LIMIT allows\. While a run goes on, pages can't ask/,
    sql: /^ALTER USER "User_\w+" CONNECTION LIMIT 5;$/,
  },
  {
    fault: "a user that may have no connection",
    given: ({ prepared }) =>
      prepared(createState, ({ user }) => `ALTER USER ${user} CONNECTION LIMIT 0`),
    at: "connection database",
    says: /^The user “User_\w+” has all the connections that its CONNECTION LIMIT allows\.$/,
    sql: /^ALTER USER "User_\w+" CONNECTION LIMIT 5;$/,
  },
  {
    fault: "a database that takes one connection",
    given: ({ prepared }) =>
      // the superuser's own counts too
      prepared(
        createState,
        ({ user }) => `GRANT ALL ON SCHEMA "_rudderstack" TO ${user}`,
        ({ config }) => `ALTER DATABASE ${config.database} CONNECTION LIMIT 2`,
      ),
    at: "connection another",
    says: /^It was refused\. The database “db_\w+” has all the connections that its CONNECTION LIMIT allows\./,
    sql: /^ALTER DATABASE "db_\w+" CONNECTION LIMIT UNLIMITED;$/,
  },
  {
    fault: "bad host text",
    given: () => ({ host: "my cluster" }),
    at: "connection name",
    says: /can't be a host name/,
  },
  {
    fault: "a socket file as host",
    given: () => ({ host: "/var/run/postgresql" }),
    at: "connection name",
    says: /can't be a host name/,
    sameAs: "bad host text",
  },
  {
    fault: "a JDBC URL as host",
    given: () => ({ host: "jdbc:redshift://cluster.example:5439/dev" }),
    at: "connection name",
    says: /whole address/,
  },
  {
    fault: "a name that doesn't exist",
    given: () => ({ host: "no-such-host.invalid" }),
    at: "connection name",
    says: /no host named|can't be looked up/,
  }, // which depends on this machine's own DNS
  {
    fault: "a closed port",
    given: async ({ servers }) => ({ port: await servers.closedPort() }),
    at: "connection tcp",
    says: /refuses the connection/,
  },
  {
    fault: "nothing answers",
    given: async ({ servers }) => ({ port: await servers.blackhole() }),
    at: "connection tcp",
    says: /Nothing answers/,
  },
  {
    fault: "accepts, then silence",
    given: async ({ servers }) => ({ port: await servers.serve(() => undefined) }),
    at: "connection tls",
    says: /stays silent/,
  },
  {
    fault: "accepts, then silence, without TLS",
    given: async ({ servers }) => plain(await servers.serve(() => undefined)),
    at: "connection login",
    says: /stays silent/,
  },
  {
    fault: "accepts, then closes",
    given: async ({ servers }) => ({ port: await servers.serve((socket) => socket.end()) }),
    at: "connection tls",
    says: /closes it at once/,
  },
  {
    fault: "answers, then never ends the login",
    given: async ({ servers }) =>
      plain(await servers.answers(message("R", Buffer.concat([long(5), Buffer.from("salt")])))),
    at: "connection login",
    says: /didn't finish the login/,
  },
  {
    fault: "a web server",
    given: async ({ servers }) => ({
      port: await servers.answers("HTTP/1.1 400 Bad Request\r\n\r\n"),
    }),
    at: "connection tls",
    says: /doesn't speak Redshift's protocol/,
  },
  {
    fault: "TLS from the first byte",
    given: async ({ servers }) => ({
      port: await servers.listen(createTlsServer(certificate({ name: "web.example" }))),
    }),
    at: "connection tls",
    says: /encryption from the first byte/,
  },
  {
    fault: "no TLS offered",
    given: async ({ servers }) => ({ port: await servers.answers("N") }),
    at: "connection tls",
    says: /doesn't offer encryption/,
  },
  {
    fault: "TLS required",
    given: async ({ servers }) =>
      plain(
        await servers.answers(
          refusal(
            "28000",
            'no pg_hba.conf entry for host "::1", user "x", database "dev", SSL off',
          ),
        ),
      ),
    at: "connection tls",
    says: /encrypted connections only/,
  },
  {
    fault: "a self-signed certificate",
    given: ({ servers }) => encrypted(servers, { name: "cluster.example" }, false),
    at: "connection tls",
    says: /signed by itself alone/,
  },
  {
    fault: "an unknown authority",
    given: () => ({ caCertificate: "" }),
    at: "connection tls",
    says: /authority that is trusted/,
  },
  {
    fault: "a certificate for another name",
    given: ({ servers }) => encrypted(servers, { name: "other.example", ip: "" }, true),
    at: "connection tls",
    says: /not for the name/,
  },
  {
    fault: "an expired certificate",
    given: ({ servers }) =>
      encrypted(servers, { name: "cluster.example", from: -30, to: -2 }, true),
    at: "connection tls",
    says: /has expired/,
  },
  {
    fault: "a certificate of tomorrow",
    given: ({ servers }) => encrypted(servers, { name: "cluster.example", from: 2, to: 30 }, true),
    at: "connection tls",
    says: /isn't valid yet/,
  },
  {
    fault: "a wrong password",
    given: () => ({ password: "Wrong1Password" }),
    at: "connection login",
    says: /refused the user/,
    sql: /ALTER USER/,
  },
  {
    fault: "a password of characters that Redshift forbids",
    given: () => ({ password: "Wr0ng'\"\\/@ ü" }),
    at: "connection login",
    says: /refused the user/,
    sql: /ALTER USER/,
    sameAs: "a wrong password",
  },
  {
    fault: "an unknown user",
    given: () => ({ user: "nobody_here" }),
    at: "connection login",
    says: /refused the user “nobody_here”/,
    sql: /ALTER USER/,
    sameAs: "a wrong password",
  },
  {
    fault: "a password hashed in an unknown way",
    given: async ({ servers }) =>
      plain(await servers.answers(message("R", Buffer.concat([long(13), long(1)])))),
    at: "connection login",
    says: /it knows MD5 and SHA-256/,
    sql: /PASSWORD 'md5/,
  },
  {
    fault: "a digest cut short",
    given: async ({ servers }) =>
      plain(await servers.answers(message("R", Buffer.concat([long(13), long(0), long(99)])))),
    at: "connection login",
    says: /doesn't speak Redshift's protocol/,
    sameAs: "a web server",
  },
  {
    fault: "a login by identity provider",
    given: async ({ servers }) => plain(await servers.answers(message("R", long(14)))),
    at: "connection login",
    says: /kind of login that Tidegate doesn't know/,
  },
  {
    fault: "no free connection",
    given: async ({ servers }) =>
      plain(await servers.answers(refusal("53300", "sorry, too many clients already"))),
    at: "connection login",
    says: /no free connection/,
  },
  {
    fault: "a warehouse that starts",
    given: async ({ servers }) =>
      plain(await servers.answers(refusal("57P03", "the database system is starting up"))),
    at: "connection login",
    says: /starting or stopping/,
  },
  {
    fault: "an unknown database",
    given: () => ({ database: "no_such_db" }),
    at: "connection database",
    says: /no database named “no_such_db”/,
  },
  {
    fault: "PostgreSQL",
    given: async ({ servers }) => plain(await servers.postgres("PostgreSQL 18.4 on x86_64")),
    at: "connection redshift",
    says: /calls itself PostgreSQL 18\.4/,
  },
  {
    fault: "no schema to look into",
    given: ({ prepared }) =>
      prepared(
        createState,
        ({ user }) => `GRANT ALL ON SCHEMA "_rudderstack" TO ${user}`,
        ({ schema, user }) => `REVOKE ALL ON SCHEMA ${identifier(schema)} FROM ${user}`,
        () => "REVOKE ALL ON SCHEMA public FROM PUBLIC",
      ),
    at: "schemas use",
    says: /can access none of them/,
    sql: /GRANT USAGE ON SCHEMA/,
  },
  {
    fault: "no _rudderstack",
    given: ({ prepared }) => prepared(),
    at: "state-schema exists",
    says: /There is no schema “_rudderstack”/,
    sql: /^CREATE SCHEMA "_rudderstack";\nGRANT ALL/,
  },
  {
    fault: "no USAGE on _rudderstack",
    given: ({ prepared }) =>
      prepared(createState, ({ user }) => `GRANT CREATE ON SCHEMA "_rudderstack" TO ${user}`),
    at: "state-schema usage",
    says: /lacks USAGE on/,
    sql: /^GRANT USAGE ON SCHEMA "_rudderstack" TO "User_[0-9a-f]+";$/,
  },
  {
    fault: "no CREATE in _rudderstack",
    given: ({ prepared }) =>
      prepared(createState, ({ user }) => `GRANT USAGE ON SCHEMA "_rudderstack" TO ${user}`),
    at: "state-schema create",
    says: /lacks CREATE on/,
    sql: /^GRANT CREATE ON SCHEMA "_rudderstack" TO "User_[0-9a-f]+";$/,
  },
  {
    fault: "no SELECT on an existing table",
    given: ({ prepared }) =>
      prepared(
        createState,
        ({ user }) => `GRANT ALL ON SCHEMA "_rudderstack" TO ${user}`,
        () => `CREATE TABLE "_rudderstack"."old" (value varchar(8))`,
      ),
    at: "state-schema tables",
    says: /1 of 1 can't be used/,
    sql: /^GRANT ALL PRIVILEGES ON TABLE "_rudderstack"\."old" TO "User_[0-9a-f]+";$/,
  },
  // ── through an SSH server
  {
    fault: "an SSH server's name that doesn't exist",
    given: tunnelled({}, { host: "no-such-bastion.invalid" }),
    at: "connection tunnel",
    says: /no SSH server named|can't be looked up/,
  }, // which depends on this machine's own DNS
  {
    fault: "an SSH server that is a whole address",
    given: tunnelled({}, { host: "ssh://bastion" }),
    at: "connection tunnel",
    says: /can't be the name of an SSH server/,
  },
  {
    fault: "a closed SSH port",
    given: async ({ servers, ssh }) => through(await ssh(), { port: await servers.closedPort() }),
    at: "connection tunnel",
    says: /The SSH server 127\.0\.0\.1:\d+ refuses the connection/,
  },
  {
    fault: "an SSH server that doesn't answer",
    given: async ({ servers, ssh }) => through(await ssh(), { port: await servers.blackhole() }),
    at: "connection tunnel",
    says: /Nothing answers at the SSH server/,
  },
  {
    fault: "an SSH port that stays silent",
    given: async ({ servers, ssh }) =>
      through(await ssh(), { port: await servers.serve(() => undefined) }),
    at: "connection tunnel",
    says: /no SSH server greets/,
  },
  {
    fault: "an SSH port that hangs up",
    given: async ({ servers, ssh }) =>
      through(await ssh(), { port: await servers.serve((socket) => socket.end()) }),
    at: "connection tunnel",
    says: /closes the connection before the SSH login/,
  },
  {
    fault: "a web server as SSH server",
    given: async ({ servers, ssh }) =>
      through(await ssh(), {
        port: await servers.serve((socket) =>
          socket.end("HTTP/1.1 400 Bad Request\r\n\r\n".repeat(1_000)),
        ),
      }),
    at: "connection tunnel",
    says: /isn't an SSH server/,
  },
  {
    fault: "another host key",
    given: tunnelled({}, { hostKey: `SHA256:${"A".repeat(43)}` }),
    at: "connection tunnel",
    says: /shows another host key than before\. Pinned is SHA256:A{43}, it shows SHA256:[\w+/]{43}\./,
  },
  {
    fault: "an unknown SSH user",
    given: tunnelled({}, { user: "nobody" }),
    at: "connection tunnel",
    says: /refused the user “nobody” or the key/,
  },
  {
    fault: "a key that isn't authorized",
    given: async ({ ssh }) => through(await ssh(), {}, (await ssh()).secret),
    at: "connection tunnel",
    says: /refused the user “tide” or the key/,
    sameAs: "an unknown SSH user",
  },
  {
    fault: "a wrong SSH password",
    given: async ({ ssh }) => through(await ssh(), {}, { password: "Wrong" }),
    at: "connection tunnel",
    says: /refused the user “tide” or the key/,
    sameAs: "an unknown SSH user",
  },
  {
    fault: "half a private key",
    given: async ({ ssh }) => {
      const made = await ssh();
      return through(made, {}, { privateKey: made.secret.privateKey.slice(0, 120) });
    },
    at: "connection tunnel",
    says: /private key can't be read/,
  },
  {
    fault: "a public key as private key",
    given: async ({ ssh }) => {
      const made = await ssh();
      return through(made, {}, { privateKey: made.publicKey });
    },
    at: "connection tunnel",
    says: /private key can't be read/,
    sameAs: "half a private key",
  },
  {
    fault: "an encrypted key without its passphrase",
    given: async ({ ssh }) => {
      const made = await ssh();
      return through(made, {}, { privateKey: made.encryptedKey });
    },
    at: "connection tunnel",
    says: /protected by a passphrase/,
  },
  {
    fault: "a wrong passphrase",
    given: async ({ ssh }) => {
      const made = await ssh();
      return through(made, {}, { privateKey: made.encryptedKey, passphrase: "Wrong" });
    },
    at: "connection tunnel",
    says: /passphrase doesn't open/,
  },
  {
    fault: "an SSH server that never ends the login",
    given: tunnelled({ login: "silent" }),
    at: "connection tunnel",
    says: /didn't finish the login in time/,
  },
  {
    fault: "an SSH server of long ago",
    given: tunnelled({ encryption: "ancient" }),
    at: "connection tunnel",
    says: /know no common encryption/,
  },
  {
    fault: "forwarding that isn't allowed",
    given: tunnelled({ forwarding: "refused" }),
    at: "connection tunnel",
    says: /doesn't forward connections to/,
  },
  {
    fault: "a warehouse that the SSH server can't reach",
    given: async ({ servers, ssh }) => ({
      ...through(await ssh()),
      port: await servers.closedPort(),
    }),
    at: "connection tcp",
    says: /can't reach/,
  },
  {
    fault: "a warehouse that doesn't answer the SSH server",
    given: tunnelled({ forwarding: "silent" }),
    at: "connection tcp",
    says: /as seen from the SSH server/,
  },
];

/** Through an SSH server, entered right but for what is said here. */
function through(
  server: SshServer,
  tunnel: Partial<RedshiftConfig["tunnel"]> = {},
  ssh: Partial<TunnelSecret> = server.secret,
): Setting {
  return { tunnel: { ...server.tunnel, ...tunnel }, ssh };
}
function tunnelled(
  options: SshServerOptions,
  tunnel: Partial<RedshiftConfig["tunnel"]> = {},
): Fault["given"] {
  return async ({ ssh }) => through(await ssh(options), tunnel);
}

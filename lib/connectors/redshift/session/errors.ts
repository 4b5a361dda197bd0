// What went wrong between us and Redshift, said plainly. The one place that reads a driver's codes and texts.
import type { Remedy } from "@/lib/connectors/contract/checks";
import { explainTunnel, TunnelError } from "@/lib/connectors/ssh/errors";
import { SyncError, withoutSecrets, type Fault } from "@/lib/platform/errors";
import { foreignText, startOf, withInvisible } from "@/lib/platform/foreign-text";
import { explainRefusal, isIP, NetworkRefused } from "@/lib/platform/network/guard";
import { stateSchemaGrants } from "@/lib/connectors/redshift/checks/permissions";
import { identifier, literal } from "@/lib/connectors/redshift/quote";
import { serverErrorCode } from "./server-errors";
import { STATE_SCHEMA, type RedshiftConfig } from "@/lib/connectors/redshift/spec";

/** `away`: the warehouse isn't there now, as when it is paused; a run waits for it. */
export type Diagnosis = {
  message: string;
  fault: Fault;
  away?: boolean;
  code?: string;
  serverText?: string;
  remedy?: Remedy;
};

/** Our own codes beside SQLSTATE, errno and OpenSSL's, for what has none. */
export type OwnCode =
  | "HOST_IS_ADDRESS"
  | "HOST_UNREADABLE"
  | "NAME_TIMEOUT"
  | "CONNECT_TIMEOUT"
  | "SILENT"
  | "LOGIN_TIMEOUT"
  | "HUNG_UP"
  | "TLS_AT_ONCE"
  | "TLS_REQUIRED"
  | "TLS_NOT_OFFERED"
  | "NOT_POSTGRES"
  | "NOT_REDSHIFT"
  | "DIGEST_UNKNOWN"
  | "LOGIN_UNKNOWN"
  | "CONNECTION_LOST"
  | "IAM_OWN_NAME"
  | "IAM_UNNAMED"
  | "IAM_NO_IDENTITY"
  | "IAM_DENIED"
  | "IAM_NOT_FOUND"
  | "IAM_KEY_UNKNOWN"
  | "IAM_SECRET_WRONG"
  | "IAM_EXPIRED"
  | "IAM_OTHER_USER"
  | "IAM_FAILED";
/** Thrown by client.ts and what it is made of; `diagnose` turns it into words. */
export class DriverError extends Error {
  constructor(
    readonly code: OwnCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

type Context = Pick<RedshiftConfig, "host" | "port" | "database" | "user" | "tunnel">;
type Known = Omit<Diagnosis, "serverText" | "code">;
type Told = { code: string; text: string };
type Rule = (context: Context, told: Told) => Known;

const userFix = (message: string, text: string, sql?: string, causes?: string[]): Known => ({
  message,
  fault: "user-fixable",
  remedy: { text, ...(sql && { sql }), ...(causes && { causes }) },
});
const transient = (message: string, text?: string, causes?: string[]): Known => ({
  message,
  fault: "transient",
  ...(text && { remedy: { text, ...(causes && { causes }) } }),
});
const at = ({ host, port }: Context) => `${host}:${port}`;

const NETWORK =
  "Check host and port. In AWS, the cluster must be running and reachable from here: publicly accessible or in the same network, with an inbound rule of its security group for this port.";
const noAnswer: Rule = (c) =>
  transient(`Nothing answers at ${at(c)}.`, `${NETWORK} A paused cluster doesn't answer either.`, [
    `The security group has no inbound rule for port ${c.port} from this machine's address.`,
    "The cluster isn't publicly accessible, and this machine is outside its network (VPC).",
    "The cluster is paused, or being resized.",
    "Host or port is not the one of the endpoint.",
  ]);
const lost: Rule = (c) =>
  transient(
    `The connection to ${at(c)} was lost.`,
    "The warehouse may be restarting, resizing or in maintenance, or a firewall closed the connection.",
  );
const untrusted: Rule = (c) =>
  userFix(
    `The certificate of ${c.host} isn't signed by an authority that is trusted here.`,
    "If the server has a certificate of your own authority, paste that authority's certificate under “CA certificate”.",
    undefined,
    [
      "The server's certificate is from an authority of your own.",
      "Something between here and there inspects encrypted traffic and puts its own certificate in place of the server's.",
      "This is not the server it is meant to be.",
    ],
  );
const refusedLogin: Rule = (c) =>
  userFix(
    `The server refused the user “${c.user}” or its password.`,
    "Check user and password; capitals count in both. Setting a new password helps where it was forgotten.",
    `ALTER USER ${identifier(c.user)} PASSWORD '<strong_unique_password>';`,
    [
      "The password is another one; the server doesn't say which of the two is wrong.",
      `There is no user “${c.user}” in this cluster: users of another cluster, and IAM users, don't count.`,
      "The password has run out (VALID UNTIL), or the user may log in only by IAM.",
    ],
  );
const cantLookUp: Rule = (c) =>
  transient(
    `The name “${c.host}” can't be looked up right now.`,
    "The DNS server doesn't answer. Check this machine's network.",
  );
const conflict = transient(
  "Another transaction changed the same tables at the same time.",
  "Nothing was changed. It is tried again by itself.",
);
const canceled = userFix(
  "The warehouse stopped the statement: it took longer than allowed.",
  "Look for long queues or a statement_timeout of this user, or choose fewer rows.",
);

/** Of one user: a run, a load with its second look, and two for pages. */
const ENOUGH_CONNECTIONS = 5;

const madeMeanwhile: Rule = () =>
  transient("It exists already: another worker has just made it.", "It is tried again by itself.");

/** What somebody entered, with what can't be seen in it as its code. */
const seen = (entered: string): string =>
  startOf(
    withInvisible(entered, (code) => `⟨${code}⟩`),
    80,
  );

/** By SQLSTATE (five characters), errno of Node, code of OpenSSL, or our own. */
const rules: Record<string, Rule> = {
  HOST_IS_ADDRESS: (c) =>
    userFix(
      `“${seen(c.host)}” is a whole address, not a host name.`,
      "Paste it into “Connection string”, which takes it apart, or keep only the name between // and the port.",
    ),
  HOST_UNREADABLE: (c) =>
    userFix(
      `“${seen(c.host)}” can't be a host name.`,
      "A host name has letters, digits, dots and hyphens, and nothing else, such as cluster.abc123.eu-central-1.redshift.amazonaws.com.",
    ),
  ENOTFOUND: (c) =>
    userFix(
      `There is no host named “${c.host}”.`,
      "Check the host name: it is the cluster's endpoint without port and database, such as cluster.abc123.eu-central-1.redshift.amazonaws.com.",
      undefined,
      [
        "A letter of the name is wrong, or the port or database is still attached to it.",
        "The cluster was deleted or renamed.",
        "The name exists only in a private network's DNS, which this machine doesn't ask.",
      ],
    ),
  EAI_AGAIN: cantLookUp,
  NAME_TIMEOUT: cantLookUp,
  ECONNREFUSED: (c) =>
    transient(
      `${at(c)} refuses the connection.`,
      `Something is there, but nothing listens on port ${c.port}. ${NETWORK}`,
      [
        `The port isn't ${c.port}: Redshift's is 5439 unless changed.`,
        "The cluster is starting, or in maintenance.",
        "The host is another machine's.",
      ],
    ),
  ETIMEDOUT: noAnswer,
  EHOSTUNREACH: noAnswer,
  ENETUNREACH: noAnswer,
  CONNECT_TIMEOUT: noAnswer,
  SILENT: (c) =>
    transient(
      `${at(c)} takes the connection, but stays silent.`,
      "Check that host and port are the cluster's own, then the proxy, tunnel or load balancer in between.",
      [
        "A proxy, tunnel or load balancer takes the connection, and has no cluster behind it.",
        "The port is that of another service, which waits for other words.",
        "The cluster is overloaded or just waking up.",
      ],
    ),
  LOGIN_TIMEOUT: (c) =>
    transient(
      `${at(c)} answers, but didn't finish the login within 10 seconds.`,
      "The warehouse may be overloaded, resuming or out of connections. Try again in a minute.",
    ),
  HUNG_UP: (c) =>
    transient(
      `${at(c)} takes the connection and closes it at once, before the login.`,
      "Check that host and port are the cluster's own, then what is in between.",
      [
        "A load balancer or proxy in between has no cluster to go to.",
        "A firewall closes the connection because this machine's address isn't allowed.",
        "The port is that of another service.",
      ],
    ),
  TLS_AT_ONCE: (c) =>
    userFix(
      `${at(c)} wants encryption from the first byte, which Redshift doesn't: this is another service, such as a web server.`,
      "Enter the port of the cluster: 5439 unless changed. A load balancer in between must pass the connection through as it is.",
    ),
  TLS_REQUIRED: () =>
    userFix("The server accepts encrypted connections only.", "Set “SSL mode” to verify-full."),
  ECONNRESET: lost,
  EPIPE: lost,
  CONNECTION_LOST: lost,
  NOT_POSTGRES: (c) =>
    userFix(
      `What answers at ${at(c)} doesn't speak Redshift's protocol.`,
      "Check the port: Redshift's is 5439 unless changed.",
      undefined,
      [
        "The port is that of a web server or of another service.",
        "Host or port is that of a proxy.",
      ],
    ),
  NOT_REDSHIFT: (_, { text }) =>
    userFix(
      `This server isn't Amazon Redshift: it calls itself ${startOf(text.split(" on ")[0] ?? "", 80)}.`,
      "Enter the endpoint of a Redshift cluster or workgroup.",
    ),
  TLS_NOT_OFFERED: (c) =>
    userFix(
      `${at(c)} doesn't offer encryption.`,
      "Redshift always does, so check that this is the right server. If it is a test server, set “SSL mode” to off.",
    ),
  ERR_SSL_WRONG_VERSION_NUMBER: (c) =>
    userFix(`${at(c)} doesn't speak TLS as Redshift does.`, "Check host and port."),
  EPROTO: (c) =>
    userFix(
      `The encrypted connection to ${at(c)} could not be set up.`,
      "Check host and port, and whether something between here and there inspects encrypted traffic.",
    ),
  DEPTH_ZERO_SELF_SIGNED_CERT: (c) =>
    userFix(
      `The certificate of ${c.host} is signed by itself alone, which isn't trusted here.`,
      "If it is your own server, paste that certificate under “CA certificate”. Redshift's own is signed by Amazon.",
    ),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: (c) =>
    userFix(
      `The certificate of ${c.host} has expired.`,
      "The server needs a new certificate. Check this machine's clock too.",
    ),
  CERT_NOT_YET_VALID: (c) =>
    userFix(`The certificate of ${c.host} isn't valid yet.`, "Check this machine's clock."),
  ERR_TLS_CERT_ALTNAME_INVALID: (c) =>
    userFix(
      `The certificate is not for the name “${c.host}”.`,
      "Use the endpoint's own name as the host. With a custom domain name, the certificate must name it; “SSL mode” require encrypts without this check.",
    ),
  DIGEST_UNKNOWN: (c) =>
    userFix(
      `The password of “${c.user}” is stored with a hash that Tidegate doesn't know; it knows MD5 and SHA-256.`,
      "Have the same password stored as MD5: build the hash on the warehouse with the first statement, and put it into the second.",
      `SELECT 'md5' || MD5(${literal("<password>")} || ${literal(c.user)});\nALTER USER ${identifier(c.user)} PASSWORD 'md5<hash>';`,
    ),
  LOGIN_UNKNOWN: (c, { text }) =>
    userFix(
      `The server asks “${c.user}” for a kind of login that Tidegate doesn't know (${text}).`,
      "Tidegate logs in with a password. A user of an identity provider can't be used: create one with the permissions script.",
    ),
  IAM_OWN_NAME: (c) =>
    userFix(
      `“${c.host}” isn't an endpoint of Redshift, so the identity of Tidegate's own machine isn't used for it.`,
      "Enter the endpoint as the host, or access keys that may log in to this cluster only.",
    ),
  IAM_UNNAMED: () =>
    userFix(
      "IAM needs to know which cluster or workgroup this host is, and in which region.",
      "Enter both under “Log in by IAM”: a name of one's own doesn't tell them.",
    ),
  IAM_NO_IDENTITY: () =>
    userFix(
      "This machine has no keys for AWS of its own.",
      "Enter access keys, or run Tidegate where it has a role: an instance profile, a task role, or a profile in ~/.aws.",
    ),
  IAM_DENIED: (c) =>
    userFix(
      `IAM doesn't let this identity log in as “${c.user}”.`,
      "Attach a policy that allows redshift:GetClusterCredentials for this user and database of the cluster, or redshift-serverless:GetCredentials for the workgroup.",
      undefined,
      [
        "The policy names another cluster, user or database.",
        "The user has to be there already: it isn't created by logging in.",
      ],
    ),
  IAM_NOT_FOUND: (c) =>
    userFix(
      `AWS knows no cluster or workgroup for “${c.host}” in this account and region.`,
      "Check the endpoint, and that the identity is of the account that the cluster is in.",
    ),
  IAM_KEY_UNKNOWN: () =>
    userFix(
      "The access key id is not known to AWS.",
      "Check the access key id, or make a new key.",
    ),
  IAM_SECRET_WRONG: () =>
    userFix(
      "The secret access key is not the one that belongs to the access key id.",
      "Enter the secret again, or make a new key.",
    ),
  IAM_EXPIRED: () =>
    userFix(
      "The temporary keys that this machine has for AWS have run out.",
      "Renew them, or enter access keys.",
    ),
  IAM_OTHER_USER: (c, { text }) =>
    userFix(
      `IAM logs in as “${text}”, not as “${c.user}”.`,
      `Enter ${text} as the user, and grant it what the permissions script names.`,
    ),
  IAM_FAILED: () =>
    transient(
      "AWS didn't hand out a temporary password.",
      "Check this machine's network and clock. AWS's own text is below.",
    ),
  "28000": refusedLogin,
  "28P01": refusedLogin,
  "53300": () =>
    transient("The warehouse has no free connection.", "Close unused connections, or wait."),
  CONNECTION_LIMIT: (c, { text }) => ({
    message: /for database/i.test(text)
      ? `The database “${c.database}” has all the connections that its CONNECTION LIMIT allows.`
      : `The user “${c.user}” has all the connections that its CONNECTION LIMIT allows.`,
    fault: "transient",
    remedy: {
      text: "End what holds them, or raise the limit: a run needs one connection, loading into the same cluster two more, and pages that are open two. A superuser runs this:",
      sql: /for database/i.test(text)
        ? `ALTER DATABASE ${identifier(c.database)} CONNECTION LIMIT UNLIMITED;`
        : `ALTER USER ${identifier(c.user)} CONNECTION LIMIT ${ENOUGH_CONNECTIONS};`,
    },
  }),
  "3D000": (c) =>
    userFix(
      `There is no database named “${c.database}”.`,
      "Check the name of the database; capitals count.",
    ),
  "3F000": (c, { text }) =>
    userFix(
      "A schema doesn't exist.",
      `Check that it wasn't dropped or renamed. ${text.includes(STATE_SCHEMA) ? "Create it with this statement:" : ""}`.trim(),
      text.includes(STATE_SCHEMA) ? stateSchemaGrants(c.user).create : undefined,
    ),
  "42P01": () =>
    userFix(
      "A table doesn't exist.",
      "Check that it wasn't dropped or renamed, and that this user may see it.",
    ),
  "42703": () =>
    userFix("A column doesn't exist any more.", "Open the source and select its columns again."),
  "42501": (c, { text }) =>
    /\btidegate_|_rudderstack\b/.test(text)
      ? userFix(
          `The user “${c.user}” isn't allowed to use what is kept in “${STATE_SCHEMA}”.`,
          "An earlier user may have made it. A superuser, or the tables' owner, runs this:",
          `${stateSchemaGrants(c.user).schema}\n${stateSchemaGrants(c.user).tables}`,
        )
      : userFix(
          `The user “${c.user}” isn't allowed to do this.`,
          "Grant what the permissions script names; the server's text says for which object.",
        ),
  "42P07": madeMeanwhile,
  "42P06": madeMeanwhile,
  "42710": madeMeanwhile,
  // Redshift enforces no keys of its users: only the catalogue's own are ever violated
  "23505": madeMeanwhile,
  "40001": () => conflict,
  "40P01": () => conflict,
  "1023": () => conflict,
  CONFLICT: () => conflict,
  RELATION_REPLACED: () =>
    transient(
      "A table that the statement reads was dropped or made again while it ran.",
      "Nothing was changed. It is tried again by itself.",
    ),
  RELATION_NOT_IN_SNAPSHOT: () =>
    transient(
      "A table was made or dropped after this transaction had begun, so the transaction doesn't see it.",
      "Nothing was changed. It is tried again by itself.",
    ),
  QUERY_ABORTED: () =>
    userFix(
      "The warehouse aborted the statement by itself.",
      "Ask the warehouse's administrator which rule stopped it: STL_WLM_RULE_ACTION lists them, on Serverless SYS_QUERY_HISTORY shows the query. Raise the rule's limit for this user or its queue, or choose fewer rows.",
      undefined,
      [
        "A query monitoring rule (WLM) aborts statements that run long, read much or write much.",
        "An administrator cancelled it.",
      ],
    ),
  DISK_FULL: () =>
    userFix(
      "The warehouse's disks are full.",
      "Nothing was changed. Delete what isn't needed and run VACUUM, or add nodes: the state of a source needs about as much room as its selected columns, and a load as much as one batch.",
    ),
  OUT_OF_RESOURCES: () =>
    userFix(
      "The warehouse lacks the memory or disk for this statement.",
      "Nothing was changed. Give this user's queue more memory, add nodes or raise the base capacity of the workgroup, or choose fewer columns.",
    ),
  RESIZING: () => ({
    ...transient(
      "The warehouse is being resized and takes no changes.",
      "It is tried again by itself when the resize has ended.",
    ),
    away: true,
  }),
  TOO_MANY_COLUMNS: () =>
    userFix(
      "This needs more columns than a Redshift table can have (1,600).",
      "Select fewer columns: besides them a source's state has up to six of its own.",
    ),
  PROTECTED_BY_POLICY: (c) =>
    userFix(
      "A row-level security or masking policy of the warehouse refuses this statement.",
      `Such tables refuse a session whose enable_case_sensitive_identifier differs from the warehouse's default, and Tidegate switches it on only for names with capital letters. Rename what has capitals, set it to true in the parameter group of the cluster or workgroup, or grant IGNORE RLS to a role of “${c.user}”.`,
      undefined,
      [
        "The table, or one of the selected columns, has capital letters in its name.",
        "No policy gives this user any row.",
      ],
    ),
  "57014": () => canceled,
  "57P03": () =>
    transient("The warehouse is starting or stopping.", "It is tried again by itself."),
};

/** Every cause that has a message of its own. */
export const knownCauses: readonly string[] = Object.keys(rules);

/** Whole classes of SQLSTATE, where no rule above is nearer. */
const classes: Record<string, Rule> = {
  "08": lost,
  "57": lost,
  "53": () => transient("The warehouse is out of a resource, such as disk or memory."),
  "58": () => transient("The warehouse reports a fault of its own."),
};

function codeOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const detail = "detail" in error && typeof error.detail === "string" ? error.detail : "";
  const meaning = serverErrorCode(code, `${error.message}\n${detail}`);
  if (meaning) return meaning;
  if (
    code.startsWith("28") &&
    /no pg_hba\.conf entry.*(SSL off|no encryption)/i.test(error.message)
  )
    return "TLS_REQUIRED";
  if (code === "" && error.message === "Connection terminated unexpectedly")
    return "CONNECTION_LOST"; // pg's own text
  return code;
}

/** Whether the server was reached, and refused the user or its password: another password may do. */
export const isRefusedLogin = (error: unknown): boolean =>
  error instanceof Error && /^28(000|P01)$/.test(codeOf(error));

const AWAY = new Set([
  "EAI_AGAIN",
  "NAME_TIMEOUT",
  "ECONNREFUSED",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "CONNECT_TIMEOUT",
  "SILENT",
  "LOGIN_TIMEOUT",
  "HUNG_UP",
  "ECONNRESET",
  "EPIPE",
  "CONNECTION_LOST",
  "53300",
]);
const isAway = (code: string): boolean => AWAY.has(code) || /^(08...|57P0.)$/.test(code);

/** An error of the driver, the socket or the server, in words. `secrets` never appear in the result. */
export function diagnose(error: unknown, context: Context, secrets: string[] = []): Diagnosis {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = codeOf(cause);
  const detail = "detail" in cause && typeof cause.detail === "string" ? ` ${cause.detail}` : "";
  // Several addresses of one name, each with its own failure: the outer error has no words
  const message =
    cause.message || (cause instanceof AggregateError ? cause.errors.map(String).join("; ") : "");
  const text = foreignText(withoutSecrets(`${message}${detail}`.trim(), secrets));
  if (cause instanceof TunnelError) {
    const told = explainTunnel(cause, context.tunnel, at(context));
    return { ...told, away: told.fault === "transient", code, serverText: text };
  }
  if (cause instanceof NetworkRefused) {
    const { message: refused, remedy, causes } = explainRefusal(cause);
    return { ...userFix(refused, remedy, undefined, causes), code };
  }
  const rule = rules[code] ?? (/^[0-9A-Z]{5}$/.test(code) ? classes[code.slice(0, 2)] : undefined);
  const known: Known = rule?.(context, { code, text }) ?? {
    message: "The warehouse refused a statement.",
    fault: "terminal",
  };
  return {
    ...known,
    ...(known.fault === "transient" && isAway(code) && { away: true }),
    ...(code && { code }),
    serverText: text,
  };
}

/** What is no host name is never tried: a leading slash would be a socket file, and a list of names several servers. */
export function hostProblem(host: string): OwnCode | null {
  if (isIP(host) !== 0 || /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?\.?$/u.test(host))
    return null;
  return /^[a-z][a-z0-9+.-]*:/i.test(host) || /^[^/]+:\d+(\/|$)/.test(host)
    ? "HOST_IS_ADDRESS"
    : "HOST_UNREADABLE";
}

export const toSyncError = (diagnosis: Diagnosis, cause?: unknown): SyncError => {
  const { message, fault, away, remedy, code, serverText } = diagnosis;
  return new SyncError(
    message,
    fault,
    {
      remedy: remedy && [remedy.text, remedy.sql].filter(Boolean).join("\n"),
      code,
      serverText,
      ...(away && { waitsFor: "warehouse" as const }),
    },
    { cause },
  );
};

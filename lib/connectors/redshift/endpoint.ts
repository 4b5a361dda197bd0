// Whatever a person has at hand to say where their Redshift is: an endpoint, a JDBC or postgres URL, a psql line. Isomorphic.
import { sslModes, type RedshiftConfig } from "./spec";

export type Endpoint = Partial<
  Pick<RedshiftConfig, "host" | "port" | "database" | "user" | "sslMode">
> & { password?: string };

const PARAMETERS: Record<string, keyof Endpoint> = {
  host: "host",
  hostaddr: "host",
  port: "port",
  dbname: "database",
  database: "database",
  user: "user",
  uid: "user",
  username: "user",
  password: "password",
  pwd: "password",
  sslmode: "sslMode",
  ssl: "sslMode",
};

/** libpq's and the JDBC driver's names for TLS, as ours: whoever asks for encryption gets it verified. */
function sslModeOf(text: string): RedshiftConfig["sslMode"] | undefined {
  if (/^(disable|false|off)$/i.test(text)) return "off";
  if (/^(require|allow|prefer)$/i.test(text)) return "require";
  return /^(true|verify-ca|verify-full)$/i.test(text)
    ? "verify-full"
    : sslModes.find((mode) => mode === text);
}

function put(found: Endpoint, name: string, value: string): void {
  const field = PARAMETERS[name.toLowerCase()];
  if (!field || value === "") return;
  if (field === "port") {
    if (/^\d{1,5}$/.test(value)) found.port = Number(value);
  } else if (field === "sslMode") {
    const mode = sslModeOf(value);
    if (mode) found.sslMode = mode;
  } else found[field] = value;
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare % in a password is no escape
  }
};

/** `[user[:password]@]host[:port][/database][?a=b&c=d]`, with JDBC's `;a=b` too. */
function fromAddress(text: string): Endpoint {
  const found: Endpoint = {};
  const [, login, host, port, database, parameters = ""] =
    /^(?:([^/?#]*)@)?(\[[^\]]+\]|[^/:?;#]*)(?::(\d+))?(?:\/([^?;]*))?(?:[?;](.*))?$/.exec(text) ??
    [];
  if (login !== undefined) {
    const [user = "", ...password] = login.split(":");
    put(found, "user", decode(user));
    put(found, "password", decode(password.join(":")));
  }
  if (host) found.host = host.replace(/^\[|\]$/g, "");
  if (port) put(found, "port", port);
  if (database) found.database = decode(database);
  for (const part of parameters.split(/[&;]/)) {
    const [name = "", ...value] = part.split("=");
    put(found, name, decode(value.join("=")));
  }
  return found;
}

/** The words of a shell line, quotes taken off. */
const words = (line: string): string[] =>
  [...line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"),
  );

const FLAGS: Record<string, string> = {
  "-h": "host",
  "--host": "host",
  "-p": "port",
  "--port": "port",
  "-U": "user",
  "--username": "user",
  "-d": "dbname",
  "--dbname": "dbname",
};

function fromPsql(line: string): Endpoint {
  const found: Endpoint = {};
  const parts = words(line);
  for (let at = 0; at < parts.length; at += 1) {
    const word = parts[at] ?? "";
    const [, variable, value] =
      /^PG(HOST|PORT|USER|PASSWORD|DATABASE|SSLMODE)=(.*)$/.exec(word) ?? [];
    const [flag = "", joined] = word.startsWith("--")
      ? word.split("=")
      : /^-[hpUd]./.test(word)
        ? [word.slice(0, 2), word.slice(2)]
        : [word];
    if (variable && value !== undefined) put(found, variable, value);
    else if (FLAGS[flag]) {
      const text = joined ?? parts[(at += 1)] ?? "";
      if (FLAGS[flag] === "dbname" && /[:=]/.test(text)) Object.assign(found, parse(text));
      else put(found, FLAGS[flag], text);
    } else if (word !== "psql" && !word.startsWith("-")) {
      if (/:\/\/|=/.test(word)) Object.assign(found, parse(word));
      else if (found.database === undefined) found.database = word;
      else put(found, "user", word);
    }
  }
  return found;
}

function parse(text: string): Endpoint {
  const url = /^(?:jdbc:)?(?:redshift|postgres(?:ql)?)(?::iam)?:\/\/(.*)$/is.exec(text);
  if (url) return fromAddress(url[1] ?? "");
  if (/^(?:PG[A-Z]+=(?:'[^']*'|"[^"]*"|\S)+\s+)*psql\b/.test(text)) return fromPsql(text);
  if (/^\w+\s*=/.test(text)) {
    const found: Endpoint = {};
    for (const [, name = "", single, plain] of text.matchAll(
      /(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S+))/g,
    ))
      put(found, name, single?.replace(/\\(.)/g, "$1") ?? plain ?? "");
    return found;
  }
  return fromAddress(text);
}

/** What a pasted text says; null when it names no host that could be one. Everything it does not say is left out. */
export function parseEndpoint(pasted: string): Endpoint | null {
  const found = parse(pasted.trim());
  return found.host && /^[A-Za-z0-9._:-]+$/.test(found.host) ? found : null;
}

export type HostFacts = { deployment: "provisioned" | "serverless"; name: string; region: string };

/** What an endpoint's name tells: `cluster.id.region.redshift…` or `workgroup.account.region.redshift-serverless…`; null for a name of one's own. */
export function hostFacts(host: string): HostFacts | null {
  const [, name, region, service] =
    /^([a-z0-9-]+)\.[a-z0-9]+\.([a-z0-9-]+)\.(redshift|redshift-serverless)\.amazonaws\.com(?:\.cn)?$/i.exec(
      host.trim(),
    ) ?? [];
  return name && region && service
    ? {
        deployment: service.toLowerCase() === "redshift" ? "provisioned" : "serverless",
        name,
        region,
      }
    : null;
}

/** What was understood, in words, without the password itself. */
export function endpointText({ host, port, database, user, password, sslMode }: Endpoint): string {
  const facts = host ? hostFacts(host) : null;
  const where = facts
    ? `${facts.deployment === "provisioned" ? "provisioned cluster" : "serverless workgroup"} ${facts.name} in ${facts.region}`
    : `host ${host ?? ""}`;
  return [
    where,
    port && `port ${port}`,
    database && `database ${database}`,
    user && `user ${user}`,
    password && "a password",
    sslMode && `SSL ${sslMode}`,
  ]
    .filter(Boolean)
    .join(", ");
}

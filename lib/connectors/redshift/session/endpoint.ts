// Whatever a person has at hand to say where their Redshift is: an endpoint, a URL of JDBC, SQLAlchemy or libpq, psql with
// what stands around it in a shell, ODBC, or settings line by line. Isomorphic.
import { invisibleCharacters, withInvisible } from "@/lib/platform/foreign-text";
import { sslModes, type RedshiftConfig } from "@/lib/connectors/redshift/spec";

export type Endpoint = Partial<
  Pick<RedshiftConfig, "host" | "port" | "database" | "user" | "sslMode">
> & {
  password?: string;
  /** The login is by IAM; a JDBC URL may name the cluster and its region in place of a host. */
  iam?: { use: true; name?: string; region?: string };
};

/** Stands where a password stood in what is shown. */
export const MASK = "•••";

type Field = Exclude<keyof Endpoint, "iam">;

const PARAMETERS: Record<string, Field> = {
  host: "host",
  hostaddr: "host",
  hostname: "host",
  server: "host",
  servername: "host",
  endpoint: "host",
  port: "port",
  dbname: "database",
  db: "database",
  database: "database",
  databasename: "database",
  user: "user",
  uid: "user",
  userid: "user",
  username: "user",
  dbuser: "user",
  password: "password",
  passwd: "password",
  pass: "password",
  pwd: "password",
  sslmode: "sslMode",
  ssl: "sslMode",
};

/** `PGHOST`, `SSL Mode`, `REDSHIFT_DB_NAME` and the like are names of the same things. */
function fieldOf(name: string): Field | undefined {
  let plain = name.toLowerCase().replace(/[\s_-]/g, "");
  for (;;) {
    const field = PARAMETERS[plain];
    const shorter = plain.replace(/^(pg|postgres|redshift|rs|dwh|db)/, "");
    if (field || shorter === plain) return field;
    plain = shorter;
  }
}

/** libpq's and the JDBC driver's names for TLS, as ours: whoever asks for encryption gets it verified. */
function sslModeOf(text: string): RedshiftConfig["sslMode"] | undefined {
  if (/^(disable|false|off|0)$/i.test(text)) return "off";
  if (/^(require|allow|prefer)$/i.test(text)) return "require";
  return /^(true|verify-?ca|verify-?full|1)$/i.test(text)
    ? "verify-full"
    : sslModes.find((mode) => mode === text);
}

function put(found: Endpoint, name: string, value: string): void {
  const field = fieldOf(name);
  if (!field || value === "") return;
  if (field === "port") {
    if (/^\d{1,5}$/.test(value)) found.port = Number(value);
  } else if (field === "sslMode") {
    const mode = sslModeOf(value);
    if (mode) found.sslMode = mode;
  } else if (field === "host") putHost(found, value);
  else found[field] = value;
}

/** A setting named “endpoint” holds port and database too. */
function putHost(found: Endpoint, value: string): void {
  if (isHost(value) || !/[:/]/.test(value)) found.host = value;
  else Object.assign(found, fromAddress(value.replace(/^tcp:(\/\/)?/i, "")));
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare % in a password is no escape
  }
};

const isHost = (text: string | undefined): boolean =>
  text !== undefined && (/^[A-Za-z0-9._-]+$/.test(text) || /^[0-9a-f:]*:[0-9a-f:.]*$/i.test(text));

const ADDRESS = /^(\[[^\]]+\]|[^/:?;#]*)(?::(\d+))?(?:\/([^?;]*))?(?:[?;](.*))?$/s;

/** Whether the rest of an address after its login begins with a host that is one beyond doubt. */
const beginsWithHost = (rest: string): boolean => {
  const host = ADDRESS.exec(rest)?.[1]?.replace(/^\[|\]$/g, "");
  return isHost(host) && /[.:]|^localhost$/i.test(host ?? "");
};

/** Where the login of an address ends, -1 without one. A password that nobody escaped may hold any sign, `@` and `/` too. */
function endOfLogin(address: string): number {
  const sign = address.search(/[/?#;]/);
  const first = (sign < 0 ? address : address.slice(0, sign)).lastIndexOf("@");
  if (beginsWithHost(address.slice(first + 1))) return first;
  const last = address.lastIndexOf("@");
  return beginsWithHost(address.slice(last + 1)) ? last : first;
}

/** `[user[:password]@]host[:port][/database][?a=b&c=d]`, with JDBC's `;a=b` too. */
function fromAddress(text: string): Endpoint {
  const at = endOfLogin(text);
  const found: Endpoint = {};
  if (at >= 0) {
    const [user = "", ...password] = text.slice(0, at).split(":");
    put(found, "user", decode(user));
    put(found, "password", decode(password.join(":")));
  }
  const [, host, port, database, parameters = ""] = ADDRESS.exec(text.slice(at + 1)) ?? [];
  if (host) found.host = host.replace(/^\[|\]$/g, "");
  if (port) put(found, "port", port);
  const name = database?.replace(/\/+$/, "");
  if (name) found.database = decode(name);
  for (const part of parameters.split(/[&;]/)) {
    const [parameter = "", ...value] = part.split("=");
    put(found, parameter.trim(), decode(value.join("=").trim()));
  }
  return found;
}

/** The words of a shell line, quotes and escapes taken off; `end`: one that ends the command. */
function words(line: string): { text: string; isEnd: boolean }[] {
  const pieces = /'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\;|&<>]+|[;|&<>]+|\n|[^\S\n]+|./gs;
  const found: { text: string; isEnd: boolean }[] = [];
  let open: string | undefined;
  const close = () => {
    if (open !== undefined) found.push({ text: open, isEnd: false });
    open = undefined;
  };
  for (const [piece] of line.matchAll(pieces)) {
    if (/^[^\S\n]+$/.test(piece)) close();
    else if (/^([;|<>]+|&+|\n)$/.test(piece)) {
      close();
      found.push({ text: piece, isEnd: true });
    } else open = (open ?? "") + unquoted(piece);
  }
  close();
  return found;
}

function unquoted(piece: string): string {
  if (piece.length > 1 && piece.startsWith("'")) return piece.slice(1, -1);
  if (piece.length > 1 && piece.startsWith('"'))
    return piece.slice(1, -1).replace(/\\(["\\$`])/g, "$1");
  return piece.replace(/^\\(.)$/s, "$1");
}

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
/** Flags of psql whose next word is theirs, and tells nothing of where to. */
const OTHER_FLAGS =
  /^(-[A-Za-z0-9]*[cfvoFPRTL]|--(command|file|set|variable|output|field-separator|pset|record-separator|table-attr|log-file))$/;

const PSQL = /^(.*[\\/])?(psql|pgcli|rsql)(\.exe)?$/i;
const ASSIGNMENT = /^(?:\$env:)?([A-Za-z_]\w*)=(.*)$/is;

function fromPsql(line: string): Endpoint {
  const found: Endpoint = {};
  const parts = words(line);
  const psql = parts.findIndex(({ text, isEnd }) => !isEnd && PSQL.test(text));
  for (const { text } of parts.slice(0, psql)) {
    const [, name, value = ""] = ASSIGNMENT.exec(text) ?? [];
    if (name) put(found, name, value);
  }
  const after = parts.slice(psql + 1);
  const end = after.findIndex(({ isEnd }) => isEnd);
  const own = (end < 0 ? after : after.slice(0, end)).map(({ text }) => text);
  let databases = 0;
  for (let at = 0; at < own.length; at += 1) {
    const word = own[at] ?? "";
    const [, long, joined] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
    const [, short, close] = /^(-[hpUd])(.+)$/s.exec(word) ?? [];
    const flag = long ?? short ?? word;
    if (FLAGS[flag]) {
      const text = joined ?? close ?? own[(at += 1)] ?? "";
      if (FLAGS[flag] === "dbname" && /[:=]/.test(text)) Object.assign(found, parse(text));
      else put(found, FLAGS[flag], text);
    } else if (OTHER_FLAGS.test(word)) at += 1;
    else if (!word.startsWith("-")) {
      if (/:\/\/|=/.test(word)) Object.assign(found, parse(word));
      else if (databases === 0 && found.database === undefined) found.database = word;
      else put(found, "user", word);
      databases += 1;
    }
  }
  return found;
}

const SCHEME = String.raw`(?:jdbc:)?(?:(?:redshift|postgres(?:ql)?)(?:\+\w+)?(?::iam)?|iam|redshift-iam):\/\/`;
/** A URL that something is made from: in quotes it ends with them, else with the blank after it. */
const URL_WITHIN = new RegExp(`(["'])(${SCHEME}.*?)\\1|(${SCHEME}\\S+)`, "is");
const URL_ALONE = new RegExp(`^${SCHEME}(.*)$`, "is");

/** What may be an address with a login, in a longer text or alone. */
const ADDRESS_WITHIN = new RegExp(
  `${SCHEME}[^\\s"']+|^\\s*[^\\s:/]+:(?!//)[^\\s]*@\\S+\\s*$`,
  "gi",
);

/** A name with its value as ODBC, libpq, YAML, JSON, Python and shells write it. */
const VALUE = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\{(?:[^}]|\}\})*\}`;
const SEPARATED = /;\s*\w+(?: (?:mode|id|source|name))?\s*=/i;
const pairsOf = (text: string): RegExpExecArray[] => {
  // a comma ends a value where the next name follows; a password may hold one
  const bare = SEPARATED.test(text) ? String.raw`[^;\n]*` : String.raw`(?:[^\s,]|,(?![\s"'}]))*`;
  const pair = new RegExp(
    String.raw`(?<![\w.])["']?([A-Za-z_]\w*(?: (?:mode|id|source|name))?)["']?\s*(?:=|:(?!\/\/))[^\S\n]*(${VALUE}|${bare})`,
    "gi",
  );
  return [...text.matchAll(pair)];
};

function fromPairs(text: string): Endpoint {
  const found: Endpoint = {};
  for (const [, name = "", value = ""] of pairsOf(text)) put(found, name, valueOf(value.trim()));
  return found;
}

function valueOf(value: string): string {
  if (/^\{.*\}$/s.test(value)) return value.slice(1, -1).replaceAll("}}", "}");
  if (/^(["']).*\1$/s.test(value) && value.length > 1)
    return value.slice(1, -1).replace(/\\(.)/gs, "$1");
  return value.replace(/[,)]+$/, "");
}

/** A line of ~/.pgpass: host, port, database, user and password. */
const PGPASS = /^([^\s:/]+):(\d{1,5}|\*):([^:\n]+):([^:\n]+):(.+)$/m;

function fromPgpass(line: string): Endpoint | undefined {
  const [, ...fields] = PGPASS.exec(line) ?? [];
  if (fields.length === 0) return undefined;
  const found: Endpoint = {};
  for (const [at, name] of ["host", "port", "dbname", "user", "password"].entries())
    if (fields[at] !== "*") put(found, name, (fields[at] ?? "").replace(/\\(.)/g, "$1"));
  return found;
}

const PROMPT = /^[^\S\n]*(?:PS [^>\n]*>|[\w.~-]+@[^\n$#%]*[$#%]|[$%#>❯])[^\S\n]+/gm;

/** As one line where a shell goes on in the next, without prompts, and with plain quotes and blanks. */
const tidied = (text: string): string =>
  withInvisible(text.replaceAll("\u00a0", " "), () => "")
    .replaceAll(/⟨U\+[0-9A-F]{4,6}⟩/g, "")
    .replaceAll(/[“”„]/g, '"')
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/(^|\s)[\\^`][^\S\n]*(\n|(?=\s|$))/g, "$1 ") // an input of one line has lost the line's end
    .replaceAll(PROMPT, "")
    .trim();

function parse(text: string): Endpoint {
  const whole = URL_ALONE.exec(text);
  if (whole && !/\n/.test(text)) return fromAddress((whole[1] ?? "").replace(/["']$/, ""));
  if (words(text).some((word) => !word.isEnd && PSQL.test(word.text))) return fromPsql(text);
  const pgpass = fromPgpass(text);
  if (pgpass) return pgpass;
  const [, , quoted, plain] = URL_WITHIN.exec(text) ?? [];
  const within = quoted ?? plain;
  if (within) {
    const around = fromPairs(text.replace(within, ""));
    return { ...around, ...fromAddress((URL_ALONE.exec(within)?.[1] ?? "").replace(/[,)]+$/, "")) };
  }
  if (/^["']?[^/@?"']*=|^["'{[]|^\w+["']?:\s|\n/.test(text)) {
    const found = fromPairs(text);
    if (Object.keys(found).length > 0) return found;
  }
  return fromAddress(text.replace(/^(["'])(.*)\1$/s, "$2").replace(/[\s,;.]+$/, ""));
}

const withoutMask = ({ password, ...found }: Endpoint): Endpoint =>
  password === undefined || password.includes(MASK) ? found : { ...found, password };

/** Longer is nothing that says where a warehouse is; it isn't read, nor kept. */
export const MOST_PASTED = 4_000;

const IAM_SCHEME = /(?:\b(?:redshift|postgres(?:ql)?)(?:\+\w+)?:iam|\biam|\bredshift-iam):\/\//i;
/** `iam://cluster:region/db` (AWS, JDBC driver, “IAM authentication”): no host, which the driver asks AWS for. */
const IAM_CLUSTER = /(iam:\/\/)([a-z][a-z0-9-]*):([a-z]{2}(?:-[a-z]+)+-\d)(?=[/?;\s"']|$)/i;

/**
 * What a pasted text says; null when it names neither a host that could be one nor a cluster to log in to by IAM.
 * Everything it does not say is left out.
 */
export function parseEndpoint(pasted: string): Endpoint | null {
  const text = tidied(pasted);
  const [, , name, region] = IAM_CLUSTER.exec(text) ?? [];
  if (name && region) {
    const { host: _, ...found } = withoutMask(parse(text.replace(IAM_CLUSTER, "$1")));
    return { ...found, iam: { use: true, name, region: region.toLowerCase() } };
  }
  const found = withoutMask(parse(text));
  if (!isHost(found.host)) return null;
  return IAM_SCHEME.test(text) ? { ...found, iam: { use: true } } : found;
}

/** The password in a pasted text, also where it names no host. */
export const passwordIn = (pasted: string): string | undefined =>
  withoutMask(parse(tidied(pasted))).password;

/** Names of what nobody may see. */
const SECRET =
  /^\w*(password|passwd|passphrase|pass|pwd|secret|secret_?(access_?)?key|token|sessiontoken)$/i;

type Span = [from: number, to: number];

/** Where the passwords of logins in addresses stand. */
const ofLogins = (pasted: string): Span[] =>
  [...pasted.matchAll(ADDRESS_WITHIN)].map(({ 0: address, index }): Span => {
    const bare = address.replace(URL_ALONE, "$1");
    const from = index + address.length - bare.length;
    const login = bare.slice(0, Math.max(0, endOfLogin(bare)));
    const colon = login.indexOf(":");
    return colon < 0 ? [from, from] : [from + colon + 1, from + login.length];
  });

/** That of a line of ~/.pgpass. */
const ofPgpass = (pasted: string): Span[] => {
  const found = PGPASS.exec(pasted);
  const password = found?.[5] ?? "";
  if (!found || password === "") return [];
  const end = found.index + found[0].length;
  return [[end - password.length, end]];
};

/** And those of the parameters of an address, where an & ends a value. */
const ofParameters = (pasted: string): Span[] =>
  [...pasted.matchAll(/(?<=\?\S*)(?<=[?&;])(\w+)=([^&;\s"']+)/g)].flatMap(
    ({ 0: pair, 1: name = "", index }): Span[] =>
      SECRET.test(name) ? [[index + name.length + 1, index + pair.length]] : [],
  );

/** And those of settings. */
const ofSettings = (pasted: string): Span[] =>
  pairsOf(pasted).flatMap(({ 0: pair, 1: name = "", 2: value = "", index }): Span[] => {
    if (!SECRET.test(name) || /\?\S*$/.test(pasted.slice(0, index))) return [];
    const from = index + pair.length - value.length;
    return /^["'{].*["'}]$/s.test(value)
      ? [[from + 1, from + value.length - 1]]
      : [[from, from + value.trimEnd().length]];
  });

/**
 * A pasted text as it may be shown: with a mask for each password and key in it, however it is written there, and with
 * its invisible characters as their codes.
 */
export function shownEndpoint(pasted: string): string {
  const spans = [ofLogins, ofPgpass, ofParameters, ofSettings]
    .flatMap((find) => find(pasted))
    .filter(([from, to]) => to > from)
    .sort(([one], [other]) => one - other);
  let shown = "";
  let at = 0;
  for (const [from, to] of spans) {
    if (from >= at) shown += pasted.slice(at, from) + MASK;
    at = Math.max(at, to);
  }
  shown += pasted.slice(at);
  const password = spans.length === 0 ? passwordIn(pasted) : undefined;
  return withInvisible(password ? shown.replaceAll(password, MASK) : shown, (code) => `⟨${code}⟩`);
}

/** The invisible characters of a pasted text, by their codes: they are left out. */
export const leftOut = (pasted: string): string[] => invisibleCharacters(pasted);

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

function placeText({ host, iam }: Endpoint): string {
  if (!host)
    return `cluster ${iam?.name ?? ""} in ${iam?.region ?? ""}, without a host: enter its endpoint below`;
  const facts = hostFacts(host);
  if (!facts) return `host ${host}`;
  const kind = facts.deployment === "provisioned" ? "provisioned cluster" : "serverless workgroup";
  return `${kind} ${facts.name} in ${facts.region}`;
}

/** What was understood, in words, without the password itself. */
export function endpointText(endpoint: Endpoint): string {
  const { port, database, user, password, sslMode, iam } = endpoint;
  const where = placeText(endpoint);
  return [
    where,
    port && `port ${port}`,
    database && `database ${database}`,
    user && `user ${user}`,
    password && "a password",
    sslMode && `SSL ${sslMode}`,
    iam && "login by IAM",
  ]
    .filter(Boolean)
    .join(", ");
}

// `sandbox load`: puts a data file into a table of the sandbox, with types found by reading it once.
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";
import { quoteName } from "./redshift/rewrite";
import { startSandbox, type Endpoints, type SandboxOptions } from "./sandbox";
import { StartError } from "./state";
import { connectAsAdmin } from "./warehouse";

const usage = `usage: sandbox load <file> --table schema.table [--columns "a:int,b:varchar(50)"] [--rename EmailAddress=email,…]
       [--delimiter "|"] [--no-header] [--replace]
  .csv and .csv.gz files are comma separated with a header row; others are pipe separated without one.`;

interface Order {
  file: string;
  table: string;
  columns: { name: string; type: string }[] | undefined;
  rename: Map<string, string>;
  delimiter: string;
  header: boolean;
  replace: boolean;
}

function readOrder(args: string[]): Order {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        table: { type: "string" },
        columns: { type: "string" },
        rename: { type: "string" },
        delimiter: { type: "string" },
        "no-header": { type: "boolean" },
        replace: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
  const { values, positionals } = parsed;
  const [file, ...rest] = positionals;
  if (!file || rest.length || !values.table) throw new StartError(usage);
  const csv = /\.csv(\.gz)?$/i.test(file);
  return {
    file,
    table: values.table,
    columns:
      values.columns === undefined ? undefined : splitOutsideBrackets(values.columns).map(columnOf),
    rename: new Map(
      (values.rename ?? "")
        .split(",")
        .filter(Boolean)
        .map((pair) => pairOf(pair)),
    ),
    delimiter: values.delimiter ?? (csv ? "," : "|"),
    header: csv && values["no-header"] !== true,
    replace: values.replace === true,
  };
}

function pairOf(pair: string): [string, string] {
  const [from = "", to = ""] = pair.split("=");
  if (!from || !to) throw new StartError(`--rename: "${pair}" is not of the form Name=name`);
  return [from.trim(), to.trim()];
}

/** decimal(10,2) has a comma of its own. */
const splitOutsideBrackets = (text: string): string[] => text.split(/,(?![^(]*\))/);

function columnOf(text: string): { name: string; type: string } {
  const [name = "", ...type] = text.split(":");
  if (!name.trim()) throw new StartError(`--columns: "${text}" has no name`);
  return { name: name.trim(), type: type.join(":").trim() };
}

/** EmailAddressID → email_address_id */
function snakeCase(name: string): string {
  return name
    .trim()
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_|_$/g, "")
    .toLowerCase();
}

/** What has been seen in one column. */
class TypeFinder {
  private integer = true;
  private decimal = true;
  private boolean = true;
  private date = true;
  private timestamp = true;
  private least = 0n;
  private most = 0n;
  private whole = 0;
  private fraction = 0;
  private bytes = 0;
  private seen = 0;

  see(value: string): void {
    if (value === "") return;
    this.seen++;
    this.bytes = Math.max(this.bytes, Buffer.byteLength(value));
    this.boolean &&= /^(true|false|t|f)$/i.test(value);
    this.date &&= /^\d{4}-\d{2}-\d{2}$/.test(value);
    this.timestamp &&= /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?$/.test(value);
    // A leading zero means a code, not a number.
    const number = /^-?(0|[1-9]\d{0,18})(?:\.(\d{1,18}))?$/.exec(value);
    this.decimal &&= number !== null;
    this.integer &&= number !== null && number[2] === undefined;
    if (!number) return;
    this.whole = Math.max(this.whole, (number[1] ?? "").length);
    this.fraction = Math.max(this.fraction, (number[2] ?? "").length);
    if (!this.integer) return;
    const exact = BigInt(value);
    if (exact < this.least) this.least = exact;
    if (exact > this.most) this.most = exact;
  }

  type(): string {
    if (this.seen > 0) {
      if (this.integer) {
        if (this.least >= -2147483648n && this.most <= 2147483647n) return "integer";
        if (this.least >= -(2n ** 63n) && this.most < 2n ** 63n) return "bigint";
      }
      if (this.decimal)
        return `decimal(${Math.min(this.whole + this.fraction, 38)},${this.fraction})`;
      if (this.boolean) return "boolean";
      if (this.date) return "date";
      if (this.timestamp) return "timestamp";
    }
    const sizes = [10, 25, 50, 100, 256, 500, 1000, 4000, 16_000, 65_535];
    return `varchar(${sizes.find((size) => size >= this.bytes) ?? 65_535})`;
  }
}

const opened = (file: string): Readable =>
  file.endsWith(".gz") ? createReadStream(file).pipe(createGunzip()) : createReadStream(file);

async function findColumns(order: Order): Promise<{ name: string; type: string }[]> {
  const parser = opened(order.file).pipe(
    parse({
      delimiter: order.delimiter,
      bom: true,
      relax_column_count: true,
      ...(order.header ? {} : { quote: null, relax_quotes: true }),
    }),
  );
  let names: string[] | undefined;
  const finders: TypeFinder[] = [];
  for await (const record of parser as AsyncIterable<string[]>) {
    if (!names && order.header) {
      names = record;
      continue;
    }
    record.forEach((value, at) => (finders[at] ??= new TypeFinder()).see(value));
  }
  const found = (names ?? finders.map((_, at) => `c${at + 1}`)).map((name, at) => ({
    name: order.rename.get(name) ?? snakeCase(name),
    type: finders[at]?.type() ?? "varchar(256)",
  }));
  if (found.length === 0) throw new StartError(`${order.file} is empty`);
  if (!order.columns) return found;
  if (order.columns.length !== found.length)
    throw new StartError(
      `--columns names ${order.columns.length} columns, the file has ${found.length}`,
    );
  return order.columns.map((column, at) => ({
    name: column.name,
    type: column.type || (found[at]?.type ?? "varchar(256)"),
  }));
}

/** Loads a file into a running sandbox and says what it did. */
async function loadFile(args: string[], endpoints: Endpoints): Promise<string> {
  const order = readOrder(args);
  const path = order.table.split(".");
  if (path.length !== 2 || path.some((part) => !part))
    throw new StartError("--table must be schema.table");
  const [schema = "", table = ""] = path.map(quoteName);
  const columns = await findColumns(order);
  const warehouse = await connectAsAdmin(endpoints);
  try {
    await warehouse.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    if (order.replace) await warehouse.query(`DROP TABLE IF EXISTS ${schema}.${table} CASCADE`);
    await warehouse.query(
      `CREATE TABLE ${schema}.${table} (${columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(", ")})`,
    );
    const delimiter = order.delimiter === "\t" ? "\\t" : order.delimiter;
    const plain = delimiter === "," ? "CSV" : `DELIMITER '${delimiter}'`;
    const format = order.header ? "CSV IGNOREHEADER 1" : plain;
    const rows = await warehouse.copy(
      `${schema}.${table}`,
      order.file,
      `${format} ${order.file.endsWith(".gz") ? "GZIP" : ""} DATEFORMAT 'auto' TIMEFORMAT 'auto' EMPTYASNULL`,
    );
    const { rowCount } = await warehouse.query(
      `SELECT usename FROM pg_user WHERE usename = '${endpoints.demo.user}'`,
    );
    if (rowCount) {
      await warehouse.query(`GRANT USAGE ON SCHEMA ${schema} TO ${endpoints.demo.user}`);
      await warehouse.query(`GRANT SELECT ON TABLE ${schema}.${table} TO ${endpoints.demo.user}`);
    }
    const shape = columns.map(({ name, type }) => `${name} ${type}`).join(", ");
    return `${rows.toLocaleString("en")} rows in ${order.table} (${shape})${rowCount ? `; ${endpoints.demo.user} may read it` : ""}`;
  } finally {
    await warehouse.close();
  }
}

/** The endpoints of a sandbox that runs in this folder. */
async function runningEndpoints(dir: string): Promise<Endpoints | undefined> {
  let endpoints: Endpoints;
  try {
    endpoints = JSON.parse(await readFile(join(dir, "endpoints.json"), "utf8")) as Endpoints;
    const answer = await fetch(`${endpoints.control.url}/redshift/settings`, {
      headers: { authorization: `Bearer ${endpoints.control.token}` },
    });
    return answer.ok ? endpoints : undefined;
  } catch {
    return undefined; // never started, or stopped: the caller starts it
  }
}

/** The command: uses the running sandbox, or starts it for as long as it takes. */
export async function load(args: string[], options: SandboxOptions): Promise<string> {
  readOrder(args);
  const running = await runningEndpoints(options.dir);
  if (running) return loadFile(args, running);
  const sandbox = await startSandbox(options);
  try {
    return await loadFile(args, sandbox.endpoints);
  } finally {
    await sandbox.close();
  }
}

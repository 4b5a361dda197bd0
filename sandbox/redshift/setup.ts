// Makes a PostgreSQL look like Redshift: types, functions and catalogue views, in template1, so that
// every database made later has them.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import pg from "pg";
import type { EmbeddedPostgres } from "../../scripts/embedded-postgres";
import { postgresIsolation } from "./modes";
import { quoteLiteral, quoteName } from "./rewrite";
import { redshiftSettings } from "./settings";

const read = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), "utf8");

/** Settings PostgreSQL is started with. */
export function postgresSettings(): Record<string, string> {
  const settings: Record<string, string> = {
    // SNAPSHOT is Redshift's default since May 2024 (AWS: snapshot isolation for provisioned clusters).
    default_transaction_isolation: postgresIsolation.snapshot,
    timezone: "UTC",
    log_timezone: "UTC",
    max_connections: "200",
    // Serializable keeps predicate locks; few of them are promoted to whole tables and conflict falsely.
    max_pred_locks_per_transaction: "512",
    shared_buffers: "128MB",
    fsync: "off",
    full_page_writes: "off",
    synchronous_commit: "off",
    jit: "off",
    client_connection_check_interval: "500ms",
    log_min_messages: "fatal",
    md5_password_warnings: "off",
  };
  for (const [name, value] of Object.entries(redshiftSettings))
    settings[`redshift.${name}`] = value;
  return settings;
}

async function connected<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    options: "-c default_transaction_isolation=read\\ committed",
  });
  client.on("error", () => undefined); // every failure surfaces in the query that meets it
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Brings the catalogue of one database to this program's version. */
async function installCatalog(url: string): Promise<void> {
  const [types, semantics, spatial, functions, policies, views] = await Promise.all(
    [
      "catalog-types.sql",
      "catalog-semantics.sql",
      "catalog-spatial.sql",
      "catalog-functions.sql",
      "catalog-policies.sql",
      "catalog-views.sql",
    ].map(read),
  );
  const version = createHash("sha256")
    .update(`${semantics}${spatial}${functions}${policies}${views}`)
    .digest("hex")
    .slice(0, 16);
  await connected(url, async (client) => {
    const { rows } = await client.query<{ installed: string | null }>(
      "SELECT obj_description(to_regnamespace('pg_internal'), 'pg_namespace') AS installed",
    );
    const installed = rows[0]?.installed;
    if (installed === version) return;
    await client.query("BEGIN");
    if (installed === null || installed === undefined) {
      await client.query("SET allow_system_table_mods = on");
      await client.query("CREATE SCHEMA pg_internal");
      await client.query("CREATE EXTENSION pgcrypto SCHEMA pg_internal");
      await client.query(types ?? "");
    }
    await client.query(semantics ?? "");
    await client.query(spatial ?? "");
    await client.query(functions ?? "");
    await client.query(policies ?? "");
    await client.query(views ?? "");
    await client.query(`COMMENT ON SCHEMA pg_internal IS '${version}'`);
    await client.query("COMMIT");
  });
}

export interface RedshiftFacts {
  /** PostgreSQL's numbers of the types made for Redshift, by their names. */
  types: Map<string, number>;
  longNames: [string, string][];
  functions: Set<string>;
}

/** Installs the catalogue everywhere, makes the database and its admin, and reads what the proxy must know. */
export async function prepareRedshift(
  postgres: EmbeddedPostgres,
  database: string,
  admin: { user: string; password: string },
): Promise<RedshiftFacts> {
  await installCatalog(postgres.url("template1"));
  const databases = await connected(postgres.url(), async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'",
    );
    const names = rows.map((row) => row.datname);
    const user = quoteName(admin.user);
    const found = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [admin.user]);
    await client.query(
      `${found.rowCount ? "ALTER" : "CREATE"} USER ${user} SUPERUSER PASSWORD ${quoteLiteral(admin.password)}`,
    );
    if (!names.includes(database))
      await client.query(`CREATE DATABASE ${quoteName(database)} OWNER ${user}`);
    return names;
  });
  for (const name of databases) await installCatalog(postgres.url(name));
  return connected(postgres.url(database), async (client) => {
    const { rows: types } = await client.query<{ name: string; oid: number }>(
      "SELECT typname AS name, oid::int FROM pg_type WHERE typname IN ('super', 'varbyte', 'geometry', 'geography', 'hllsketch') AND typnamespace = 'pg_catalog'::regnamespace",
    );
    const { rows: names } = await client.query<{ short: string; full_name: string }>(
      "SELECT short, full_name FROM pg_internal.long_names",
    );
    const { rows: functions } = await client.query<{ proname: string }>(
      "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace",
    );
    return {
      types: new Map(types.map((type) => [type.name, type.oid])),
      longNames: names.map((row) => [row.short, row.full_name]),
      functions: new Set(functions.map((row) => row.proname)),
    };
  });
}

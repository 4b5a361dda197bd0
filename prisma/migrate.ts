// Migrations through Prisma's own schema engine, as WebAssembly from npm: `prisma migrate` would download a binary.
// scripts/database.ts has the commands.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import * as runtime from "@prisma/schema-engine-wasm/schema_engine_bg";
import pg from "pg";

const here = dirname(fileURLToPath(import.meta.url));
const migrationsDir = join(here, "migrations");
const schema: [string, string] = [
  "prisma/schema.prisma",
  readFileSync(join(here, "schema.prisma"), "utf8"),
];
const filters = { externalTables: [], externalEnums: [] };

/** The package does not export its .wasm, so it is read beside its entry point. Once: its glue holds one instance. */
let loaded: Promise<void> | undefined;
async function loadEngine(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve(
    "@prisma/schema-engine-wasm/schema_engine_bg",
  );
  const module = await WebAssembly.compile(readFileSync(entry.replace(/\.js$/, ".wasm")));
  const instance = await WebAssembly.instantiate(module, {
    "./schema_engine_bg.js": runtime as unknown as WebAssembly.ModuleImports,
  });
  runtime.__wbg_set_wasm(instance.exports);
  const start = instance.exports.__wbindgen_start;
  if (typeof start === "function") start();
}

function migrationsList() {
  const migrationDirectories = readdirSync(migrationsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name }) => ({
      path: name,
      migrationFile: {
        path: "migration.sql",
        content: {
          tag: "ok" as const,
          value: readFileSync(join(migrationsDir, name, "migration.sql"), "utf8"),
        },
      },
    }));
  const lockfile = { path: "migration_lock.toml", content: 'provider = "postgresql"\n' };
  return { baseDir: "prisma/migrations", lockfile, migrationDirectories, shadowDbInitScript: "" };
}

/**
 * Prisma's adapter cuts a script at every semicolon, also within a function's body. PostgreSQL takes it whole, as one
 * transaction. That the migration is applied is written in the same transaction: so what stands there without an end was
 * never committed, whenever and however the start was killed.
 */
class WholeScripts extends PrismaPg {
  /** Why a script failed: the engine's own words leave it out. */
  failure: Error | undefined;
  constructor(private readonly pool: pg.Pool) {
    super(pool);
  }
  override async connect() {
    const adapter = await super.connect();
    const names = new Map(
      migrationsList().migrationDirectories.map(({ path, migrationFile }) => [
        migrationFile.content.value,
        path,
      ]),
    );
    adapter.executeScript = async (script) => {
      const name = names.get(script);
      try {
        await this.pool.query(name === undefined ? script : `${script}\n;${applied(name)}`);
      } catch (error) {
        this.failure = failureOf(name, error);
        throw error;
      }
    };
    return adapter;
  }
}

function failureOf(name: string | undefined, error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  const isLocked = (error as { code?: unknown }).code === "55P03";
  const remedy = isLocked ? ". Something else uses its tables: end that, then start again" : "";
  return new Error(`its change ${name ?? ""} was not made: ${why}${remedy}`, { cause: error });
}

/** Says of a migration that was begun that it is applied. */
const applied = (name: string): string =>
  `UPDATE public._prisma_migrations SET finished_at = now() WHERE migration_name = ${pg.escapeLiteral(name)} AND finished_at IS NULL AND rolled_back_at IS NULL`;

/** Runs `work` with an engine on the database of `url`, and leaves no connection behind. */
async function withEngine<T>(
  url: string,
  work: (engine: runtime.SchemaEngine, pool: pg.Pool) => Promise<T>,
  lockSeconds = LOCK_SECONDS,
): Promise<T> {
  await (loaded ??= loadEngine());
  // one session: it holds the lock, so that nobody else migrates as long as it lives
  const pool = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0 });
  const scripts = new WholeScripts(pool);
  let lost: Error | undefined;
  pool.on("error", (error) => (lost = error));
  try {
    await lockMigrations(pool, lockSeconds);
    if (lost) throw lost;
    return await work(
      await runtime.SchemaEngine.new(
        { datamodels: [schema] },
        () => undefined,
        bindMigrationAwareSqlAdapterFactory(scripts),
      ),
      pool,
    );
  } catch (error) {
    throw scripts.failure ?? error;
  } finally {
    // a pooler in between may keep the session for others
    await pool.query(`SELECT pg_advisory_unlock(${MIGRATIONS_LOCK})`).catch(() => undefined);
    await pool.end();
  }
}

/** How long a migration waits for a lock: on a table that somebody uses, or for another start that migrates. */
const LOCK_SECONDS = 30;
/** Any number that nobody else locks. */
const MIGRATIONS_LOCK = 7_243_391_005;

/** One start migrates at a time, also after one whose client was killed while PostgreSQL was still working for it. */
async function lockMigrations(pool: pg.Pool, lockSeconds: number): Promise<void> {
  await pool.query(`SET lock_timeout = '${lockSeconds}s'`);
  // where the system can: what a killed start was doing ends within a second
  await pool.query("SET client_connection_check_interval = '1s'").catch(() => undefined);
  try {
    await pool.query(`SELECT pg_advisory_lock(${MIGRATIONS_LOCK})`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "55P03") throw error;
    throw new Error(
      `another start is changing its tables, and did not end within ${lockSeconds} seconds. Start again when it has`,
    );
  }
}

/** What a migration makes, as the catalogue knows it: one of each name that its SQL creates. */
function madeBy(sql: string): string[] {
  const text = sql.replace(/--.*$/gm, "");
  const literal = (name: string) => pg.escapeLiteral(name);
  const relations = [
    ...text.matchAll(/\bCREATE (?:TABLE|(?:UNIQUE )?INDEX|TYPE|SEQUENCE|VIEW) "([^"]+)"/g),
  ].map(
    ([, name = ""]) =>
      `(to_regclass('public.' || quote_ident(${literal(name)})) IS NOT NULL OR to_regtype('public.' || quote_ident(${literal(name)})) IS NOT NULL)`,
  );
  const columns = [...text.matchAll(/\bALTER TABLE "([^"]+)"([^;]*);/g)].flatMap(
    ([, table = "", changes = ""]) =>
      [...changes.matchAll(/\bADD COLUMN\s+"([^"]+)"/g)].map(
        ([, column = ""]) =>
          `EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('public.' || quote_ident(${literal(table)})) AND attname = ${literal(column)} AND NOT attisdropped)`,
      ),
  );
  return [...relations, ...columns];
}

/**
 * Settles migrations that were begun and never ended: by a start that was killed, or one that PostgreSQL refused. A version
 * before this one could be killed between the SQL and the word that it is applied; since a migration is one transaction,
 * all of what it makes is there or nothing.
 */
async function settleMigrations(pool: pg.Pool): Promise<void> {
  const {
    rows: [table],
  } = await pool.query<{ isThere: boolean }>(
    `SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS "isThere"`,
  );
  if (!table?.isThere) return;
  const { rows: open } = await pool.query<{ name: string }>(
    "SELECT DISTINCT migration_name AS name FROM public._prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL",
  );
  const { migrationDirectories } = migrationsList();
  for (const { name } of open) {
    const known = migrationDirectories.find(({ path }) => path === name);
    const probes = madeBy(known?.migrationFile.content.value ?? "");
    const { rows } = await pool.query<{ there: boolean }>(
      probes.length === 0
        ? "SELECT NULL::boolean AS there WHERE false"
        : probes.map((probe) => `SELECT ${probe} AS there`).join(" UNION ALL "),
    );
    const found = rows.filter(({ there }) => there).length;
    if (rows.length > 0 && found === rows.length) await pool.query(applied(name));
    else if (known && found === 0)
      await pool.query(
        "UPDATE public._prisma_migrations SET rolled_back_at = now() WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL",
        [name],
      );
    else
      throw new Error(
        known
          ? `its change ${name} was cut off, and only ${found} of the ${rows.length} things that it makes are there, so that somebody has changed them by hand. Restore the database from a backup, or undo the part by hand and say so: UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '${name}'`
          : `its change ${name} was cut off, and this version of Tidegate does not know it. Start the newer version that began it`,
      );
  }
}

async function admin(url: string, sql: string): Promise<void> {
  const target = new URL(url);
  target.pathname = "/postgres";
  const client = new pg.Client({ connectionString: target.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));
const quoted = (name: string): string => pg.escapeIdentifier(name);

/** Somebody else made it in the same moment: it was seen to be there, or its name was found taken in the catalogue. */
const isThereAlready = (error: unknown): boolean =>
  ["42P04", "23505"].includes(String((error as { code?: unknown }).code));

/** Makes the database of `url` when it is missing. */
export async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "3D000") throw error;
    await admin(url, `CREATE DATABASE ${quoted(databaseOf(url))}`).catch((raced: unknown) => {
      if (!isThereAlready(raced)) throw raced;
    });
  } finally {
    await client.end();
  }
}

/**
 * Applies what is missing; returns the names of the migrations applied now. With `upTo` there are no more than that many, as
 * for an older version: for tests of upgrades. A lock is waited for `lockSeconds`.
 */
export async function applyMigrations(
  url: string,
  { upTo, lockSeconds = LOCK_SECONDS }: { upTo?: number; lockSeconds?: number } = {},
): Promise<string[]> {
  await ensureDatabase(url);
  return withEngine(
    url,
    async (engine, pool) => {
      await settleMigrations(pool);
      const list = migrationsList();
      const migrationDirectories = list.migrationDirectories.slice(0, upTo);
      const { appliedMigrationNames } = await engine.applyMigrations({
        migrationsList: { ...list, migrationDirectories },
        filters,
      });
      return appliedMigrationNames;
    },
    lockSeconds,
  );
}

/** The schema that all migrations together lead to. */
const migratedSchema = join(migrationsDir, "schema.prisma");

/**
 * Writes prisma/migrations/<time>_<name>/migration.sql: what the schema has and the migrations so far had not. Schema is
 * compared with schema, since the WebAssembly engine takes no shadow database and can't introspect PostgreSQL's "char"
 * columns; prisma/migrations/schema.prisma keeps the one that the migrations lead to.
 */
export async function newMigration(url: string, name: string): Promise<string | undefined> {
  mkdirSync(migrationsDir, { recursive: true });
  const model = (content: string) => ({
    tag: "schemaDatamodel" as const,
    files: [{ path: schema[0], content }],
  });
  const from = existsSync(migratedSchema)
    ? model(readFileSync(migratedSchema, "utf8"))
    : { tag: "empty" as const };
  // the engine connects even where it only compares
  const { stdout } = await withEngine(url, (engine) =>
    engine.diff({ from, to: model(schema[1]), script: true, exitCode: null, filters }),
  );
  if (!stdout || stdout.includes("This is an empty migration")) return undefined;
  const migration = `${new Date().toISOString().replace(/\D/g, "").slice(0, 14)}_${name}`;
  mkdirSync(join(migrationsDir, migration));
  writeFileSync(join(migrationsDir, migration, "migration.sql"), stdout);
  writeFileSync(migratedSchema, schema[1]);
  return migration;
}

/** Drops the database of `url` and makes it anew; returns the names of the migrations. */
export async function resetDatabase(url: string, upTo?: number): Promise<string[]> {
  await admin(url, `DROP DATABASE IF EXISTS ${quoted(databaseOf(url))} WITH (FORCE)`);
  return applyMigrations(url, { upTo });
}

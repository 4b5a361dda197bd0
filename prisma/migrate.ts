// Migrations through Prisma's own schema engine, as WebAssembly from npm: `prisma migrate` would download a binary.
// scripts/database.ts has the commands.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
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

/** Prisma's adapter cuts a script at every semicolon, also within a function's body. PostgreSQL takes it whole, as one transaction. */
class WholeScripts extends PrismaPg {
  constructor(private readonly pool: pg.Pool) {
    super(pool);
  }
  override async connect() {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => void (await this.pool.query(script));
    return adapter;
  }
}

/** Runs `work` with an engine on the database of `url`, and leaves no connection behind. */
async function withEngine<T>(
  url: string,
  work: (engine: runtime.SchemaEngine) => Promise<T>,
): Promise<T> {
  await (loaded ??= loadEngine());
  const pool = new pg.Pool({ connectionString: url });
  try {
    return await work(
      await runtime.SchemaEngine.new(
        { datamodels: [schema] },
        () => undefined,
        bindMigrationAwareSqlAdapterFactory(new WholeScripts(pool)),
      ),
    );
  } finally {
    await pool.end();
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

/** Makes the database of `url` when it is missing (42P04: somebody else just made it). */
export async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "3D000") throw error;
    await admin(url, `CREATE DATABASE ${quoted(databaseOf(url))}`).catch((raced: unknown) => {
      if ((raced as { code?: unknown }).code !== "42P04") throw raced;
    });
  } finally {
    await client.end();
  }
}

/** Applies what is missing; returns the names of the migrations applied now. */
export async function applyMigrations(url: string): Promise<string[]> {
  await ensureDatabase(url);
  return withEngine(
    url,
    async (engine) =>
      (await engine.applyMigrations({ migrationsList: migrationsList(), filters }))
        .appliedMigrationNames,
  );
}

/**
 * Writes prisma/migrations/<time>_<name>/: migration.sql, what the schema has and the last migration had not, and
 * schema.prisma, the schema it leads to. Schema is compared with schema, since the WebAssembly engine takes
 * no shadow database and can't introspect PostgreSQL's "char" columns.
 */
export async function newMigration(url: string, name: string): Promise<string | undefined> {
  mkdirSync(migrationsDir, { recursive: true });
  const last = migrationsList().migrationDirectories.at(-1)?.path;
  const model = (content: string) => ({
    tag: "schemaDatamodel" as const,
    files: [{ path: schema[0], content }],
  });
  const from = last
    ? model(readFileSync(join(migrationsDir, last, "schema.prisma"), "utf8"))
    : { tag: "empty" as const };
  // the engine connects even where it only compares
  const { stdout } = await withEngine(url, (engine) =>
    engine.diff({ from, to: model(schema[1]), script: true, exitCode: null, filters }),
  );
  if (!stdout || stdout.includes("This is an empty migration")) return undefined;
  const migration = `${new Date().toISOString().replace(/\D/g, "").slice(0, 14)}_${name}`;
  mkdirSync(join(migrationsDir, migration));
  writeFileSync(join(migrationsDir, migration, "migration.sql"), stdout);
  writeFileSync(join(migrationsDir, migration, "schema.prisma"), schema[1]);
  return migration;
}

/** Drops the database of `url` and makes it anew; returns the names of the migrations. */
export async function resetDatabase(url: string): Promise<string[]> {
  await admin(url, `DROP DATABASE IF EXISTS ${quoted(databaseOf(url))} WITH (FORCE)`);
  return applyMigrations(url);
}

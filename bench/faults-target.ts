// Connections that load a table into a Redshift destination, and whether the target is exactly what the source is.
import { randomBytes } from "node:crypto";
import { loadingGrants } from "@/lib/connectors/redshift/checks/permissions";
import { fenceTable } from "@/lib/connectors/redshift/load/load-sql";
import { loadDefaults } from "@/lib/connectors/redshift/spec";
import { noTunnel } from "@/lib/connectors/ssh/spec";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { seal } from "@/lib/platform/secret-box";
import { makeConnection, makeCredential, makeSource } from "@/prisma/factories/world";
import type { FaultsWorld } from "./faults-world";

const PREFIX = "tidegate";
const SCHEMA = "loaded";
const COLUMNS = ["user_id", "email", "version", "note"];
/** With each change one row in so many is gone, and those come back that were gone before. */
const GONE_EVERY = 20;

/** A source's table, its target of the same name in another schema, and the user who loads it: one a lane, so that the stand-in's log tells lanes apart. */
export type LoadLane = { table: string; loader: string; connectionId: string; version: number };
/** Rows that the target lacks, rows that it has and shouldn't, keys that it has twice. */
export type Difference = { missing: number; extra: number; twice: number };
/** What a run must not leave once another has succeeded. */
export type Left = { files: number; tables: number; names: string[] };

export const isExact = ({ missing, extra, twice }: Difference): boolean =>
  missing + extra + twice === 0;

/** A row's values: NULL, empty, quotes, lines and other scripts among them. */
const row = (n: string, version: string): string =>
  `SELECT 'u' || ${n}, 'u' || ${n} || '@example.com', ${version}, CASE MOD(${n}, 5) WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'say "a, b"' || CHR(10) || 'उ 🏔' ELSE 'note ' || ${n} END`;

export async function openTargets(
  { teamId, warehouse, admin, beneath, makeDurable, stagedFiles }: FaultsWorld,
  lanes: number,
  rows: number,
) {
  const { host, port, database, ca, adminUser, adminPassword } = warehouse.redshift;
  const login = (user: string, password: string) =>
    makeCredential(teamId, {
      config: {
        host,
        port,
        database,
        user,
        sslMode: "verify-full",
        caCertificate: ca,
        tunnel: { ...noTunnel },
      },
      secret: { password },
    });
  const sourceLogin = await login(adminUser, adminPassword);
  await admin("CREATE TABLE public.numbers (n integer)");
  await beneath(`INSERT INTO public.numbers SELECT generate_series(1, ${rows})`);
  await admin(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);

  const makeLane = async (n: number): Promise<LoadLane> => {
    const [table, loader, password] = [
      `people_${n}`,
      `loader_${n}`,
      `Pw1${randomBytes(9).toString("hex")}`,
    ];
    await admin(`CREATE USER ${loader} WITH PASSWORD '${password}'`);
    for (const grant of Object.values(loadingGrants(database, SCHEMA, loader))) await admin(grant);
    await makeDurable(loader);
    await admin(
      `CREATE TABLE public.${table} (user_id varchar(20), email varchar(60), version integer, note varchar(200))`,
    );
    await admin(`INSERT INTO public.${table} ${row("n", "0")} FROM public.numbers`);
    const sourceId = await makeSource(teamId, {
      credentialId: sourceLogin,
      table,
      columns: COLUMNS,
    });
    const id = newId();
    const { secretAccessKey, ...s3 } = warehouse.s3;
    const staging = {
      bucket: s3.bucket,
      prefix: PREFIX,
      region: s3.region,
      endpoint: s3.endpoint,
      access: "role",
      roleArn: s3.roleArn,
      accessKeyId: s3.accessKeyId,
    };
    await db().destination.create({
      data: {
        id,
        teamId,
        kind: "redshift",
        name: `Loads ${n}`,
        credentialId: await login(loader, password),
        config: { staging, tables: { ...loadDefaults, targetSchema: SCHEMA, batchRows: 1_000 } }, // a batch a page
        sealedSecret: seal(id, { staging: { secretAccessKey } }),
      },
    });
    const connectionId = await makeConnection(teamId, { sourceId, destinationId: id });
    await db().connection.update({ where: { id: connectionId }, data: { mode: "mirror" } });
    return { table, loader, connectionId, version: 0 };
  };
  const made: LoadLane[] = [];
  for (let n = 1; n <= lanes; n += 1) made.push(await makeLane(n));

  return {
    lanes: made,
    /** Every row of the source gets a new value, some are gone, and others are back. */
    change: async (lane: LoadLane) => {
      const gone = lane.version % GONE_EVERY;
      lane.version += 1;
      await admin(
        [
          "BEGIN",
          `UPDATE public.${lane.table} SET version = ${lane.version}`,
          ...(lane.version > 1
            ? [
                `INSERT INTO public.${lane.table} ${row("n", String(lane.version))} FROM public.numbers WHERE MOD(n, ${GONE_EVERY}) = ${gone}`,
              ]
            : []),
          `DELETE FROM public.${lane.table} WHERE MOD(CAST(SUBSTRING(user_id, 2) AS integer), ${GONE_EVERY}) = ${lane.version % GONE_EVERY}`,
          "COMMIT",
        ].join(";"),
      );
    },
    /** The target beside the source, row by row. */
    compare: async ({ table }: LoadLane): Promise<Difference> => {
      const [there] = await beneath(
        `SELECT to_regclass('${SCHEMA}.${table}') IS NOT NULL AND to_regclass('${SCHEMA}.${table}')::text <> '' AS is_there`,
      );
      if (String(there?.is_there) !== "true") return { missing: rows, extra: 0, twice: 0 };
      const all = (schema: string) => `SELECT ${COLUMNS.join(", ")} FROM ${schema}.${table}`;
      const [found] = await beneath(`SELECT
        (SELECT count(*) FROM (${all("public")} EXCEPT ALL ${all(SCHEMA)}) lacking) AS missing,
        (SELECT count(*) FROM (${all(SCHEMA)} EXCEPT ALL ${all("public")}) beyond) AS extra,
        (SELECT count(*) FROM (SELECT user_id FROM ${SCHEMA}.${table} GROUP BY user_id HAVING count(*) > 1) twice) AS twice`);
      return {
        missing: Number(found?.missing),
        extra: Number(found?.extra),
        twice: Number(found?.twice),
      };
    },
    /** How far this run has come in the target itself. */
    committed: async ({ table }: LoadLane, runId: string): Promise<number> => {
      const [found] = await beneath(
        `SELECT seq FROM ${fenceTable(SCHEMA, table)} WHERE run_id = '${runId}'`,
      ).catch(() => []); // the first load has not made it yet
      return Number(found?.seq ?? 0);
    },
    /** Files under the prefix, and tables that are neither a lane's own nor what is remembered of it from run to run. */
    leftovers: async (): Promise<Left> => {
      const files = (await stagedFiles()).filter((key) => key.startsWith(`${PREFIX}/`));
      const tables =
        await beneath(`SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND (c.relname ~ '^_?tidegate_' OR n.nspname = '${SCHEMA}')
          AND NOT (n.nspname = '_rudderstack' AND c.relname ~ '^tidegate_(state|snapshot)_') AND NOT (n.nspname = '${SCHEMA}' AND c.relname ~ '^(people_\\d+|_tidegate_load_.*)$')`);
      const names = [...files, ...tables.map(({ name }) => name ?? "")];
      return { files: files.length, tables: tables.length, names: names.slice(0, 20) };
    },
  };
}
export type Targets = Awaited<ReturnType<typeof openTargets>>;

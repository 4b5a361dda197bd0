// The two stores that the model of loads loads into.
import pg from "pg";
import { postgresDestination } from "@/lib/connectors/postgres/destination";
import { postgresConfigSchema } from "@/lib/connectors/postgres/spec";
import * as postgresSql from "@/lib/connectors/postgres/sql";
import { redshiftDestination } from "@/lib/connectors/redshift/destination";
import { fenceTable } from "@/lib/connectors/redshift/load/load-sql";
import { loadDefaults } from "@/lib/connectors/redshift/spec";
import type { ModelTarget } from "@/lib/testing/load-model";
import { openStaging, type Warehouse } from "@/lib/testing/sandbox";

const named = (statement: string, schema: string, table: string, fence: string): string =>
  statement
    .replaceAll("$t", () => `"${schema}"."${table}_copy"`)
    .replaceAll("$c", () => `"${schema}"."${table}_backup"`)
    .replaceAll("$n", () => `"${table}_copy"`)
    .replaceAll("$f", () => fence);

/** Into the warehouse of the source itself. */
export function redshiftTarget(warehouse: Warehouse): ModelTarget {
  const staging = openStaging();
  const { schema, config, secret, admin } = warehouse;
  return {
    open: async (table) =>
      redshiftDestination(
        {
          connection: config,
          staging: staging.config,
          tables: {
            ...loadDefaults,
            overflow: "widen",
            targetSchema: schema,
            targetTable: `${table}_copy`,
          },
        },
        { connection: secret, staging: staging.secret },
      ),
    change: (table, statement) =>
      admin(named(statement, schema, table, fenceTable(schema, `${table}_copy`))),
    rows: (table, columns) =>
      admin(`SELECT ${columns.join(", ")} FROM "${schema}"."${table}_copy"`),
    handOver: (table) => admin(`ALTER TABLE "${schema}"."${table}_copy" OWNER TO "${config.user}"`),
  };
}

/** Into a PostgreSQL; end the client after use. */
export async function postgresTarget(
  address: string,
): Promise<ModelTarget & { end(): Promise<void> }> {
  const url = new URL(address);
  const schema = "modelled";
  const client = new pg.Client({
    connectionString: address,
    types: { getTypeParser: () => (text: string) => text } as pg.CustomTypesConfig,
  });
  await client.connect();
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  const read = async (text: string) =>
    (await client.query<(string | null)[]>({ text, rowMode: "array" })).rows;
  return {
    open: async (table) =>
      postgresDestination(
        {
          connection: postgresConfigSchema.parse({
            host: url.hostname,
            port: url.port,
            database: url.pathname.slice(1),
            user: url.username,
            sslMode: "off",
            caCertificate: "",
          }),
          tables: { targetSchema: schema, targetTable: `${table}_copy` },
        },
        { connection: { password: decodeURIComponent(url.password) } },
      ),
    change: (table, statement) =>
      client.query(
        named(statement, schema, table, postgresSql.fenceTable(schema, `${table}_copy`)),
      ),
    rows: (table, columns) => read(`SELECT ${columns.join(", ")} FROM ${schema}."${table}_copy"`),
    handOver: async () => undefined,
    end: () => client.end(),
  };
}

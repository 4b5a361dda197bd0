// Whether rows can land: each privilege and each step of a load, proven by the identity that will do it.
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { changeFields } from "@/lib/connectors/contract/changes";
import type { CheckUpdate } from "@/lib/connectors/contract/checks";
import { csvWriter } from "@/lib/connectors/csv";
import type { Bucket } from "@/lib/connectors/s3/client";
import { fieldsOf, locate, tupleOf } from "@/lib/event/tuple";
import { SyncError, withoutSecrets } from "@/lib/platform/errors";
import { isTrue } from "@/lib/connectors/redshift/catalog/catalog";
import {
  connect,
  connectionParts,
  explainer,
  Failed,
  runInOrder,
  streamChecks,
  tryAnother,
  type Check,
  type Explain,
  type Failure,
  type Parts,
} from "./checks";
import { secretsOf, type RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { hostFacts } from "@/lib/connectors/redshift/session/endpoint";
import {
  explainCopy,
  isLoadFailure,
  readLoadErrors,
  refusalText,
} from "@/lib/connectors/redshift/load/load-errors";
import * as sql from "@/lib/connectors/redshift/load/load-sql";
import { loadingGrants } from "./permissions";
import { literal } from "@/lib/connectors/redshift/quote";
import type {
  RedshiftDestinationConfig,
  RedshiftDestinationSecret,
} from "@/lib/connectors/redshift/spec";

const COPY_LIMIT_NOTE = "A superuser, or the owner, runs this:";
const CHECK_LIMIT_MS = 15_000;

/** Two rows that bite: unicode, a quote, a line's end, an empty text, NULL. */
const SAMPLE: { key: string; text: string | null; note: string | null }[] = [
  { key: "1", text: 'Zoë said: "no, never"\nउ 🏔 漢', note: "" },
  { key: "2", text: "", note: null },
];
const probeColumns = [
  { name: "id", type: "bigint" },
  { name: "text", type: "varchar(256)" },
  { name: "note", type: "varchar(16)" },
];
const NULL_TEXT = "~nullcheck~";

/** The rows as a file, by the writer that loads use. */
function sampleFile(): Buffer {
  const fields = fieldsOf(changeFields.values + 3);
  const writer = csvWriter({
    columns: [
      { field: changeFields.values, kind: "bigint", maxBytes: null },
      { field: changeFields.values + 1, kind: "text", maxBytes: 256 },
      { field: changeFields.values + 2, kind: "text", maxBytes: 16 },
    ],
    withSeq: true,
    nullText: NULL_TEXT,
    overflow: "reject",
  });
  const out = Buffer.alloc(4_096);
  let end = 0;
  SAMPLE.forEach(({ key, text, note }, index) => {
    const tuple = tupleOf([String(index + 1), key, "", null, key, text, note]);
    locate(tuple, 0, fields);
    end = writer.write(tuple, fields, out, end);
  });
  return gzipSync(out.subarray(0, end), { level: 1 });
}

/** “Verifying Destination”: nine checks in this order, each told as its parts become known. */
export const checkLoading = (
  config: RedshiftDestinationConfig,
  secret: RedshiftDestinationSecret,
  bucket: Bucket,
  signal: AbortSignal,
): AsyncIterable<CheckUpdate> =>
  streamChecks((ended, tell) => runChecks(config, secret, bucket, ended, tell), signal);

async function runChecks(
  { connection, staging, tables }: RedshiftDestinationConfig,
  secret: RedshiftDestinationSecret,
  bucket: Bucket,
  signal: AbortSignal,
  tell: (update: CheckUpdate) => void,
): Promise<void> {
  const { user, database } = connection;
  const schema = tables.targetSchema;
  const secrets = [...secretsOf(secret.connection), secret.staging.secretAccessKey];
  const inWarehouse = explainer(connection, secrets, signal);
  const explain = inWarehouse;
  /** What the bucket said was put into words where it was said. */
  const inBucket: Explain = (error, limit) =>
    error instanceof SyncError && !limit.aborted ? told(error) : inWarehouse(error, limit);
  const grants = loadingGrants(database, schema, user);
  const id = randomBytes(8).toString("hex");
  const prefix = [staging.prefix, `check-${id}`, ""]
    .filter((part, at) => part !== "" || at === 2)
    .join("/");
  const probe = `_tidegate_check_${id}`;
  const target = sql.qualified(schema, probe);
  let session: RedshiftSession | undefined;
  let firstHostKey: string | undefined;
  let schemaExists = false;
  let hasDatabaseCreate = false;
  let isInTransaction = false;
  const connected = () => {
    if (!session) throw new Error("The checks ran out of order.");
    return session;
  };
  const rollBack = async (limit: AbortSignal) => {
    if (!isInTransaction) return;
    isInTransaction = false;
    await connected().query("ROLLBACK", limit);
  };
  const privilege = async (
    statement: string,
    limit: AbortSignal,
    parts: Parts,
    missing: Failure,
    has: string,
  ): Promise<string> => {
    const [row] = await connected().query(statement, limit);
    if (!isTrue(row?.[0])) {
      parts.fail("ask", missing, statement);
      throw new Failed(missing);
    }
    parts.set("ask", "passed", has, { statement });
    return has;
  };
  const missing = (what: string, grant: string): Failure => ({
    summary: `“${user}” lacks ${what}.`,
    remedy: { text: COPY_LIMIT_NOTE, sql: grant },
  });
  const copyOf = (into: string, manifest: string) =>
    sql.copy({
      into,
      columns: [sql.SEQ, ...probeColumns.map(({ name }) => name)],
      manifest,
      staging,
      secret: secret.staging,
      nullText: NULL_TEXT,
      maxError: 0,
      isStage: true,
    });
  /** A COPY's failure; nothing of the transaction is left. */
  const copyFailed = async (error: unknown, limit: AbortSignal): Promise<Failure> => {
    await rollBack(limit).catch(() => undefined);
    if (isLoadFailure(error)) {
      const [first] = await readLoadErrors(
        connected(),
        `s3://${staging.bucket}/${prefix}`,
        1,
        1,
        limit,
      ).catch(() => []);
      return {
        summary: first
          ? `Redshift refused the sample. ${refusalText(first)}`
          : "Redshift refused the sample.",
        serverText: error.detail.serverText,
        remedy: {
          text: "The bucket or the endpoint may change files on their way. Ask its administrator.",
        },
      };
    }
    const plain = explainCopy(error, staging);
    return plain === error ? explain(error, limit) : told(plain as SyncError);
  };

  const checks: Check[] = [
    {
      id: "connection",
      title: "Connection",
      parts: connectionParts(connection),
      run: async (limit, parts) => {
        session = await connect(
          connection,
          secret.connection,
          limit,
          parts,
          inWarehouse,
          (hostKey) => {
            firstHostKey = hostKey;
          },
        );
        await tryAnother(connection, secret.connection, limit, parts, inWarehouse);
        return `Logged in to the database “${database}” as “${user}”.`;
      },
    },
    {
      id: "database-create",
      title: "CREATE on database",
      needs: "connection",
      parts: { ask: "Asked of the database" },
      run: async (limit, parts) => {
        const said = await privilege(
          `SELECT has_database_privilege(current_user, ${literal(database)}, 'CREATE')`,
          limit,
          parts,
          missing(`CREATE on the database “${database}”`, grants.createOnDatabase),
          `“${user}” may make schemas in “${database}”.`,
        );
        hasDatabaseCreate = true;
        return said;
      },
    },
    {
      id: "database-temporary",
      title: "TEMPORARY on database",
      needs: "connection",
      parts: { ask: "Asked of the database" },
      run: (limit, parts) =>
        privilege(
          `SELECT has_database_privilege(current_user, ${literal(database)}, 'TEMP')`,
          limit,
          parts,
          missing(`TEMPORARY on the database “${database}”`, grants.temporary),
          `“${user}” may make temporary tables.`,
        ),
    },
    {
      id: "schema-usage",
      title: "USAGE on schema",
      needs: "connection",
      parts: { exists: `“${schema}” exists`, ask: "Asked of the schema" },
      run: async (limit, parts) => {
        const statement = sql.schemaExists(schema);
        schemaExists = (await connected().query(statement, limit))[0]?.[0] === "1";
        if (schemaExists) {
          parts.set("exists", "passed", "It is there.", { statement });
          return privilege(
            `SELECT has_schema_privilege(current_user, ${literal(schema)}, 'USAGE')`,
            limit,
            parts,
            missing(`USAGE on the schema “${schema}”`, grants.usage),
            `“${user}” may use “${schema}”.`,
          );
        }
        const failure: Failure = {
          summary: `There is no schema “${schema}”, and “${user}” may not make it.`,
          remedy: {
            text: "A superuser makes it, and grants its use:",
            sql: [grants.createSchema, grants.usage, grants.createInSchema].join("\n"),
          },
        };
        if (hasDatabaseCreate)
          parts.set("exists", "warned", "Not yet: the first load makes it.", { statement });
        else parts.fail("exists", failure, statement);
        parts.skipRest("exists");
        if (!hasDatabaseCreate) throw new Failed(failure);
        return `There is no schema “${schema}” yet. The first load makes it, and it is then “${user}”’s own.`;
      },
    },
    {
      id: "schema-create",
      title: "CREATE on schema",
      needs: "schema-usage",
      parts: { ask: "Asked of the schema" },
      run: async (limit, parts) => {
        if (schemaExists)
          return privilege(
            `SELECT has_schema_privilege(current_user, ${literal(schema)}, 'CREATE')`,
            limit,
            parts,
            missing(`CREATE on the schema “${schema}”`, grants.createInSchema),
            `“${user}” may make tables in “${schema}”.`,
          );
        parts.set(
          "ask",
          "skipped",
          "There is no schema to ask about yet; its owner may make tables in it.",
        );
        return "It will be the user’s own schema.";
      },
    },
    {
      id: "s3-write",
      title: "Write to S3",
      parts: {
        region: "Region of the bucket",
        cluster: "Region of the warehouse",
        put: "PutObject",
      },
      run: async (limit, parts) => {
        await checkRegions(parts, limit);
        const key = `${prefix}part-00001.csv.gz`;
        try {
          await bucket.put(key, sampleFile(), limit);
          const entries = [{ url: `s3://${staging.bucket}/${key}`, mandatory: true }];
          await bucket.put(
            `${prefix}sample.manifest`,
            Buffer.from(JSON.stringify({ entries })),
            limit,
          );
        } catch (error) {
          const failure = inBucket(error, limit);
          parts.fail("put", failure, `PUT s3://${staging.bucket}/${key}`);
          throw new Failed(failure);
        }
        const summary = `Two rows were written to s3://${staging.bucket}/${prefix}.`;
        parts.set("put", "passed", summary, { statement: `PUT s3://${staging.bucket}/${key}` });
        return summary;
      },
    },
    {
      id: "copy",
      title: "COPY from S3",
      needs: ["connection", "database-temporary", "schema-usage", "schema-create", "s3-write"],
      parts: {
        table: "A table for the test",
        read: "GetObject and ListBucket, as COPY",
        values: "Every value as it was",
      },
      run: async (limit, parts) => {
        const session = connected();
        const create = `CREATE TABLE ${target} (${probeColumns.map(({ name, type }) => `"${name}" ${type}`).join(", ")})`;
        isInTransaction = true;
        try {
          await session.query("BEGIN", limit);
          if (!schemaExists) await session.query(sql.createSchema(schema), limit);
          await session.query(create, limit);
          await session.query(sql.createStage(sql.STAGE, probeColumns), limit);
          parts.set("table", "passed", "Made in a transaction that is rolled back at the end.", {
            statement: create,
          });
        } catch (error) {
          await rollBack(limit).catch(() => undefined);
          const failure = explain(error, limit);
          parts.fail("table", failure, create);
          parts.skipRest("table");
          throw new Failed(failure);
        }
        const copy = copyOf(`"${sql.STAGE}"`, `${prefix}sample.manifest`);
        const shown = withoutSecrets(copy, secrets);
        try {
          await session.query(copy, limit);
        } catch (error) {
          const failure = await copyFailed(error, limit);
          parts.fail("read", failure, shown);
          parts.skipRest("read");
          throw new Failed(failure);
        }
        parts.set(
          "read",
          "passed",
          `COPY read the file ${staging.access === "role" ? `as ${staging.roleArn}` : "with the access key"}.`,
          { statement: shown },
        );
        const rows = await session.query(
          `SELECT id, "text", note FROM "${sql.STAGE}" ORDER BY id`,
          limit,
        );
        const expected = SAMPLE.map(({ key, text, note }) => [key, text, note]);
        if (JSON.stringify(rows) !== JSON.stringify(expected)) {
          const failure: Failure = {
            summary: "What COPY loaded is not what was written.",
            serverText: JSON.stringify(rows),
            remedy: {
              text: "Something changes the files between here and there: a proxy, or the store itself.",
            },
          };
          parts.fail("values", failure);
          throw new Failed(failure);
        }
        parts.set(
          "values",
          "passed",
          "Unicode, quote, line’s end, NULL and empty text are what they were.",
        );
        return "Two rows were read back as they were written.";
      },
    },
    {
      id: "upsert",
      title: "Upsert",
      needs: "copy",
      parts: { twice: "The same rows twice" },
      run: async (limit, parts) => {
        const keys = sql.targetKeys(["id"], probeColumns);
        const insert = sql.insertNewest({
          target,
          columns: probeColumns,
          keys,
          oneRowPerKey: false,
          hasDeletes: false,
        });
        const statement = `${sql.deleteOld(target, keys)};\n${insert}`;
        try {
          for (let time = 0; time < 2; time += 1) {
            await connected().query(sql.deleteOld(target, keys), limit);
            await connected().query(insert, limit);
          }
          const [row] = await connected().query(`SELECT COUNT(*) FROM ${target}`, limit);
          if (row?.[0] !== "2")
            throw new Failed({
              summary: `Two rows, loaded twice, make ${row?.[0]} rows.`,
              remedy: {
                text: "Ask the warehouse’s administrator: DELETE … USING did not find the rows.",
              },
            });
        } catch (error) {
          const failure = explain(error, limit);
          await rollBack(limit).catch(() => undefined);
          parts.fail("twice", failure, statement);
          throw new Failed(failure);
        }
        parts.set("twice", "passed", "They are there once.", { statement });
        return "Two rows, loaded twice, are two rows.";
      },
    },
    {
      id: "clean-up",
      title: "Clean up",
      needs: "s3-write",
      parts: { table: "No table is left", files: "No file is left" },
      run: async (limit, parts) => {
        if (session) {
          await rollBack(limit);
          const statement = `SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE tablename = ${literal(probe)}`;
          const [row] = await session.query(statement, limit);
          if (row?.[0] !== "0")
            throw new Failed({
              summary: `The table ${target} could not be removed.`,
              remedy: { text: "Drop it:", sql: `DROP TABLE ${target};` },
            });
          parts.set("table", "passed", "The transaction was rolled back.", { statement });
        } else parts.set("table", "skipped", "There was no connection, so no table either.");
        try {
          await bucket.remove(
            (await bucket.list(prefix, limit)).map(({ key }) => key),
            limit,
          );
          const left = await bucket.list(prefix, limit);
          if (left.length > 0)
            throw new Failed({
              summary: `${left.length} files could not be removed from s3://${staging.bucket}/${prefix}.`,
              remedy: { text: "Does the bucket keep versions under a lock, or deny DeleteObject?" },
            });
        } catch (error) {
          const failure = inBucket(error, limit);
          parts.fail("files", failure, `LIST and DELETE s3://${staging.bucket}/${prefix}`);
          throw new Failed(failure);
        }
        parts.set("files", "passed", "Listed, removed, and listed again: nothing.", {
          statement: `LIST and DELETE s3://${staging.bucket}/${prefix}`,
        });
        return "Nothing of the test is left, in the bucket or in the warehouse.";
      },
    },
  ];

  async function checkRegions(parts: Parts, limit: AbortSignal): Promise<void> {
    const statement = `HEAD s3://${staging.bucket}`;
    let found: string | null = null;
    try {
      found = await bucket.region(limit);
      if (found !== null && found !== staging.region)
        throw new Failed({
          summary: `The bucket “${staging.bucket}” is in ${found}, not in ${staging.region}.`,
          remedy: { text: `Go back to Staging and enter ${found} as the region.` },
        });
      parts.set(
        "region",
        "passed",
        found ? `It is in ${found}.` : `The store doesn't tell; ${staging.region} is used.`,
        { statement },
      );
    } catch (error) {
      const failure = inBucket(error, limit);
      if (error instanceof SyncError && error.detail.code === "AccessDenied")
        parts.set(
          "region",
          "warned",
          "It can’t be looked up: whoever uploads lacks s3:ListBucket, which cleaning up needs too.",
          { statement },
        );
      else {
        parts.fail("region", failure, statement);
        parts.skipRest("region");
        throw new Failed(failure);
      }
    }
    const cluster = hostFacts(connection.host)?.region;
    if (!cluster)
      parts.set("cluster", "skipped", "The host’s name doesn’t tell where the warehouse is.");
    else if (cluster === (found ?? staging.region))
      parts.set("cluster", "passed", `Both are in ${cluster}.`);
    else
      parts.set(
        "cluster",
        "warned",
        `The warehouse is in ${cluster}, the bucket in ${found ?? staging.region}. It works, since REGION is named in each COPY, but AWS charges for the way between regions, and it is slower.`,
      );
  }

  try {
    await runInOrder(checks, {
      explain,
      signal,
      tell,
      more: (check) => (check === "connection" && firstHostKey ? { firstHostKey } : {}),
    });
  } finally {
    await rollBack(AbortSignal.timeout(CHECK_LIMIT_MS)).catch(() => undefined);
    await session?.close();
    // a person who leaves in between leaves nothing behind
    await bucket
      .list(prefix, AbortSignal.timeout(CHECK_LIMIT_MS))
      .then((left) =>
        bucket.remove(
          left.map(({ key }) => key),
          AbortSignal.timeout(CHECK_LIMIT_MS),
        ),
      )
      .catch(() => undefined);
  }
}

/** A failure that was told in words already. */
const told = ({ message, detail }: SyncError): Failure => ({
  summary: message,
  ...(detail.serverText && { serverText: detail.serverText }),
  ...(detail.remedy && { remedy: { text: detail.remedy } }),
  ...(detail.code && { code: detail.code }),
});

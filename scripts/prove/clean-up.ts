// Removes what the proof has made, part by part: a failure doesn't keep the rest from being removed, and is reported with the
// statement that removes it.
import { kindOfTable, ourTables } from "@/lib/connectors/redshift/changes/changes-sql";
import { openRedshift, type RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { identifier, literal } from "@/lib/connectors/redshift/quote";
import { closeIdleSessions } from "@/lib/connectors/redshift/session/sessions";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { STATE_SCHEMA } from "@/lib/connectors/redshift/spec";
import { openBucket } from "@/lib/connectors/s3/client";
import { realDelay } from "@/lib/connectors/retry";
import { messageOf } from "@/lib/platform/errors";
import type { World } from "./world";

const LIMIT_MS = 5 * 60_000;

export type Leftover = { what: string; because: string; remedy: string };

/** With a signal of its own: Ctrl-C ends the steps, not this. */
export async function cleanUp(world: World): Promise<Leftover[]> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const left: Leftover[] = [];
  const attempt = async (what: string, remedy: string, work: () => Promise<void>) => {
    await work().catch((error: unknown) => {
      left.push({ what, remedy, because: messageOf(error) });
    });
  };
  await closeIdleSessions();
  await world.close();
  await removeFiles(world, attempt, signal);
  const { owner } = world;
  let session: RedshiftSession | undefined;
  try {
    session = await openRedshift(
      owner.config,
      owner.secret,
      { statementTimeoutMs: LIMIT_MS },
      signal,
    );
    await removeFromWarehouse(world, session, attempt, signal);
  } catch (error) {
    left.push({
      what: `everything in the warehouse named ${world.name}`,
      because: messageOf(error),
      remedy: [world.schema, world.targetSchema].map(dropSchema).join(" "),
    });
  } finally {
    await session?.close().catch(() => undefined);
  }
  return left;
}

type Attempt = (what: string, remedy: string, work: () => Promise<void>) => Promise<void>;
const dropSchema = (schema: string): string => `DROP SCHEMA ${identifier(schema)} CASCADE;`;

async function removeFiles(world: World, attempt: Attempt, signal: AbortSignal): Promise<void> {
  if (!world.settings.staging) return;
  const { config, secret } = world.staging();
  const bucket = openBucket(config, secret, realDelay);
  await attempt(
    "files in the bucket",
    `Delete what lies under s3://${config.bucket}/${config.prefix}/.`,
    async () => {
      const keys = async () =>
        (await bucket.list(`${config.prefix}/`, signal)).map(({ key }) => key);
      await bucket.remove(await keys(), signal);
      const still = await keys();
      if (still.length > 0) throw new Error(`${still.length} files are still there.`);
    },
  );
  bucket.close();
}

async function removeFromWarehouse(
  world: World,
  session: RedshiftSession,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<void> {
  const { connections, users, schema, targetSchema, settings } = world;
  const run = async (sql: string): Promise<void> => void (await session.query(sql, signal));
  const source = redshiftSource(settings.login.config, settings.login.secret);
  for (const id of connections) await source.forget(id, signal).catch(() => undefined);
  // what the login could not drop, the owner may; and what neither can is reported
  const ours = (await session.query(ourTables, signal)).flatMap(([name]) =>
    name && kindOfTable(name, connections)?.connectionId ? [name] : [],
  );
  for (const name of ours) {
    const drop = `DROP TABLE IF EXISTS ${identifier(STATE_SCHEMA)}.${identifier(name)};`;
    await attempt(`the table ${STATE_SCHEMA}.${name}`, drop, () => run(drop));
  }
  for (const sql of world.undo.toReversed())
    await attempt(`what this statement removes`, `${sql};`, () => run(sql));
  for (const each of [targetSchema, schema]) {
    const [found] = await session.query(
      `SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = ${literal(each)}`,
      signal,
    );
    if (found?.[0] !== "0")
      await attempt(`the schema ${each}`, dropSchema(each), () => run(dropSchema(each)));
  }
  for (const user of users) await removeUser(user, session, attempt, run, signal);
  if (world.madeStateSchema) {
    // without CASCADE: somebody may have begun to use it meanwhile
    const drop = `DROP SCHEMA ${identifier(STATE_SCHEMA)};`;
    await attempt(`the schema ${STATE_SCHEMA}`, drop, () => run(drop));
  }
}

/** A user who holds a privilege can't be dropped (AWS, r_DROP_USER). */
async function removeUser(
  user: string,
  session: RedshiftSession,
  attempt: Attempt,
  run: (sql: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const isThere = async () => {
    const sql = `SELECT COUNT(*) FROM pg_catalog.pg_user WHERE usename = ${literal(user)}`;
    return (await session.query(sql, signal))[0]?.[0] !== "0";
  };
  if (!(await isThere())) return;
  const name = identifier(user);
  const [database] = await session.query("SELECT current_database()", signal);
  const revokes = [
    `REVOKE ALL ON SCHEMA ${identifier(STATE_SCHEMA)} FROM ${name};`,
    `REVOKE ALL ON DATABASE ${identifier(database?.[0] ?? "")} FROM ${name};`,
  ];
  for (const revoke of revokes) await run(revoke).catch(() => undefined);
  const remedy = [...revokes, `DROP USER ${name};`].join(" ");
  await attempt(`the user ${user}`, remedy, () => run(`DROP USER ${name}`));
}

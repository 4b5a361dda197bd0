// What the proof will create: listed first, then created. Nothing is created that isn't listed.
import {
  loadingGrants,
  readingGrants,
  stateSchemaGrants,
} from "@/lib/connectors/redshift/checks/permissions";
import { identifier, literal } from "@/lib/connectors/redshift/quote";
import { STATE_SCHEMA } from "@/lib/connectors/redshift/spec";
import type { World } from "./world";

/** In plain words, before anything is done. */
export function planOf({ settings, name, schema, targetSchema, owner }: World): string[] {
  const { login, second, staging } = settings;
  const { host, port, database, user } = login.config;
  return [
    `This will prove Tidegate's statements on ${host}:${port}, in the database “${database}”.`,
    `- As “${owner.config.user}” it makes the schemas “${schema}” and “${targetSchema}” with tables and views of some 10,000 rows in all.`,
    `- As “${user}” it keeps its state in “${STATE_SCHEMA}”, in tables of its own connections. If that schema is missing, “${owner.config.user}” makes it.`,
    `- If “${owner.config.user}” is a superuser, it makes users whose names begin with “${name}”, runs the permission scripts for them, and drops them.`,
    ...(second ? [`- It logs in as “${second.config.user}”, which changes nothing.`] : []),
    staging
      ? `- It writes files to the bucket “${staging.config.bucket}” under “${[staging.config.prefix, name].filter(Boolean).join("/")}/”.`
      : "- It uses no bucket: UNLOAD and COPY are skipped.",
    "- At the end it removes all of that, also after a failure or Ctrl-C, and says what it could not remove.",
    "It runs some thousands of small statements. How long that takes on a cluster, nobody has measured yet.",
  ];
}

/** Schemas, and the rights of the login that Tidegate would have. */
export async function prepare(world: World): Promise<void> {
  const { schema, targetSchema, owner, settings, asOwner } = world;
  const { user, database } = settings.login.config;
  const isOwner = owner.config.user === user;
  const [found] = await asOwner(
    `SELECT usesuper FROM pg_catalog.pg_user WHERE usename = ${literal(owner.config.user)}`,
  );
  world.isSuperuser = found?.[0] === "t" || found?.[0] === "true";
  await asOwner(`CREATE SCHEMA ${identifier(schema)}`);
  await asOwner(`CREATE SCHEMA ${identifier(targetSchema)}`);
  if (!isOwner) {
    const reading = readingGrants(schema, user);
    const loading = loadingGrants(database, targetSchema, user);
    for (const grant of [
      reading.usage,
      reading.futureTables([]),
      loading.usage,
      loading.createInSchema,
    ])
      await asOwner(grant);
  }
  const [count] = await asOwner(
    `SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = ${literal(STATE_SCHEMA)}`,
  );
  if (count?.[0] !== "0") return;
  const grants = stateSchemaGrants(user);
  await asOwner(grants.create);
  world.madeStateSchema = true;
  if (!isOwner) await asOwner(grants.schema);
}

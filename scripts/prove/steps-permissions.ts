// The scripts that a superuser runs, tried with users of the proof's own, and what one sees who has no rights.
import { randomBytes } from "node:crypto";
import {
  generatePassword,
  passwordForms,
  permissionsScript,
  setupScript,
  stateSchemaGrants,
  undoScript,
  undoSetupScript,
  type Permissions,
} from "@/lib/connectors/redshift/checks/permissions";
import { checkRedshift } from "@/lib/connectors/redshift/checks/checks";
import { redshiftDestination } from "@/lib/connectors/redshift/destination";
import { identifier } from "@/lib/connectors/redshift/quote";
import { closeIdleSessions } from "@/lib/connectors/redshift/session/sessions";
import { redshiftLogin } from "@/lib/connectors/redshift/session/saved-login";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { loadDefaults, noIam, STATE_SCHEMA } from "@/lib/connectors/redshift/spec";
import { holds, same } from "./compare";
import type { Login } from "./settings";
import { Skipped, type Step } from "./step";
import { allPassed } from "./steps-login";
import { makeTable, plainRows, readAll } from "./tables";
import type { World } from "./world";

/** The lines of a script that are statements. */
const statements = (script: string): string[] =>
  script.split("\n").filter((line) => line !== "" && !line.startsWith("--"));

/** A name and a password for a user that is to be made; it is dropped at the end, whatever happens. */
function newUser(world: World): Login {
  if (!world.isSuperuser) throw new Skipped("No user can be made: --admin-url names no superuser.");
  const user = `${world.name}_${randomBytes(3).toString("hex")}`;
  const password = generatePassword();
  world.users.push(user);
  world.secrets.push(password);
  const config = { ...world.settings.login.config, user, iam: { ...noIam } };
  return { config, secret: { password } };
}

const wishOf = (
  world: World,
  { config, secret }: Login,
  table: string,
  passwordForm: Permissions["passwordForm"] = "clear",
): Permissions => ({
  user: config.user,
  // rights on tables of other connections are nothing that a proof hands out
  has: { user: false, stateSchema: true, stateGrants: !world.madeStateSchema },
  password: secret.password,
  passwordForm,
  salt: randomBytes(32),
  schema: world.schema,
  table,
  allTables: true,
  futureTables: true,
  owners: [],
});

/** Somebody who may do nothing: a new user, or the second one of the command. */
async function nobody(world: World): Promise<Login> {
  if (!world.isSuperuser && world.settings.second) return world.settings.second;
  const login = newUser(world);
  const [create = ""] = statements(permissionsScript(wishOf(world, login, "none")));
  await world.asOwner(create);
  return login;
}

const sourceOf = ({ config, secret }: Login) => redshiftSource(config, secret);

export const permissionSteps: Step[] = [
  ...passwordForms.map((form): Step => ({
    name: `the permission script, its password ${form}, makes a user who can sync; the undo script removes it`,
    shapes: ["G1", "G2", "G3", "G4", "G6", "L1"],
    run: async (world) => {
      const login = newUser(world);
      const { user } = login.config;
      const table = await makeTable(world, "id integer, a varchar(10)", ["id", "a"]);
      await table.sql("INSERT INTO $t VALUES (1, 'x')");
      const wish = wishOf(world, login, table.name, form);
      for (const sql of statements(permissionsScript(wish))) await world.asOwner(sql);
      if (wish.has.stateGrants) await world.asOwner(stateSchemaGrants(user).schema);
      await allPassed(checkRedshift(login.config, login.secret, world.signal));
      const later = await makeTable(world, "id integer, a varchar(10)", ["id", "a"]);
      await later.sql("INSERT INTO $t VALUES (2, 'y')");
      const source = sourceOf(login);
      for (const [made, expected] of [
        [table, "1 x"],
        [later, "2 y"],
      ] as const) {
        const set = await source.changes(made.request(), world.signal);
        try {
          same("rows", plainRows(await readAll(set, world.signal)), [expected]);
          await set.commit([], world.signal);
        } finally {
          await set.close();
        }
        await source.forget(made.connectionId, world.signal);
      }
      for (const sql of statements(undoScript(wish))) {
        // the state of other connections may be there: this line is never run
        if (sql.startsWith(`DROP SCHEMA ${identifier(STATE_SCHEMA)}`)) continue;
        if (sql.startsWith("DROP USER")) {
          await revokeState(world, user);
          await closeIdleSessions();
        }
        await world.asOwner(sql);
      }
      const [count] = await world.asOwner(
        `SELECT COUNT(*) FROM pg_catalog.pg_user WHERE usename = '${user}'`,
      );
      same("the user afterwards", count, ["0"]);
    },
  })),
  {
    name: "a user without rights is shown which GRANT is missing, and each one helps",
    shapes: ["C1", "C3", "C7", "C8", "C9", "C10"],
    run: async (world) => {
      const login = await nobody(world);
      const source = sourceOf(login);
      const table = await makeTable(world, "id integer", ["id"]);
      const look = () => source.inspect(world.schema, table.name, 10, world.signal);
      const page = await source.schemas({ search: world.name, after: null }, world.signal);
      const schema = page.items.find(({ name }) => name === world.schema);
      same("the schema may be used", schema?.readable, false);
      holds("its GRANT is shown", schema?.grant?.startsWith("GRANT USAGE") === true);
      const before = await look();
      same("the check before", before.check.status, "failed");
      holds("both GRANTs are shown", before.check.remedy?.sql?.split("\n").length === 2);
      await world.asOwner(schema?.grant ?? "");
      const tables = await source.tables(
        world.schema,
        { search: table.name, after: null },
        world.signal,
      );
      same("the table may be read", tables.items[0]?.readable, false);
      same("the check between", (await look()).check.status, "failed");
      await world.asOwner(tables.items[0]?.grant ?? "");
      const after = await look();
      same("the check after", after.check.summary && after.check.status, "passed");
    },
  },
  {
    name: "a view whose owner lost its right is reported as that",
    shapes: ["C11"],
    run: async (world) => {
      const [reader, owner] = [newUser(world), newUser(world)];
      const table = await makeTable(world, "id integer", ["id"]);
      const view = `${table.name}_over`;
      for (const login of [reader, owner]) {
        const [create = ""] = statements(permissionsScript(wishOf(world, login, "none")));
        await world.asOwner(create);
        const to = identifier(login.config.user);
        await world.asOwner(`GRANT USAGE ON SCHEMA ${identifier(world.schema)} TO ${to}`);
      }
      await table.sql(
        `CREATE VIEW ${world.in(view)} AS SELECT id FROM $t`,
        `GRANT SELECT ON ${world.in(view)} TO ${identifier(reader.config.user)}`,
        `ALTER TABLE ${world.in(view)} OWNER TO ${identifier(owner.config.user)}`,
      );
      const { check } = await sourceOf(reader).inspect(world.schema, view, 10, world.signal);
      same("the check", check.status, "failed");
      const remedy = check.remedy?.sql ?? "";
      holds(
        `the GRANT is the owner's: ${check.summary} ${remedy}`,
        remedy.includes(table.name) && remedy.includes(owner.config.user),
      );
    },
  },
  {
    name: "the setup script makes a user who can load; its undo script hands over what it owns",
    shapes: ["G1", "G5", "G6", "G7"],
    run: async (world) => {
      const login = newUser(world);
      const { user, database } = login.config;
      const wish = {
        user,
        database,
        schema: world.targetSchema,
        password: login.secret.password,
        passwordForm: "md5" as const,
        salt: randomBytes(32),
      };
      for (const sql of statements(setupScript(wish))) await world.asOwner(sql);
      const session = await world.open(login);
      const own = `${identifier(world.targetSchema)}.${identifier(`own_${user.slice(-6)}`)}`;
      await session
        .query(`CREATE TABLE ${own} (id integer)`, world.signal)
        .finally(() => session.close());
      if (world.settings.staging) {
        const { config: staging, secret } = world.staging();
        const destination = redshiftDestination(
          {
            connection: login.config,
            staging,
            tables: { ...loadDefaults, targetSchema: world.targetSchema },
          },
          { connection: login.secret, staging: secret },
        );
        await allPassed(destination.check(world.signal)).finally(() => destination.close());
      }
      let handedOver = 0;
      for (const sql of statements(undoSetupScript(wish))) {
        const rows = await world.asOwner(sql);
        if (!sql.startsWith("SELECT")) continue;
        for (const [statement] of rows) await world.asOwner(statement ?? "");
        handedOver += rows.length;
      }
      same("tables that it owned", handedOver, 1);
    },
  },
  {
    name: "a user changes its own password",
    shapes: ["L9"],
    run: async (world) => {
      const login = await nobody(world);
      if (login === world.settings.second)
        throw new Skipped("The password of the second user is not the proof's to change.");
      const next = generatePassword();
      world.secrets.push(next);
      await redshiftLogin(login.config, login.secret).changePassword?.(next, world.signal);
      const session = await world.open({ config: login.config, secret: { password: next } });
      await session.close();
    },
  },
];

async function revokeState(world: World, user: string): Promise<void> {
  const [state, from] = [identifier(STATE_SCHEMA), identifier(user)];
  if (world.madeStateSchema)
    await world.asOwner(`REVOKE ALL ON ALL TABLES IN SCHEMA ${state} FROM ${from}`);
  await world.asOwner(`REVOKE ALL ON SCHEMA ${state} FROM ${from}`);
}

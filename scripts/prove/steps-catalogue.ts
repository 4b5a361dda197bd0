// Schemas, tables, views of each kind, columns; first rows, whole values, keys, profiles.
import { SyncError } from "@/lib/platform/errors";
import { identifier } from "@/lib/connectors/redshift/quote";
import { has, holds, same } from "./compare";
import type { Step } from "./step";
import { makeTable } from "./tables";
import { isSameValue, plainValues } from "./values";
import type { World } from "./world";

const nowhere = { search: "", after: null };
const HOSTILE = `O'Brien \\ "x"; -- Ünï`;

/** A table with a view of each kind over it, made once. */
async function views(world: World): Promise<string> {
  const people = world.in("people");
  const isThere = (await world.source().tables(world.schema, nowhere, world.signal)).items.some(
    ({ name }) => name === "people_kept",
  );
  if (isThere) return people;
  for (const sql of [
    `CREATE TABLE ${people} (id integer, email varchar(64), price numeric(12,2))`,
    `INSERT INTO ${people} VALUES (1, 'a@example.com', 1.50), (2, 'b@example.com', NULL)`,
    `CREATE VIEW ${world.in("people_view")} AS SELECT id, email FROM ${people}`,
    `CREATE VIEW ${world.in("people_late")} AS SELECT id, price FROM ${people} WITH NO SCHEMA BINDING`,
    `CREATE MATERIALIZED VIEW ${world.in("people_kept")} AS SELECT id, email FROM ${people}`,
  ])
    await world.asOwner(sql);
  // made beside the table, so that the rights of the schema's future tables may not reach it
  const grant = `GRANT SELECT ON ALL TABLES IN SCHEMA ${identifier(world.schema)} TO ${identifier(world.settings.login.config.user)}`;
  if (world.owner !== world.settings.login) await world.asOwner(grant);
  return people;
}

export const catalogueSteps: Step[] = [
  {
    name: "schemas are listed and searched",
    shapes: ["C1", "C2"],
    run: async (world) => {
      const search = world.schema.slice("tidegate_".length);
      const { items } = await world.source().schemas({ search, after: null }, world.signal);
      const own = items.find(({ name }) => name === world.schema);
      holds("the proof's schema is listed", own !== undefined);
      holds("it may be used", own?.readable === true);
      const hidden = await world.source().schemas({ search: "_rudder", after: null }, world.signal);
      same(
        "the schemas named like the state's",
        hidden.items.filter(({ name }) => name === "_rudderstack"),
        [],
      );
    },
  },
  {
    name: "tables, views, late-binding and materialized views are distinguished",
    shapes: ["C3", "C4", "C5"],
    run: async (world) => {
      await views(world);
      const { items } = await world
        .source()
        .tables(world.schema, { search: "people", after: null }, world.signal);
      same(
        "the kinds",
        items.map(({ name, kind, readable }) => [name, kind, readable]),
        [
          ["people", "table", true],
          ["people_kept", "materialized view", true],
          ["people_late", "late-binding view", true],
          ["people_view", "view", true],
        ],
      );
    },
  },
  {
    name: "a schema that is none of this cluster's is looked up as an external one",
    shapes: ["C6"],
    run: async (world) => {
      const page = await world.source().tables(`${world.name}_none`, nowhere, world.signal);
      same("its tables", page.items, []);
    },
  },
  {
    name: "who makes tables is listed",
    shapes: ["V9"],
    run: async (world) => {
      await views(world);
      const owners = await world.source().owners(world.signal);
      const own = owners.filter(({ schema }) => schema === world.schema);
      same(
        "the owners",
        own.map(({ owner }) => owner),
        [world.owner.config.user],
      );
    },
  },
  {
    name: "columns of every type, in their order",
    shapes: ["C12"],
    run: async (world) => {
      const declared = plainValues.map(({ type }, at) => `c${at} ${type}`).join(", ");
      const table = await makeTable(world, `id integer, ${declared}`, ["id"]);
      const columns = await world.source().columns(world.schema, table.name, world.signal);
      same(
        "the types",
        columns.map(({ type }) => type),
        ["integer", ...plainValues.map(({ type }) => type)],
      );
    },
  },
  {
    name: "columns of a late-binding and of a materialized view",
    shapes: ["C13", "C14", "C5"],
    run: async (world) => {
      await views(world);
      const late = await world.source().columns(world.schema, "people_late", world.signal);
      same(
        "of the late-binding view",
        late.map(({ name, type }) => [name, type]),
        [
          ["id", "integer"],
          ["price", "numeric(12,2)"],
        ],
      );
      const kept = await world.source().columns(world.schema, "people_kept", world.signal);
      same(
        "of the materialized view",
        kept.map(({ name }) => name),
        ["id", "email"],
      );
    },
  },
  {
    name: "first rows of a table and of each kind of view",
    shapes: ["C7", "C8", "C9", "P1"],
    run: async (world) => {
      await views(world);
      for (const name of ["people", "people_view", "people_late", "people_kept"]) {
        const { check, preview } = await world
          .source()
          .inspect(world.schema, name, 10, world.signal);
        same(name, [check.status, check.summary && preview?.rows.length], ["passed", 2]);
      }
    },
  },
  {
    name: "first rows of every type",
    shapes: ["P1", "P2", "P3", "P6", "P7"],
    run: async (world) => {
      const declared = plainValues.map(({ type }, at) => `c${at} ${type}`).join(", ");
      const table = await makeTable(world, `id integer, ${declared}`, ["id"]);
      await table.sql(
        `INSERT INTO $t SELECT 1, ${plainValues.map(({ a }) => a).join(", ")}`,
        "INSERT INTO $t (id) VALUES (2)",
      );
      const { check, preview } = await world
        .source()
        .inspect(world.schema, table.name, 10, world.signal);
      same("the check", check.summary && check.status, "passed");
      const rows = [...(preview?.rows ?? [])].sort(([a], [b]) => Number(a) - Number(b));
      same(
        "the row of NULLs",
        rows[1]?.slice(1),
        plainValues.map(() => null),
      );
      plainValues.forEach(({ type, comesA }, at) => {
        const came = rows[0]?.[at + 1] ?? null;
        const isLong = typeof comesA === "string" && comesA.length > 1_000;
        if (isLong) holds(`${type} begins as it does`, comesA.startsWith(came ?? "-"));
        else same(type, isSameValue(type, came, comesA) || came, true);
      });
    },
  },
  {
    name: "the whole of a value that the preview cuts",
    shapes: ["P8"],
    run: async (world) => {
      const table = await makeTable(world, "id integer, note varchar(60000)", ["id"]);
      await table.sql(
        "INSERT INTO $t SELECT 1, REPEAT('ab', 20000)",
        "INSERT INTO $t VALUES (2, '')",
      );
      const cell = await world.source().cell(
        {
          schema: world.schema,
          table: table.name,
          column: "note",
          begin: "abab",
          bytes: 40_000,
          key: { column: "id", value: "1" },
        },
        world.signal,
      );
      same("its length", cell?.length, 40_000);
    },
  },
  {
    name: "health of a key, of one column and of several",
    shapes: ["P9", "D11"],
    run: async (world) => {
      const table = await makeTable(world, "id integer, a varchar(2000), b numeric(9,2)", ["id"]);
      await table.sql(
        `INSERT INTO $t VALUES (1, 'x', 1), (2, 'x', 1), (3, 'x', 2), (4, '', 1), (NULL, NULL, 1), (5, 'q"\\\\' || CHR(10), 1)`,
        "INSERT INTO $t SELECT 6, REPEAT('y', 1100), 1",
      );
      const health = (keys: string[]) =>
        world.source().keyHealth(world.schema, table.name, keys, world.signal);
      has("id", await health(["id"]), { rows: 7, distinct: 6, nullRows: 1, duplicateRows: 0 });
      const a = await health(["a"]);
      has("a", a, { nullRows: 1, emptyRows: 1, duplicateKeys: 1, duplicateRows: 3, longRows: 1 });
      same("its example", a.examples, [{ key: "x", rows: 3 }]);
      has("a and b", await health(["a", "b"]), { duplicateKeys: 1, duplicateRows: 2, longRows: 1 });
    },
  },
  {
    name: "a profile of every type",
    shapes: ["P10"],
    run: async (world) => {
      const declared = plainValues.map(({ type }, at) => `c${at} ${type}`).join(", ");
      const table = await makeTable(world, `id integer, ${declared}`, ["id"]);
      await table.sql(
        `INSERT INTO $t SELECT 1, ${plainValues.map(({ a }) => a).join(", ")}`,
        "INSERT INTO $t (id) VALUES (2)",
      );
      const wrong: string[] = [];
      for (const [at, { type }] of plainValues.entries()) {
        const profile = await world
          .source()
          .profile(world.schema, table.name, `c${at}`, world.signal)
          .catch((error: unknown) => {
            const said = error instanceof SyncError ? error.detail.serverText : undefined;
            wrong.push(`${type}: ${said ?? String(error)}`);
          });
        const counts = profile && [profile.rows, profile.nullRows, profile.distinct];
        if (counts && JSON.stringify(counts) !== "[2,1,1]") wrong.push(`${type}: ${counts.join()}`);
      }
      same("profiles that are wrong", wrong, []);
    },
  },
  {
    name: "the longest texts, and a digest of rows",
    shapes: ["P11", "P12"],
    run: async (world) => {
      const table = await makeTable(world, "id integer, a varchar(20), b varchar(20)", ["id"]);
      await table.sql("INSERT INTO $t VALUES (1, 'é', NULL), (2, 'abc', NULL)");
      const source = world.source();
      const longest = await source.longest(world.schema, table.name, ["a", "b"], world.signal);
      same("the longest texts", longest, [3, 0]);
      const digest = async () =>
        (await source.digest(world.schema, table.name, ["id", "a"], ["id"], world.signal)) ?? [];
      const before = await digest();
      same(
        "its rows",
        before.reduce((sum, { rows }) => sum + rows, 0),
        2,
      );
      await table.sql("UPDATE $t SET a = 'abd' WHERE id = 2");
      holds("a change changes it", JSON.stringify(await digest()) !== JSON.stringify(before));
    },
  },
  {
    name: "names with capitals, quotation marks, a backslash and an accent",
    shapes: ["L4", "C3", "C9", "C12"],
    run: async (world) => {
      const session = await world.open(world.owner);
      const table = `${identifier(world.schema)}.${identifier(HOSTILE)}`;
      try {
        for (const sql of [
          "SET enable_case_sensitive_identifier TO true",
          `CREATE TABLE ${table} (id integer, ${identifier(HOSTILE)} varchar(20))`,
          `INSERT INTO ${table} VALUES (1, 'x')`,
        ])
          await session.query(sql, world.signal);
      } finally {
        await session.close();
      }
      const { items } = await world
        .source()
        .tables(world.schema, { search: "O'Brien", after: null }, world.signal);
      same(
        "the tables found",
        items.map(({ name }) => name),
        [HOSTILE],
      );
      const { check, preview } = await world
        .source()
        .inspect(world.schema, HOSTILE, 10, world.signal);
      same("its columns", preview?.columns.map(({ name }) => name) ?? check.summary, [
        "id",
        HOSTILE,
      ]);
    },
  },
];

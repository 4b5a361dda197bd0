// Change sets in every mode: what is new, changed, gone, invalid, rejected; cursor, chosen keys, another mapping, a
// grown column; what is kept, and the log.
import { identifier } from "@/lib/connectors/redshift/quote";
import { STATE_SCHEMA } from "@/lib/connectors/redshift/spec";
import { logTable } from "@/lib/connectors/redshift/changes/changes-sql";
import { SyncError } from "@/lib/platform/errors";
import { has, holds, same } from "./compare";
import { Skipped, type Step } from "./step";
import { makeTable, plainRows, readAll, type ProofTable } from "./tables";
import type { World } from "./world";

const columns = ["id", "a", "b"];
async function people(
  world: World,
  rows = "(1, 'x', 'y'), (2, 'x', NULL), (3, '', 'y')",
): Promise<ProofTable> {
  const table = await makeTable(world, "id integer, a varchar(700), b varchar(10)", columns);
  await table.sql(`INSERT INTO $t VALUES ${rows}`);
  return table;
}

/** Narrow values that are remembered stand beside wider ones that are new. */
async function growColumn(world: World, mode: "upsert" | "mirror"): Promise<void> {
  const table = await people(world);
  await table.run({ mode });
  await table.sql("ALTER TABLE $t ALTER COLUMN b TYPE varchar(400)");
  await table.sql(
    "UPDATE $t SET b = REPEAT('long ', 40) WHERE id = 1",
    "DELETE FROM $t WHERE id = 3",
  );
  const grown = await table.run({ mode });
  same("the changes", grown.rows.map(({ key, cells }) => [key, cells[2]?.length]).sort(), [
    ["1", 200],
    ...(mode === "mirror" ? [["3", 1]] : []),
  ]);
  await table.sql("UPDATE $t SET b = REPEAT('long ', 50) WHERE id = 2");
  has("the next run", await table.run({ mode }), { unchanged: 1, toDeliver: 1 });
}

export const changeSteps: Step[] = [
  {
    name: "upsert: all rows, then the new and the changed; what is gone is forgotten",
    shapes: [
      "D1",
      "D2",
      "D3",
      "D4",
      "D5",
      "D16",
      "M1",
      "M2",
      "M3",
      "M4",
      "M6",
      "M7",
      "M8",
      "M11",
      "M12",
      "R1",
    ],
    run: async (world) => {
      const table = await people(world);
      const first = await table.run();
      same("rows", plainRows(first.rows), ["1 x,y", "2 x,", "3 ,y"]);
      same(
        "their positions",
        first.rows.map(({ seq }) => seq),
        [1, 2, 3],
      );
      has("a second run", await table.run(), { read: 3, unchanged: 3, toDeliver: 0 });
      await table.sql(
        "UPDATE $t SET a = 'new' WHERE id = 1",
        "DELETE FROM $t WHERE id = 3",
        "INSERT INTO $t VALUES (4, 'q', 'q')",
      );
      const third = await table.run();
      same("rows of a third", plainRows(third.rows), ["1 new,y", "4 q,q"]);
      has("its counts", third, { read: 3, unchanged: 1, inserts: 1, deletes: 0 });
      await table.sql("INSERT INTO $t VALUES (3, '', 'y')");
      same("one that came back", plainRows((await table.run()).rows), ["3 ,y"]);
    },
  },
  {
    name: "mirror: deletes come first, with the values last delivered",
    shapes: ["D3", "D4", "D5", "M6"],
    run: async (world) => {
      const table = await people(world);
      await table.run({ mode: "mirror" });
      await table.sql("DELETE FROM $t WHERE id IN (1, 3)", "INSERT INTO $t VALUES (4, 'q', 'q')");
      const { rows, ...counts } = await table.run({ mode: "mirror" });
      has("counts", counts, {
        read: 2,
        unchanged: 1,
        toDeliver: 3,
        inserts: 1,
        deletes: 2,
        known: 3,
      });
      same(
        "deletes",
        rows.map(({ isDelete }) => isDelete === true),
        [true, true, false],
      );
      same("a value last delivered", rows.find(({ key }) => key === "1")?.cells, ["1", "x", "y"]);
      has("the next run", await table.run({ mode: "mirror" }), { unchanged: 2, deletes: 0 });
    },
  },
  {
    name: "full: every row, each time, and no snapshot",
    shapes: ["D2", "D16"],
    run: async (world) => {
      const table = await people(world);
      for (const nth of ["first", "second"])
        has(`the ${nth} run`, await table.run({ mode: "full" }), { toDeliver: 3, unchanged: 0 });
    },
  },
  {
    name: "blanks at the end, and capitals where the column ignores them, are changes",
    shapes: ["D6", "D9", "D10"],
    run: async (world) => {
      const table = await makeTable(
        world,
        "id integer, a varchar(20) COLLATE CASE_INSENSITIVE, b varchar(10)",
        columns,
      );
      await table.sql("INSERT INTO $t VALUES (1, 'ada', 'y'), (2, NULL, 'y')");
      await table.run();
      await table.sql(
        "UPDATE $t SET a = 'Ada' WHERE id = 1",
        "UPDATE $t SET b = 'y ' WHERE id = 2",
      );
      same("changes", plainRows((await table.run()).rows), ["1 Ada,y", "2 ,y "]);
    },
  },
  {
    name: "a key that is a text, and keys of several columns",
    shapes: ["D5", "D11", "D12"],
    run: async (world) => {
      const text = await makeTable(world, "id varchar(80), a varchar(10), b varchar(10)", columns);
      await text.sql("INSERT INTO $t VALUES ('k 1', 'x', 'y'), ('k2', 'x', 'y')");
      await text.run();
      await text.sql("UPDATE $t SET a = 'new' WHERE id = 'k2'");
      same("of a text", plainRows((await text.run()).rows), ["k2 new,y"]);
      const several = await makeTable(world, "id integer, a varchar(80), b varchar(10)", columns, [
        "id",
        "a",
      ]);
      await several.sql(`INSERT INTO $t VALUES (1, 'q"\\\\', 'y'), (1, 'r', 'y'), (2, NULL, 'y')`);
      const first = await several.run();
      same("of several", first.rows.map(({ key, invalid }) => invalid ?? key).sort(), [
        '["1","q\\"\\\\"]',
        '["1","r"]',
        "null-key",
      ]);
      await several.sql("UPDATE $t SET b = 'z' WHERE a = 'r'");
      const second = await several.run();
      same(
        "and a change",
        second.rows.filter(({ invalid }) => !invalid).map(({ key }) => key),
        ['["1","r"]'],
      );
    },
  },
  {
    name: "keys of several rows, none, too long: those rows are invalid, and the rest is delivered",
    shapes: ["D13", "D17"],
    run: async (world) => {
      const table = await makeTable(
        world,
        "id varchar(2000), a varchar(10), b varchar(10)",
        columns,
      );
      await table.sql(
        "INSERT INTO $t VALUES ('1', 'x', 'y'), ('1', 'z', 'y'), (NULL, 'x', 'y'), ('2', 'x', 'y')",
        "INSERT INTO $t SELECT REPEAT('k', 1100), 'x', 'y'",
      );
      const first = await table.run();
      has("counts", first, { read: 5, toDeliver: 1, invalid: 4 });
      same("reasons", first.rows.flatMap(({ invalid }) => invalid ?? []).sort(), [
        "duplicate-key",
        "duplicate-key",
        "long-key",
        "null-key",
      ]);
      await table.sql("DELETE FROM $t WHERE id = '1' AND a = 'z'");
      same("once it is one row", (await table.run()).toDeliver, 1);
    },
  },
  {
    name: "a SUPER too long to be a text makes its row invalid",
    shapes: ["P2", "D8"],
    run: async (world) => {
      const table = await makeTable(world, "id integer, a super, b varchar(10)", columns);
      await table.sql("INSERT INTO $t SELECT 2, JSON_PARSE('[1]'), 'y'");
      // two long texts in one value: no text that long could be parsed
      await table
        .sql("INSERT INTO $t SELECT 1, ARRAY(REPEAT('x', 40000), REPEAT('x', 40000)), 'y'")
        .catch((error: unknown) => {
          if (error instanceof SyncError && error.detail.code === "42601")
            throw new Skipped("The warehouse doesn't have ARRAY(…).");
          throw error;
        });
      const { rows } = await table.run();
      same("rows", rows.map(({ key, invalid }) => invalid ?? key).sort(), ["2", "long-value"]);
    },
  },
  {
    name: "NaN and the infinities are values like others: what has not changed is not sent again",
    shapes: ["D7", "D12"],
    run: async (world) => {
      const table = await makeTable(world, "id integer, a double precision, b real", columns);
      const of = (text: string) => `CAST('${text}' AS double precision), CAST('${text}' AS real)`;
      for (const [at, text] of ["NaN", "Infinity", "-Infinity"].entries())
        await table.sql(`INSERT INTO $t SELECT ${at}, ${of(text)}`);
      const { rows } = await table.run();
      same("rows", plainRows(rows), ["0 NaN,NaN", "1 Infinity,Infinity", "2 -Infinity,-Infinity"]);
      has("the next run", await table.run(), { unchanged: 3, toDeliver: 0 });
    },
  },
  {
    name: "a table under row-level security is read as its policy says",
    shapes: ["L4", "D1"],
    run: async (world) => {
      if (!world.isSuperuser || world.owner === world.settings.login)
        throw new Skipped("It needs a superuser beside the login: --admin-url.");
      const table = await people(world);
      const policy = `${world.name}_policy`;
      const to = identifier(world.settings.login.config.user);
      await world
        .asOwner(`CREATE RLS POLICY ${policy} WITH (id integer) USING (id < 3)`)
        .catch((error: unknown) => {
          const said = error instanceof SyncError ? (error.detail.serverText ?? "") : "";
          if (/syntax error|not supported/i.test(said))
            throw new Skipped("The warehouse has no row-level security.");
          throw error;
        });
      world.undo.push(`DROP RLS POLICY ${policy} CASCADE`);
      await table.sql(
        `ATTACH RLS POLICY ${policy} ON $t TO ${to}`,
        "ALTER TABLE $t ROW LEVEL SECURITY ON",
      );
      // what the login sees without Tidegate is the measure: the sandbox's policies filter nothing
      const session = await world.open(world.settings.login);
      const seen = await session
        .query(`SELECT id FROM ${world.in(table.name)} ORDER BY id`, world.signal)
        .finally(() => session.close());
      const { rows } = await table.run();
      same(
        "rows",
        rows.map(({ key }) => key).sort(),
        seen.map(([id]) => id),
      );
    },
  },
  {
    name: "what is rejected comes again, also its delete",
    shapes: ["M5", "M10"],
    run: async (world) => {
      const table = await people(world);
      await table.run({ mode: "mirror" }, ["2"]);
      same("rejected once", plainRows((await table.run({ mode: "mirror" }, ["2"])).rows), ["2 x,"]);
      same("and again", plainRows((await table.run({ mode: "mirror" })).rows), ["2 x,"]);
      await table.run({ mode: "mirror", mappingHash: "second" }, ["3"]);
      await table.sql("DELETE FROM $t WHERE id = 3");
      const { rows } = await table.run({ mode: "mirror", mappingHash: "second" });
      same("the delete of one that was rejected", plainRows(rows), ["3 gone"]);
    },
  },
  ...["timestamp", "timestamptz", "bigint"].map((type): Step => ({
    name: `a cursor of type ${type}`,
    shapes: ["D14"],
    run: async (world) => {
      const at = (day: number) =>
        type === "bigint" ? String(day) : `'2026-01-${String(day).padStart(2, "0")} 10:00:00'`;
      const table = await makeTable(world, `id integer, a varchar(10), b ${type}`, columns);
      await table.sql(`INSERT INTO $t VALUES (1, 'x', ${at(10)}), (2, 'x', ${at(20)})`);
      const cursor = { column: "b", lookBackMinutes: 60 };
      same("the first run", (await table.run({ cursor })).toDeliver, 2);
      await table.sql(
        `INSERT INTO $t VALUES (3, 'x', ${at(21)}), (4, 'late', ${at(1)}), (5, 'none', NULL)`,
      );
      const { rows } = await table.run({ cursor });
      same("from the cursor on", rows.map(({ key }) => key).sort(), ["3", "5"]);
    },
  })),
  {
    name: "only some keys",
    shapes: ["D15"],
    run: async (world) => {
      const table = await people(world);
      await table.run();
      await table.sql("UPDATE $t SET a = 'new'");
      same("rows", plainRows((await table.run({ onlyKeys: ["1", "3"] })).rows), [
        "1 new,y",
        "3 new,y",
      ]);
      same("and the rest", plainRows((await table.run()).rows), ["2 new,"]);
    },
  },
  ...(["upsert", "mirror"] as const).map((mode): Step => ({
    name: `a column that has grown keeps what was delivered, mode ${mode}`,
    shapes: ["D4", "M9"],
    run: (world) => growColumn(world, mode),
  })),
  {
    name: "with another mapping every row is new, as another message",
    shapes: ["D12", "M8"],
    run: async (world) => {
      const table = await people(world);
      const first = await table.run();
      const second = await table.run({ mappingHash: "second" });
      same("rows", second.toDeliver, 3);
      const before = new Set(first.rows.map(({ messageId }) => messageId));
      holds(
        "other messages",
        second.rows.every(({ messageId }) => !before.has(messageId)),
      );
      holds(
        "a message id is 32 hex digits",
        /^[0-9a-f]{32}$/.test(second.rows[0]?.messageId ?? ""),
      );
    },
  },
  {
    name: "the log says what became of each row",
    shapes: ["M13", "M14"],
    run: async (world) => {
      const table = await people(
        world,
        "(1, 'x', 'y'), (2, 'x', 'y'), (3, 'x', 'y'), (NULL, 'x', 'y')",
      );
      await table.run({ logDays: 7 }, ["2", "3"]);
      const log = `${identifier(STATE_SCHEMA)}.${identifier(logTable(table.connectionId))}`;
      const session = await world.open(world.settings.login);
      const rows = await session
        .query(`SELECT primary_key, operation, status, error_reason FROM ${log}`, world.signal)
        .finally(() => session.close());
      const reason = "refused by the proof's \\ receiver's answer";
      same("its rows", rows.map((row) => row.map((cell) => cell ?? "NULL").join(" ")).sort(), [
        "1 insert succeeded NULL",
        `2 insert failed ${reason}`,
        `3 insert failed ${reason}`,
        "NULL insert failed the row has no key",
      ]);
    },
  },
  ...(["upsert", "mirror", "full"] as const).map((mode): Step => ({
    name: `a dry run in mode ${mode} predicts what the run then does`,
    shapes: ["D18"],
    run: async (world) => {
      const table = await people(world);
      const dry = () => world.source().dryRun(table.request({ mode }), world.signal);
      has("before the first run", (await dry()).counts, { insert: 3, update: 0, rejected: 0 });
      await table.run({ mode });
      await table.sql(
        "UPDATE $t SET a = 'new' WHERE id = 1",
        "DELETE FROM $t WHERE id = 2",
        "INSERT INTO $t VALUES (4, 'x', 'y'), (NULL, 'x', 'y')",
      );
      const { counts, samples } = await dry();
      const run = await table.run({ mode });
      const { insert, update, delete: gone, unchanged, rejected } = counts;
      same(
        "its counts",
        [insert + update + gone, unchanged, gone, rejected],
        [run.toDeliver, run.unchanged, run.deletes, run.invalid],
      );
      if (mode === "full") return;
      same("the sample of an update", samples.update, [
        { key: "1", reason: null, before: ["1", "x", "y"], after: ["1", "new", "y"] },
      ]);
    },
  })),
  {
    name: "a table of 900 columns: its run, and a dry run with what was before",
    shapes: ["D18", "D1"],
    run: async (world) => {
      const many = Array.from({ length: 900 }, (_, at) => `v${at}`);
      const declared = many.map((name) => `${name} integer`).join(", ");
      const table = await makeTable(world, `id integer, ${declared}`, ["id", ...many]);
      await table.sql("INSERT INTO $t (id, v7) VALUES (1, 1), (2, 2)");
      same("rows", (await table.run()).toDeliver, 2);
      await table.sql("UPDATE $t SET v7 = 9 WHERE id = 2");
      const { samples } = await world.source().dryRun(table.request(), world.signal);
      const [sample] = samples.update;
      same("a value before and after", [sample?.before?.[8], sample?.after?.[8]], ["2", "9"]);
      same(
        "the change",
        (await table.run()).rows.map(({ key }) => key),
        ["2"],
      );
    },
  },
  {
    name: "what is kept is listed, pruned and forgotten",
    shapes: ["M15", "M16"],
    run: async (world) => {
      const table = await people(world);
      await table.run({ logDays: 7 });
      const { connectionId } = table;
      const kept = async () =>
        (await world.source().kept([connectionId], world.signal))
          .filter((each) => each.connectionId === connectionId)
          .map(({ what, rows }) => `${what} ${rows}`)
          .sort();
      same("after a run", await kept(), ["log 3", "snapshot 3", "state 1"]);
      await world.source().prune(connectionId, world.signal);
      same("pruned", await kept(), ["log 3", "state 1"]);
      same("then every row is sent again", (await table.run()).toDeliver, 3);
      await world.source().forget(connectionId, world.signal);
      same("forgotten", await kept(), []);
    },
  },
  {
    name: "a view of each kind is a source",
    shapes: ["D1", "C14"],
    run: async (world) => {
      const table = await people(world);
      for (const [kind, end] of [
        ["VIEW", ""],
        ["VIEW", " WITH NO SCHEMA BINDING"],
        ["MATERIALIZED VIEW", ""],
      ] as const) {
        const view = `${table.name}_v${kind.length}${end.length}`;
        await table.sql(`CREATE ${kind} ${world.in(view)} AS SELECT id, a, b FROM $t${end}`);
        if (world.owner !== world.settings.login)
          await table.sql(
            `GRANT SELECT ON ${world.in(view)} TO ${identifier(world.settings.login.config.user)}`,
          );
        const request = table.request({ connectionId: world.newConnection() });
        const set = await world
          .source()
          .changes({ ...request, selection: { ...request.selection, table: view } }, world.signal);
        const rows = await readAll(set, world.signal).finally(() => set.close());
        same(`${kind}${end}`, plainRows(rows), ["1 x,y", "2 x,", "3 ,y"]);
      }
    },
  },
  {
    name: "many rows come in pages, each once, from the middle too",
    shapes: ["R1", "D2"],
    run: async (world) => {
      const table = await people(world, "(0, 'x', 'y')");
      for (let size = 1; size < 8_192; size *= 2)
        await table.sql(`INSERT INTO $t SELECT id + ${size}, a, b FROM $t`);
      const set = await world.source().changes(table.request(), world.signal);
      try {
        const all = await readAll(set, world.signal);
        same("rows", new Set(all.map(({ key }) => key)).size, 8_192);
        same("from the middle", (await readAll(set, world.signal, 7_000)).length, 1_192);
      } finally {
        await set.close();
      }
    },
  },
];

// Rows into tables: COPY, upsert, deletes, what is refused, and tables that change.
import type { TableDestination } from "@/lib/connectors/contract/rows";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import { identifier } from "@/lib/connectors/redshift/quote";
import { SyncError } from "@/lib/platform/errors";
import { pageOf } from "@/lib/testing/changes";
import { failureOf, has, holds, same } from "./compare";
import { row, targetTable, type Target } from "./rows";
import { Skipped, type Step } from "./step";
import { allPassed } from "./steps-login";
import { makeTable, readAll } from "./tables";
import { isSameValue, plainValues } from "./values";
import type { World } from "./world";

const columns: ColumnInfo[] = [
  { name: "id", type: "bigint", kind: "bigint" },
  { name: "name", type: "varchar(20)", kind: "text" },
  { name: "credit", type: "numeric(8,2)", kind: "decimal" },
];
const people = (from: number, to: number, name = "p") =>
  Array.from({ length: to - from + 1 }, (_, at) =>
    row(at + 1, [String(from + at), `${name}${from + at}`, "0.50"]),
  );

/** What the table holds, in order of id; the login reads its own table. */
async function held(world: World, { table }: Target, what = "id, name, credit") {
  const session = await world.open(world.settings.login);
  const target = `${identifier(world.targetSchema)}.${identifier(table)}`;
  return session
    .query(`SELECT ${what} FROM ${target} ORDER BY id`, world.signal)
    .finally(() => session.close());
}

/** Changes the table as its owner; `$t` is its name. */
async function edit(world: World, { table }: Target, statement: string): Promise<void> {
  const session = await world.open(world.settings.login);
  const target = `${identifier(world.targetSchema)}.${identifier(table)}`;
  await session
    .query(
      statement.replace("$t", () => target),
      world.signal,
    )
    .finally(() => session.close());
}

/** Loads one more column, or one of another type, and says what became of the table. */
const changed = (type: string, kind: ColumnInfo["kind"]): ColumnInfo[] => [
  ...columns.slice(0, 2),
  { name: "credit", type, kind },
];

/** Asks a destination, and closes it whatever it answers. */
async function whileOpen<T>(
  destination: TableDestination,
  ask: () => Promise<T> | undefined,
): Promise<T | undefined> {
  try {
    return await ask();
  } finally {
    await destination.close();
  }
}

export const loadSteps: Step[] = [
  {
    name: "every check of a destination passes",
    shapes: ["V3", "V8", "T1", "T9", "T10", "T14", "T16"],
    run: async (world) => {
      const destination = world.destination({});
      await allPassed(destination.check(world.signal)).finally(() => destination.close());
    },
  },
  {
    name: "a new table: rows land by COPY, then only what has changed",
    shapes: ["T2", "T3", "T8", "T10", "T13", "T14", "T15", "T17", "T22"],
    run: async (world) => {
      const target = targetTable(world, columns);
      has("the first load", await target.load(people(1, 500)), { loaded: 500, rejected: 0 });
      same("rows", (await held(world, target)).length, 500);
      has("the second", await target.load(people(451, 550, "q")), { loaded: 100 });
      const rows = await held(world, target);
      same("rows then", [rows.length, rows[449]?.[1], rows[450]?.[1]], [550, "p450", "q451"]);
    },
  },
  ...(["even", "all", "key"] as const).map((distribution): Step => ({
    name: `a new table, distribution ${distribution}, sorted by its key`,
    shapes: ["T3"],
    run: async (world) => {
      const target = targetTable(world, columns);
      const options = { distribution, sortKey: "key" } as const;
      has("the load", await target.load(people(1, 3), {}, options), { loaded: 3 });
    },
  })),
  {
    name: "every type, from change set to table",
    shapes: ["T10", "T11", "T15", "P12"],
    run: async (world) => {
      world.staging();
      const names = plainValues.map((_, at) => `c${at}`);
      const declared = plainValues.map(({ type }, at) => `c${at} ${type}`).join(", ");
      const source = await makeTable(world, `id integer, ${declared}`, ["id", ...names]);
      await source.sql(
        `INSERT INTO $t SELECT 1, ${plainValues.map(({ a }) => a).join(", ")}`,
        `INSERT INTO $t SELECT 2, ${plainValues.map(({ b }) => b).join(", ")}`,
        "INSERT INTO $t (id) VALUES (3)",
      );
      const set = await world.source().changes(source.request(), world.signal);
      const rows = await readAll(set, world.signal).finally(() => set.close());
      const target = targetTable(world, set.columns);
      // twice: straight into the new table, then beside it
      has("into a new table", await target.load(rows), { loaded: 3, rejected: 0 });
      has("once more", await target.load(rows), { loaded: 3, rejected: 0 });
      const loaded = await world
        .source()
        .inspect(world.targetSchema, target.table, 10, world.signal);
      same("the table is read", loaded.check.summary && loaded.check.status, "passed");
      const cells = [...(loaded.preview?.rows ?? [])].sort(([a], [b]) => Number(a) - Number(b));
      plainValues.forEach(({ type, comesA, comesB }, at) => {
        [comesA, comesB, null].forEach((has_, nth) => {
          const came = cells[nth]?.[at + 1] ?? null;
          const isCut = typeof has_ === "string" && has_.length > 200;
          const fits = isCut ? has_.startsWith(came ?? "-") : isSameValue(type, came, has_);
          same(`${type} of row ${nth + 1}`, fits || came, true);
        });
      });
      const question = { ...target.request(), columns: set.columns };
      const destination = world.destination({});
      const there = await whileOpen(destination, () =>
        destination.digest?.(question, world.signal),
      );
      const here = await world
        .source()
        .digest?.(world.schema, source.name, ["id", ...names], ["id"], world.signal);
      same("the digests of both tables", there, here);
    },
  },
  {
    name: "texts that COPY could take for something else",
    shapes: ["T10"],
    run: async (world) => {
      const target = targetTable(world, [columns[0]!, { ...columns[1]!, type: "varchar(200)" }]);
      const texts = ["", null, 'a "q", b\nc\r\n;', "  उ 🏔 \\N ", "NULL", "\\", '"', "tab\t", "\\."];
      const rows = texts.map((text, at) => row(at + 1, [String(at + 1), text]));
      await target.load(rows);
      same(
        "the texts",
        (await held(world, target, "name")).map(([text]) => text),
        texts,
      );
    },
  },
  {
    name: "NaN and the infinities land",
    shapes: ["T10"],
    run: async (world) => {
      const target = targetTable(world, [
        columns[0]!,
        { name: "v", type: "double precision", kind: "float" },
      ]);
      const texts = ["NaN", "Infinity", "-Infinity", "1e300"];
      const report = await target.load(texts.map((text, at) => row(at + 1, [String(at), text])));
      same(
        "the refused",
        report.rejections.map(({ reason }) => reason),
        [],
      );
      const came = (await held(world, target, "v")).map(([text]) => Number(text));
      same(
        "the values",
        came.map(String),
        texts.map((text) => String(Number(text))),
      );
    },
  },
  {
    name: "deletes go, and of several versions of a key the newest counts",
    shapes: ["T9", "T14", "T16"],
    run: async (world) => {
      const target = targetTable(world, columns);
      await target.load(people(1, 5));
      const sent = [
        row(1, ["1", "old", null]),
        row(2, ["1", "new", null]),
        row(3, ["2", null, null], { isDelete: true }),
        row(4, ["2", "again", null]),
        row(5, ["3", "dies", null]),
        row(6, ["3", null, null], { isDelete: true }),
        row(7, ["4", null, null], { isDelete: true }),
      ];
      const report = await target.load(sent, { oneRowPerKey: false });
      has("the report", report, { loaded: 4, deleted: 3 });
      same(
        "rows",
        (await held(world, target, "id, name")).map((cells) => cells.join(" ")),
        ["1 new", "2 again", "5 p5"],
      );
    },
  },
  {
    name: "rows that COPY refuses are reported by their position, and the rest lands",
    shapes: ["T18", "T19"],
    run: async (world) => {
      const target = targetTable(world, columns);
      await target.load(people(1, 1));
      const report = await target.load([
        row(1, ["2", "b", "1"]),
        row(2, ["3", 'say "x"', "123456789.5"]),
        row(3, ["4", "d", "2"]),
        row(4, ["5", "e", "-123456789.5"]),
      ]);
      has("the report", report, { loaded: 2, rejected: 2 });
      same("the refused", report.rejections.map(({ seq }) => seq).sort(), [2, 4]);
      same(
        "rows",
        (await held(world, target, "id")).map(([id]) => id),
        ["1", "2", "4"],
      );
    },
  },
  {
    name: "a row that COPY refuses stops the load where that is wanted, and nothing lands",
    shapes: ["T19"],
    run: async (world) => {
      const target = targetTable(world, columns);
      await target.load(people(1, 1));
      const bad = [row(1, ["2", "b", "1"]), row(2, ["3", "c", "123456789.5"])];
      const error = await failureOf("the load", target.load(bad, {}, { badRows: "fail" }));
      same("its fault", error instanceof SyncError ? error.fault : String(error), "user-fixable");
      same(
        "rows",
        (await held(world, target, "id")).map(([id]) => id),
        ["1"],
      );
    },
  },
  {
    name: "a text that is too long is rejected, cut, or makes the column longer",
    shapes: ["T5"],
    run: async (world) => {
      const long = (text: string) => [row(1, ["1", "fits", null]), row(2, ["2", text, null])];
      const target = targetTable(world, columns);
      has("rejected", await target.load(long("उ".repeat(7))), { loaded: 1, rejected: 1 });
      await target.load(long("उ".repeat(7)), {}, { overflow: "cut" });
      same("cut", (await held(world, target, "name"))[1], ["उ".repeat(6)]);
      await target.load(long("x".repeat(300)), {}, { overflow: "widen" });
      same("longer", (await held(world, target, "OCTET_LENGTH(name)"))[1], ["300"]);
    },
  },
  {
    name: "a new column appears, and one that is gone stays with NULL",
    shapes: ["T4"],
    run: async (world) => {
      const target = targetTable(world, columns);
      await target.load(people(1, 1));
      const more = [
        ...columns.slice(0, 2),
        { name: 'a "new" one', type: "super", kind: "json" } as const,
      ];
      await target.load([row(1, ["2", "b", "[1]"])], { columns: more });
      const rows = await held(world, target, `id, credit, JSON_SERIALIZE("a ""new"" one")`);
      same("rows", rows, [
        ["1", "0.50", null],
        ["2", null, "[1]"],
      ]);
    },
  },
  ...(
    [
      ["numeric(8,2)", "numeric(20,4)", "decimal", "0.5000"],
      ["numeric(8,2)", "varchar(40)", "text", "0.50"],
      ["boolean", "varchar(10)", "text", "true"],
      ["date", "timestamp", "timestamp", "2026-01-02 00:00:00"],
    ] as const
  ).map(([before, after, kind, comes]): Step => ({
    name: `a column of ${before} becomes ${after}`,
    shapes: ["T6"],
    run: async (world) => {
      const values: Record<string, string> = { boolean: "t", date: "2026-01-02" };
      const first = changed(before, "text");
      const target = targetTable(world, first);
      await target.load([row(1, ["1", "a", values[before] ?? "0.50"])]);
      await target.load([row(1, ["2", "b", null])], { columns: changed(after, kind) });
      const [cells] = await held(world, target, "credit");
      const came = cells?.[0] ?? null;
      // a Boolean may be written in several forms
      same("the value", came === "t" ? "true" : came, comes);
    },
  })),
  ...(["distribution", "sort key"] as const).map((what): Step => ({
    name: `a column of the ${what} becomes another type`,
    shapes: ["T21", "T6"],
    run: async (world) => {
      const narrow: ColumnInfo[] = [{ ...columns[0]!, type: "integer", kind: "integer" }];
      const target = targetTable(world, [...narrow, columns[1]!]);
      const options =
        what === "distribution" ? { distribution: "key" as const } : { sortKey: "key" as const };
      await target.load([row(1, ["1", "a"])], {}, options);
      const wide = [
        { ...columns[0]!, type: "numeric(20,0)", kind: "decimal" as const },
        columns[1]!,
      ];
      await target.load([row(1, ["99999999999999999999", "b"])], { columns: wide }, options);
      same("the keys", (await held(world, target, "id")).flat(), ["1", "99999999999999999999"]);
    },
  })),
  {
    name: "a view over a column that must change is named, and stays",
    shapes: ["T7"],
    run: async (world) => {
      const target = targetTable(world, columns);
      await target.load(people(1, 1));
      const session = await world.open(world.settings.login);
      const inTarget = (name: string) => `${identifier(world.targetSchema)}.${identifier(name)}`;
      const view = `${target.table}_view`;
      await session
        .query(
          `CREATE VIEW ${inTarget(view)} AS SELECT id, credit FROM ${inTarget(target.table)}`,
          world.signal,
        )
        .finally(() => session.close());
      const wider = changed("numeric(20,4)", "decimal");
      const error = await failureOf(
        "the load",
        target.load([row(1, ["2", "b", "1"])], { columns: wider }),
      );
      holds("the view is named", String(error).includes(view));
    },
  },
  {
    name: "a worker that was taken over can't commit",
    shapes: ["T2", "T17"],
    run: async (world) => {
      const target = targetTable(world, columns);
      const destination = world.destination({});
      const earlier = destination.openLoad(target.request());
      try {
        await earlier.prepare(world.signal);
        await earlier.stage(pageOf(people(1, 10, "late")), world.signal);
        await target.load(people(1, 10));
        const end = { seq: 10, rejectedSoFar: 0, onRejected: async () => undefined };
        const error = await failureOf("its commit", earlier.commit(end, world.signal));
        same("why", error instanceof SyncError ? error.detail.code : String(error), "FENCED");
      } finally {
        await earlier.cleanup();
        await destination.close();
      }
      same("rows", (await held(world, target, "name"))[0], ["p1"]);
    },
  },
  {
    name: "a table has one writer, and is known again after its load",
    shapes: ["T2", "T8"],
    run: async (world) => {
      const one = targetTable(world, columns);
      await one.load(people(1, 3));
      const other = targetTable(world, columns);
      const error = await failureOf(
        "another connection's load",
        other.load(people(4, 6), { table: one.table }),
      );
      same(
        "why",
        error instanceof SyncError ? error.detail.code : String(error),
        "TARGET_HAS_ANOTHER",
      );
      const destination = world.destination({});
      try {
        const { connectionId } = one.request();
        const survey = () => destination.survey({ connectionId, table: one.table }, world.signal);
        same("after the load", (await survey()).isAsLeft, true);
        await edit(world, one, "DELETE FROM $t WHERE id = 2");
        same("after somebody's DELETE", (await survey()).isAsLeft, false);
      } finally {
        await destination.close();
      }
    },
  },
  {
    name: "a load that replaces: other rows go with its first batch",
    shapes: ["T23"],
    run: async (world) => {
      const target = targetTable(world, columns);
      await target.load(people(1, 5));
      await target.load(people(4, 8, "q"), { replaces: true });
      same(
        "rows",
        await held(world, target, "name"),
        ["q4", "q5", "q6", "q7", "q8"].map((name) => [name]),
      );
    },
  },
  {
    name: "spatial values, staged as text",
    shapes: ["T12", "P4"],
    run: async (world) => {
      world.staging();
      await makeTable(world, "id integer, v geometry", ["id"]);
      const spatial: ColumnInfo[] = [
        { name: "id", type: "integer", kind: "integer" },
        { name: "v", type: "geometry", kind: "text" },
        { name: "w", type: "geography", kind: "text" },
      ];
      const target = targetTable(world, spatial);
      const point = "SRID=4326;POINT(0.1 2)";
      await target.load([row(1, ["1", point, point]), row(2, ["2", null, null])]);
      const rows = await held(world, target, "ST_AsEWKT(v), ST_AsEWKT(w)");
      holds("the points", rows[0]?.every((came) => isSameValue("geometry", came, point)) === true);
      same("and NULL", rows[1], [null, null]);
    },
  },
  {
    name: "what is kept of a load is forgotten, and its table stays",
    shapes: ["T20"],
    run: async (world) => {
      const target = targetTable(world, columns);
      await target.load(people(1, 2));
      const { connectionId } = target.request();
      const destination = world.destination({});
      await destination.forget(connectionId, world.signal).finally(() => destination.close());
      const [count] = await world.asOwner(
        `SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE tablename = '_tidegate_load_${connectionId.replaceAll("-", "")}'`,
      );
      same("its record", count, ["0"]);
      same("rows", (await held(world, target)).length, 2);
    },
  },
  {
    name: "what a load would do is shown beforehand",
    shapes: ["T4", "T6"],
    run: async (world) => {
      const target = targetTable(world, columns);
      await target.load(people(1, 1));
      const destination = world.destination({});
      const question = target.request({ columns: changed("numeric(20,4)", "decimal") });
      const expected = await whileOpen(destination, () =>
        destination.forecast?.(question, world.signal),
      );
      if (!expected) throw new Skipped("This destination shows nothing beforehand.");
      holds(
        "it names the statements",
        expected.statements.some((sql) => sql.startsWith("ALTER TABLE")),
      );
    },
  },
];

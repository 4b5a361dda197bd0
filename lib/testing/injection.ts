// Names, values and paths that would be statements if one quoter were wrong, through all that is said to a warehouse.
import { randomUUID } from "node:crypto";
import { openRedshift } from "@/lib/connectors/redshift/session/client";
import { openRedshiftLoad } from "@/lib/connectors/redshift/load/load";
import { identifier, literal } from "@/lib/connectors/redshift/quote";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { loadDefaults } from "@/lib/connectors/redshift/spec";
import { runLoad } from "./run-load";
import { never, openStaging, statementsOf, type Warehouse } from "./sandbox";

/** A statement that leaves a trace, in every way out of a quotation. `$` is the table that it would make. */
const attacks: Record<string, string> = {
  "'": "a'; CREATE TABLE $(a int); --",
  '"': 'a"; CREATE TABLE $(a int); --',
  "\\'": "a\\'; CREATE TABLE $(a int); --",
  "\\\\": "a\\\\'; CREATE TABLE $(a int); --",
  '\\"': 'a\\"; CREATE TABLE $(a int); --',
  "'')": "a''); CREATE TABLE $(a int); --",
  '"")': 'a""); CREATE TABLE $(a int); --',
  ";": "a; CREATE TABLE $(a int);",
  "--": "a -- ' \" ; CREATE TABLE $(a int)",
  "/*": "a /* '; CREATE TABLE $(a int); */ */",
  $$: "a$$; CREATE TABLE $(a int); $$",
  $t$: "$t$ '; CREATE TABLE $(a int); $t$",
  newline: "a\n'; CREATE TABLE $(a int);\n--",
  "carriage return": 'a\r"; CREATE TABLE $(a int);\r--',
  "Unicode quotes": "a’; CREATE TABLE $(a int); ＇ ʼ",
  "U&": "U&'\\0027; CREATE TABLE $(a int); --",
  "E''": "E'a\\x27; CREATE TABLE $(a int); --'",
  "statement as a whole": "CREATE TABLE $(a int)",
  LIKE: "%_' ESCAPE '\\'; CREATE TABLE $(a int); --",
  format: "%s $1 ${1} {0} '; CREATE TABLE $(a int); --",
};
// with capitals, as the attacks have them: such names need a setting, hence statements, of their own
const HARMLESS = "Harmless";

export type Injected = { text: string; where: string; statements: number; extra: number };

/** What a statement is; what follows may be a name. */
const verb = (sql: string): string => sql.trim().split(/[\s(]/, 1)[0]?.toUpperCase() ?? "";

type Flow = { where: string; run(warehouse: Warehouse, text: string): Promise<void> };

async function reads({ config, secret, schema, admin }: Warehouse, text: string): Promise<void> {
  const table = `${identifier(schema)}.${identifier(text)}`;
  await admin(`CREATE TABLE ${table} (id varchar(300), ${identifier(`${text} c`)} varchar(300))`);
  await admin(`INSERT INTO ${table} VALUES (${literal(text)}, ${literal(text)})`);
  const source = redshiftSource(config, secret, async () => undefined);
  const column = `${text} c`;
  await source.schemas({ search: text, after: null }, never);
  await source.tables(schema, { search: text, after: null }, never);
  await source.tables(text, { search: "", after: null }, never);
  await source.columns(schema, text, never);
  await source.inspect(schema, text, 10, never);
  await source.keyHealth(schema, text, ["id", column], never);
  await source.profile(schema, text, column, never);
  await source.longest(schema, text, [column], never);
  await source.digest(schema, text, ["id", column], ["id"], never);
  for (const run of [1, 2]) {
    const set = await source.changes(
      {
        selection: { schema, table: text, columns: ["id", column], keys: ["id", column] },
        mode: "upsert",
        cursor: null,
        onlyKeys: null,
        logDays: 1,
        connectionId: CONNECTION,
        runId: randomUUID(),
        mappingHash: text,
        fence: run,
      },
      never,
    );
    try {
      for await (const page of set.read(0, never)) void page;
      await set.commit([{ seq: 1, reason: text }], never);
    } finally {
      await set.close();
    }
  }
  await source.forget(CONNECTION, never);
}
const CONNECTION = "5b3ff0a4-9f0e-4dbb-b1d0-4a5f4a2b7c11";

async function loads(warehouse: Warehouse, text: string): Promise<void> {
  const { config, secret } = warehouse;
  const staging = openStaging(`injection/${text.replace(/[\n\r]/g, " ")}`);
  const column = `${text} c`;
  const load = openRedshiftLoad(
    {
      open: (signal) => openRedshift(config, secret, { statementTimeoutMs: 0 }, signal),
      bucket: staging.bucket,
      staging: staging.config,
      stagingSecret: staging.secret,
      options: { ...loadDefaults, targetSchema: `${text} s` },
      warehouse: "sandbox",
      delay: async () => undefined,
    },
    {
      connectionId: CONNECTION,
      runId: text,
      fence: 1,
      table: `${text} t`,
      columns: [
        { name: "id", type: "varchar(300)", kind: "text" },
        { name: column, type: "varchar(300)", kind: "text" },
      ],
      order: [],
      keys: ["id"],
      oneRowPerKey: false,
    },
  );
  await runLoad(load, [
    { seq: 1, key: text, messageId: "0".repeat(32), cells: [text, text] },
    { seq: 2, key: text, messageId: "0".repeat(32), cells: [text, null], isDelete: true },
    { seq: 3, key: text, messageId: "0".repeat(32), cells: [text, text] },
  ]);
}

const flows: Flow[] = [
  { where: "source: names, searches, keys, values, mapping", run: reads },
  { where: "load: schema, table, columns, prefix, keys, values, run", run: loads },
];

/** For each text and each way: how many statements were sent, and how many of them a harmless text doesn't cause. */
export async function injectEverywhere(warehouse: Warehouse): Promise<Injected[]> {
  const {
    config: { user },
    admin,
  } = warehouse;
  const sent = async (work: () => Promise<void>): Promise<string[]> => {
    const before = (await statementsOf(user)).at(-1)?.id ?? 0;
    await work();
    return (await statementsOf(user, before)).map(({ sql }) => verb(sql));
  };
  const found: Injected[] = [];
  for (const { where, run } of flows) {
    await run(warehouse, `${HARMLESS} 0`); // what is made once is made
    const usual = await sent(() => run(warehouse, `${HARMLESS} 1`));
    for (const [text, attack] of Object.entries(attacks)) {
      const pwned = `pwned_${found.length}`;
      const statements = await sent(() => run(warehouse, attack.replace("$(", `${pwned}(`)));
      const differing =
        Math.abs(statements.length - usual.length) +
        statements.filter((word, at) => word !== usual[at]).length;
      const [[made = "0"] = []] = await admin(
        `SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE tablename = ${literal(pwned)}`,
      );
      found.push({ text, where, statements: statements.length, extra: differing + Number(made) });
    }
  }
  return found;
}

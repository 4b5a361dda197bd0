import { expect, test } from "vitest";
import type { StagingConfig } from "@/lib/connectors/s3/spec";
import { describeColumn } from "@/lib/connectors/redshift/catalog/columns";
import * as sql from "./load-sql";
import { loadDefaults, loadOptionsSchema } from "@/lib/connectors/redshift/spec";
import {
  dependentViews,
  fromPostgres,
  lengthen,
  newType,
  aroundLayout,
  planTarget,
  statementsOf,
  targetName,
  targetNames,
  widened,
} from "./target";

const hostile = `a"b'c\\d;--\n$$é`;
const connectionId = "0190c1f2-7d3e-7000-8000-0123456789ab";
const staging: StagingConfig = {
  bucket: "my-bucket",
  prefix: `x'y\\z`,
  region: "eu-central-1",
  endpoint: "",
  access: "role",
  roleArn: "arn:aws:iam::123456789012:role/TidegateCopy",
  accessKeyId: "AKIA",
};
const secret = { secretAccessKey: "se/cret+" };
const column = (name: string, dataType: string) =>
  describeColumn({ name, dataType, maxLength: null, precision: null, scale: null });
const target = sql.qualified("crm", hostile);
const columns = [
  { name: "id", type: "bigint" },
  { name: hostile, type: "varchar(100)" },
  { name: "place", type: "geometry" },
  { name: "area", type: "geography" },
  { name: "j", type: "super" },
];
const keys = sql.targetKeys(["id", hostile], columns);
const fence = sql.fenceTable("crm", "people");
const options = { ...loadDefaults, targetSchema: "crm" };

test("every statement of a load, with names that bite", async () => {
  const copy = {
    into: `"${sql.STAGE}"`,
    columns: [sql.SEQ, "id", hostile],
    manifest: `x'y\\z/run/1-rows.manifest`,
    staging,
    secret,
    nullText: "~null0f~",
    maxError: 1_001,
    isStage: true,
  };
  const plans = {
    create: planTarget(
      target,
      [column("ID", "bigint"), column("order", "varchar(40)"), column("span", "interval")],
      ["ID"],
      null,
      { ...options, distribution: "key", sortKey: "key" },
      ["order", "ID"],
    ),
    change: planTarget(
      target,
      [
        column("id", "bigint"),
        column("name", "varchar(90)"),
        column("added", "super"),
        column("price", "numeric(20,4)"),
        column("day", "timestamp"),
      ],
      ["id"],
      [
        column("id", "bigint"),
        column("name", "varchar(40)"),
        column("price", "integer"),
        column("day", "date"),
        column("gone", "date"),
      ],
      { ...options, overflow: "widen" },
    ),
    keyed: aroundLayout(
      target,
      planTarget(
        target,
        [column("id", "bigint"), column("active", "varchar(20)")],
        ["id"],
        [column("id", "integer"), column("active", "boolean")],
        options,
      ),
      { distKey: "id", sortKeys: ["id", "active"], isInterleaved: false },
    ),
  };
  const statements: Record<string, string> = {
    schema: [sql.schemaExists(hostile), sql.createSchema(hostile)].join(";\n"),
    fence: [
      sql.createFence(fence),
      sql.readFence(fence),
      sql.lockFence(fence),
      sql.insertFence(fence, 7, connectionId),
      sql.moveFence(fence, 8, connectionId),
      sql.checkpoint(
        fence,
        hostile,
        { seq: 9, loaded: 5, deleted: 3, rejected: 1 },
        { id: "123456", rows: 7 },
      ),
      sql.renameFence("crm", connectionId, "people"),
      ...sql.completeFence(fence, ["fence"]),
      sql.fencesIn("crm"),
      sql.readLeft(fence),
      sql.countTarget(target),
      sql.emptyTarget(target),
      sql.dropFence(fence),
    ].join(";\n"),
    "a new table": plans.create.inside.join(";\n"),
    "a table that changes": [
      ...statementsOf(plans.change),
      lengthen(target, hostile, 300),
      dependentViews("crm", hostile),
    ].join(";\n"),
    "a table whose keys change, and a boolean that becomes a text": statementsOf(plans.keyed).join(
      ";\n",
    ),
    stage: sql.createStage(sql.STAGE, columns),
    "COPY as a role": sql.copy(copy),
    "COPY with keys, straight into the table": sql.copy({
      ...copy,
      into: target,
      columns: ["id", hostile],
      staging: { ...staging, access: "keys" },
      maxError: 0,
      isStage: false,
    }),
    counts: [
      sql.lastCopyCount,
      sql.countStaged(sql.STAGE),
      sql.stagedRuns(sql.STAGE),
      sql.lastStaged(sql.STAGE),
    ].join(";\n"),
    upsert: [
      sql.deleteOld(target, keys),
      sql.insertNewest({
        target,
        columns,
        keys,
        oneRowPerKey: true,
        hasDeletes: false,
      }),
    ].join(";\n"),
    "upsert of several versions of a key": sql.insertNewest({
      target,
      columns,
      keys,
      oneRowPerKey: false,
      hasDeletes: false,
    }),
    deletes: [
      sql.createStage(sql.DELETES, columns.slice(0, 2)),
      sql.deleteGone(target, keys),
      sql.insertNewest({
        target,
        columns,
        keys,
        oneRowPerKey: false,
        hasDeletes: true,
      }),
    ].join(";\n"),
    "why a COPY failed": [
      sql.loadErrors("s3://my-bucket/a_b%/1-", 10),
      sql.loadErrorDetail("s3://my-bucket/a_b%/1-", 10),
    ].join(";\n"),
  };
  await expect(
    Object.entries(statements)
      .map(([name, text]) => `── ${name}\n${text}\n`)
      .join("\n"),
  ).toMatchFileSnapshot("./load-sql.golden.txt");
  for (const [name, text] of Object.entries(statements))
    if (!name.includes("keys")) expect(text).not.toContain(secret.secretAccessKey);
});

test("the target schema is folded as Redshift folds it, so that its setup script and its loads mean one", () =>
  expect(loadOptionsSchema.shape.targetSchema.parse(" Analytics_ÉÜ ")).toBe("analytics_ÉÜ"));

test("names: folded as Redshift does, kept apart from its own, and refused with both where two would be one", () => {
  expect(targetName("EmailÄ")).toBe("emailÄ");
  expect(targetName("OID")).toBe("_oid");
  expect(targetName("_tidegate_seq")).toBe("__tidegate_seq");
  expect(targetNames(["order", "select", 'a"b'])).toEqual(["order", "select", 'a"b']);
  expect(() => targetNames(["Email", "id", "email"])).toThrow(
    "The columns “Email” and “email” would both be “email” in Redshift",
  );
  expect(targetNames(["n".repeat(127)])).toHaveLength(1);
  for (const bytes of [128, 300])
    expect(() => targetNames(["n".repeat(bytes)])).toThrow(
      `has ${bytes} bytes; Redshift takes at most 127`,
    );
  expect(() => targetNames(["é".repeat(64)])).toThrow("has 128 bytes");
  expect(() => targetNames(Array.from({ length: 1_601 }, (_, at) => `c${at}`))).toThrow(
    "at most 1600",
  );
});

test("a target that would get more columns than a table can have is refused, and so is one that has them only while a column is replaced", () => {
  const known = (count: number, type: string) =>
    Array.from({ length: count }, (_, at) =>
      describeColumn({
        name: `c${at}`,
        dataType: type,
        maxLength: null,
        precision: null,
        scale: null,
      }),
    );
  const source = (from: number, to: number, type: string) =>
    Array.from({ length: to - from }, (_, at) => ({
      name: `c${from + at}`,
      type,
      kind: "bigint" as const,
    }));
  const plan = (has: number, columns: ReturnType<typeof source>) =>
    planTarget("t", columns, ["c0"], known(has, "integer"), { ...loadDefaults });
  expect(() => plan(1_599, source(0, 1_600, "integer"))).not.toThrow();
  expect(() =>
    plan(1_600, [...source(0, 1, "integer"), ...source(1_600, 1_601, "integer")]),
  ).toThrow("has 1,600 columns and would need 1,601; Redshift takes at most 1,600");
  expect(() => plan(1_599, source(0, 2, "bigint"))).not.toThrow();
  expect(() => plan(1_600, source(0, 2, "bigint"))).toThrow("would need 1,601");
});

test.each([
  ["bigint", "integer", "bigint"],
  ["bigint", "numeric(18,2)", "numeric(21,2)"],
  ["bigint", "numeric(38,30)", "numeric(38,19)"],
  ["bigint", "double precision", "numeric(38,18)"],
  ["bigint", "varchar(10)", "varchar(20)"],
  ["integer", "bigint", "bigint"],
  ["integer", "smallint", "integer"],
  ["integer", "double precision", "double precision"],
  ["integer", "real", "double precision"],
  ["smallint", "integer", "integer"],
  ["smallint", "real", "real"],
  ["smallint", "varchar(3)", "varchar(6)"],
  ["numeric(18,2)", "bigint", "numeric(21,2)"],
  ["numeric(38,9)", "integer", "numeric(38,9)"],
  ["numeric(10,2)", "numeric(12,4)", "numeric(12,4)"],
  ["numeric(38,2)", "numeric(38,18)", "numeric(38,2)"],
  ["numeric(38,18)", "numeric(38,2)", "numeric(38,18)"],
  ["numeric(38,18)", "bigint", "numeric(38,18)"],
  ["numeric(18,2)", "double precision", "numeric(18,2)"],
  ["double precision", "bigint", "double precision"],
  ["double precision", "numeric(38,18)", "double precision"],
  ["double precision", "integer", "double precision"],
  ["double precision", "real", "double precision"],
  ["real", "double precision", "double precision"],
  ["real", "integer", "double precision"],
  ["real", "numeric(6,2)", "real"],
  ["real", "numeric(7,2)", "double precision"],
  ["real", "smallint", "real"],
  ["varchar(100)", "bigint", "varchar(100)"],
  ["varchar(4)", "bigint", "varchar(20)"],
  ["varchar(4)", "varchar(9)", "varchar(9)"],
  ["char(4)", "varchar(4)", "varchar(4)"],
  ["date", "timestamp", "timestamp"],
  ["date", "timestamptz", "timestamptz"],
  ["date", "varchar(5)", "varchar(16)"],
  ["timestamptz", "date", "timestamptz"],
  ["timestamp", "timestamptz", "timestamptz"],
  ["super", "bigint", null],
  ["boolean", "date", null],
  ["bigint", "super", null],
])("%s that must take %s becomes %s", (has, comes, becomes) =>
  expect(widened(has, comes)).toBe(becomes),
);

test("a new column has the type that the source has, but for those whose text can't be read back", () => {
  const types = [
    "smallint",
    "bigint",
    "numeric(38,9)",
    "real",
    "boolean",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "char(5)",
    "varchar(256)",
    "super",
    "varbyte(64)",
    "geometry",
    "geography",
  ];
  for (const type of types) expect(newType(column("c", type))).toBe(type);
  for (const type of ["interval year to month", "name"])
    expect(newType(column("c", type))).toBe("varchar(65535)");
  expect(newType({ name: "c", type: "varchar", kind: "text" })).toBe("varchar(65535)");
});

test.each([
  ["smallint", "smallint"],
  ["serial", "integer"],
  ["bigint", "bigint"],
  ["numeric(18,2)", "numeric(18,2)"],
  ["numeric(60,10)", "numeric(38,10)"],
  ["numeric", "numeric(38,18)"],
  ["numeric(3,-2)", "numeric(3,0)"],
  ["double precision", "double precision"],
  ["boolean", "boolean"],
  ["timestamp without time zone", "timestamp"],
  ["timestamp with time zone", "timestamptz"],
  ["interval", "varchar(64)"],
  ["character varying(50)", "varchar(200)"],
  ["character(3)", "varchar(12)"],
  ["character varying(60000)", "varchar(65535)"],
  ["jsonb", "super"],
  ["uuid", "varchar(65535)"],
  ["integer[]", "varchar(65535)"],
  ["bytea", "varchar(65535)"],
  ["my_enum", "varchar(65535)"],
  ["text", "varchar(65535)"],
])("PostgreSQL's %s becomes %s", (type, becomes) => expect(fromPostgres(type)).toBe(becomes));

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  stagingConfigSchema,
  stagingDefaults,
  stagingSecretSchema,
} from "@/lib/connectors/s3/spec";
import { injectEverywhere } from "@/lib/testing/injection";
import {
  grantLoading,
  never,
  openWarehouse,
  statementsOf,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { openRedshift } from "@/lib/connectors/redshift/session/client";
import { copy } from "@/lib/connectors/redshift/load/load-sql";
import { identifier, literal } from "./quote";
import { redshiftSource } from "./source";

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());

test("no text in any place causes a statement that a harmless one doesn't", async () => {
  const injected = await injectEverywhere(warehouse);
  expect(injected.length).toBeGreaterThanOrEqual(40);
  for (const { statements } of injected) expect(statements).toBeGreaterThan(5);
  expect(injected.filter(({ extra }) => extra !== 0)).toEqual([]);
}, 300_000);

test("a zero byte is sent nowhere, and 200 characters name nothing", async () => {
  const source = redshiftSource(warehouse.config, warehouse.secret);
  for (const quote of [identifier, literal])
    expect(() => quote("a\0'; DROP TABLE x")).toThrow("zero byte");
  await expect(source.columns(warehouse.schema, "a\0b", never)).rejects.toThrow("zero byte");
  expect(await source.columns(warehouse.schema, "'\"".repeat(100), never)).toEqual([]);
  expect(
    (await statementsOf(warehouse.config.user)).filter(({ sql }) => sql.includes("\0")),
  ).toEqual([]);
});

test("as user or database none of it runs anything", async () => {
  for (const [field, text] of [
    ["user", "x'; DROP TABLE y; --"],
    ["user", 'x"; DROP TABLE y; --'],
    ["database", "x'; DROP TABLE y; --"],
    ["database", "dev options='-c x=y'"],
  ] as const) {
    await expect(
      openRedshift(
        { ...warehouse.config, [field]: text },
        warehouse.secret,
        { statementTimeoutMs: 1_000 },
        never,
      ),
    ).rejects.toThrow();
    if (field === "user") expect(await statementsOf(text)).toEqual([]);
  }
});

test("a role or a key that AWS didn't make is refused by the form, and again where SQL is built", () => {
  const plan = {
    into: '"s"."t"',
    columns: ["a"],
    manifest: "m",
    nullText: "N",
    maxError: 0,
    isStage: true,
  };
  const base = { ...stagingDefaults, bucket: "bucket", region: "us-east-1" };
  for (const roleArn of [
    "",
    "arn:aws:iam::123456789012:role/x'; DROP TABLE y; --",
    "arn:aws:iam::1:role/x",
    "arn:aws:iam::123456789012:role/x\n",
    "arn:aws:iam::123456789012:user/x",
    "x arn:aws:iam::123456789012:role/x",
  ]) {
    const staging = { ...base, access: "role" as const, roleArn };
    if (roleArn !== roleArn.trim()) continue; // the form trims it
    expect(stagingConfigSchema.safeParse(staging).success, roleArn).toBe(false);
    expect(() => copy({ ...plan, staging, secret: { secretAccessKey: "" } })).toThrow(
      "not such as AWS makes them",
    );
  }
  for (const key of ["", "x'", "x;y", "x\\", "ключ"]) {
    expect(() =>
      copy({
        ...plan,
        staging: { ...base, access: "keys", accessKeyId: key },
        secret: { secretAccessKey: "s" },
      }),
    ).toThrow("not such as AWS makes them");
    expect(() =>
      copy({
        ...plan,
        staging: { ...base, access: "keys", accessKeyId: "AKIA" },
        secret: { secretAccessKey: key },
      }),
    ).toThrow("not such as AWS makes them");
    if (key) expect(stagingSecretSchema.safeParse({ secretAccessKey: key }).success).toBe(false);
  }
});

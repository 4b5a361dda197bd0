import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmbeddedPostgres } from "@/scripts/embedded-postgres";
import { freePort, temporaryDir } from "@/scripts/services";
import { modelLoads } from "@/lib/testing/load-model";
import { postgresTarget, redshiftTarget } from "@/lib/testing/load-model-targets";
import { grantLoading, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";

const STEPS = 20;
let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());

test("Redshift: whenever a run says so, the target is the source's equal", async () => {
  const outcome = await modelLoads(warehouse, redshiftTarget(warehouse), { seed: 7, steps: STEPS });
  expect(outcome.steps).toBe(STEPS);
  expect(outcome.succeeded).toBeGreaterThan(STEPS / 2);
}, 120_000);

test("PostgreSQL: whenever a run says so, the target is the source's equal", async () => {
  const { dir, remove } = temporaryDir("tidegate-model-");
  const server = await startEmbeddedPostgres({
    dataDir: join(dir, "postgres"),
    port: await freePort(),
    password: randomBytes(9).toString("hex"),
    settings: { fsync: "off" },
  });
  const target = await postgresTarget(server.url());
  try {
    const outcome = await modelLoads(warehouse, target, { seed: 11, steps: STEPS });
    expect(outcome.steps).toBe(STEPS);
    expect(outcome.succeeded).toBeGreaterThan(STEPS / 2);
  } finally {
    await target.end();
    await server.stop();
    remove();
  }
}, 120_000);

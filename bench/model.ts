// Loads by a model: whatever happens to source and target, whenever a run says that it succeeded they are equal.
// BENCH_STEPS: steps in all, half for each store; BENCH_SEED: where the random choices begin.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { modelLoads, type ModelOutcome } from "@/lib/testing/load-model";
import { postgresTarget, redshiftTarget } from "@/lib/testing/load-model-targets";
import { grantLoading, openWarehouse } from "@/lib/testing/sandbox";
import { startEmbeddedPostgres } from "@/scripts/embedded-postgres";
import { freePort, startSandbox, temporaryDir } from "@/scripts/services";
import type { Outcome } from "./main";

const STEPS = Number(process.env.BENCH_STEPS ?? 1_000);
const SEED = Number(process.env.BENCH_SEED ?? 1);
/** Each of its own table and seed: what one leaves is no help to the next. */
const STEPS_OF_ONE = 50;

export async function model(): Promise<Outcome> {
  const { dir, remove } = temporaryDir("tidegate-model-");
  const { child, endpoints } = await startSandbox({
    dir,
    ports: "free",
    demo: false,
    onFailure: (sentence) => {
      throw new Error(sentence);
    },
  });
  const file = join(dir, "for-the-model.json");
  writeFileSync(file, JSON.stringify(endpoints), { mode: 0o600 });
  process.env.TIDEGATE_SANDBOX_ENDPOINTS = file;
  const server = await startEmbeddedPostgres({
    dataDir: join(dir, "target"),
    port: await freePort(),
    password: randomBytes(9).toString("hex"),
    settings: { fsync: "off" },
  });
  const warehouse = await openWarehouse();
  const postgres = await postgresTarget(server.url());
  const done: Record<string, ModelOutcome> = {};
  const failures: string[] = [];
  try {
    await grantLoading(warehouse);
    const targets = { redshift: redshiftTarget(warehouse), postgres };
    for (const [name, target] of Object.entries(targets)) {
      const sum = (done[name] = { steps: 0, succeeded: 0, killed: 0, refused: 0 });
      for (let seed = SEED; sum.steps + failures.length * STEPS_OF_ONE < STEPS / 2; seed += 1) {
        try {
          const outcome = await modelLoads(warehouse, target, { seed, steps: STEPS_OF_ONE });
          for (const key of Object.keys(sum) as (keyof ModelOutcome)[]) sum[key] += outcome[key];
        } catch (error) {
          failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
  } finally {
    await postgres.end();
    await warehouse.drop();
    await server.stop();
    await child.stop();
    remove();
  }
  const differing = failures.length;
  return {
    goals: [
      {
        id: "model-equal",
        what: "models in which a run said that it succeeded and the target was not the source's equal, or that could not go on",
        goal: 0,
        measured: differing,
        met: differing === 0,
      },
    ],
    details: { ...done, failures },
  };
}

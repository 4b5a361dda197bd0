// The proof itself: against the sandbox every step holds, nothing remains, and the report identifies nobody.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  sandboxEndpoints,
  setFaults,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { prove } from "@/scripts/prove/main";
import type { Step } from "@/scripts/prove/step";
import { steps } from "@/scripts/prove/steps";
import { makeTable } from "@/scripts/prove/tables";

/** What the sandbox pretends to be; null: what it is by default. */
type Mode = {
  name: string;
  pretends: {
    mode: "provisioned" | "single-node" | "serverless";
    isolation: "serializable" | "snapshot";
  } | null;
};
const otherModes = (["provisioned", "single-node", "serverless"] as const).flatMap((mode) =>
  (["serializable", "snapshot"] as const).map((isolation): Mode => ({
    name: `${mode}, ${isolation}`,
    pretends: { mode, isolation },
  })),
);
const askModes = (database: string, pretends?: Mode["pretends"]) => {
  const { url, token } = sandboxEndpoints().control;
  return fetch(`${url}/redshift/modes?database=${encodeURIComponent(database)}`, {
    method: pretends ? "PUT" : "GET",
    headers: { authorization: `Bearer ${token}` },
    ...(pretends && { body: JSON.stringify(pretends) }),
  });
};
// a sandbox that has no modes is only itself
const hasModes = (await askModes(sandboxEndpoints().redshift.database)).ok;
const modes: Mode[] = [{ name: "as it is", pretends: null }, ...(hasModes ? otherModes : [])];
/** What differs between modes: conflicts, system views, what a load left out. The rest runs once. */
const byMode = ["L7", "L8", "M3", "M8", "M15", "T2", "T18", "T19", "U1", "V2", "C12", "D4"];

/** Steps for which the sandbox lacks a type or a function. */
const notInSandbox = /a SUPER too long/;

let warehouse: Warehouse;
let staging: ReturnType<typeof openStaging>;
let dir: string;
beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
  staging = openStaging();
  dir = mkdtempSync(join(tmpdir(), "tidegate-proof-"));
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await warehouse.drop();
});

async function proof(which: readonly Step[] = steps, signal = never, of = warehouse) {
  const { redshift, s3 } = sandboxEndpoints();
  const { host, port, database, user } = of.config;
  const ca = join(dir, "ca.pem");
  const out = join(dir, "report.md");
  writeFileSync(ca, redshift.ca);
  const lines: string[] = [];
  const address = (name: string) => `redshift://${name}@${host}:${port}/${database}`;
  const args = [
    ...["--url", address(user), "--admin-url", address(redshift.adminUser), "--ca", ca],
    ...["--bucket", s3.bucket, "--region", s3.region, "--endpoint", s3.endpoint],
    ...["--role-arn", s3.roleArn, "--access-key-id", s3.accessKeyId],
    ...["--prefix", staging.config.prefix, "--out", out, "--yes"],
  ];
  const secrets = {
    TIDEGATE_PROOF_PASSWORD: of.secret.password,
    TIDEGATE_PROOF_ADMIN_PASSWORD: redshift.adminPassword,
    TIDEGATE_PROOF_SECRET_KEY: s3.secretAccessKey,
  };
  const terminal = {
    env: secrets,
    print: (line: string) => void lines.push(line),
    ask: () => Promise.reject(new Error("--yes asks nothing")),
    askSecret: () => Promise.resolve(null),
  };
  const code = await prove(args, which, terminal, signal, new Date(0));
  const report = readFileSync(out, "utf8");
  const hidden = [...Object.values(secrets), s3.accessKeyId, host, user, database, s3.bucket];
  return { code, lines, report, hidden, failed: resultsIn(lines, "FAILED") };
}

/** Names of the steps with this result. */
const resultsIn = (lines: string[], result: string): string[] =>
  lines.flatMap((line) =>
    line.startsWith(result) ? [line.split("\n")[0]?.split(" s  ")[1] ?? ""] : [],
  );

/** Everything of a proof's that could remain. */
async function remains(): Promise<string[]> {
  const names = await warehouse.admin(
    "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname LIKE 'tidegate_proof_%' UNION ALL SELECT usename FROM pg_catalog.pg_user WHERE usename LIKE 'tidegate_proof_%' UNION ALL SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = '_rudderstack'",
  );
  const files = await staging.bucket.list(`${staging.config.prefix}/`, never);
  return [...names.map(([name]) => String(name)), ...files.map(({ key }) => key)];
}

test.each(modes)(
  "$name: every step holds, nothing is left behind, and the report identifies nobody",
  { timeout: 300_000 },
  async ({ pretends }) => {
    if (pretends) expect((await askModes(warehouse.config.database, pretends)).ok).toBe(true);
    const which = pretends
      ? steps.filter(({ shapes }) => shapes.some((shape) => byMode.includes(shape)))
      : steps;
    const { code, lines, report, hidden, failed } = await proof(which);
    expect(failed).toEqual([]);
    expect(resultsIn(lines, "skipped").filter((name) => !notInSandbox.test(name))).toEqual([]);
    expect(code).toBe(0);
    expect(await remains()).toEqual([]);
    for (const secret of hidden) expect(report).not.toContain(secret);
    expect(report).toMatch(/\| version \| PostgreSQL .*Redshift/);
    expect(report).toContain("Nothing was left behind.");
  },
);

const named = (...names: RegExp[]): Step[] =>
  steps.filter(({ name }) => names.some((each) => each.test(name)));

test("a step that fails: the others go on, everything is removed, and the exit code is 1", async () => {
  const { password } = warehouse.secret;
  await setFaults(warehouse.config.user, [
    { match: "UNLOAD", error: { code: "XX000", message: `no space for ${password}` } },
  ]);
  const which = named(/^logs in/, /by UNLOAD, as by pages/, /^mirror/, /^deletes go/);
  const { code, lines, report, failed } = await proof(which);
  await setFaults(warehouse.config.user, []);
  expect(failed).toEqual(["every type by UNLOAD, as by pages"]);
  expect(resultsIn(lines, "held")).toHaveLength(3);
  expect(code).toBe(1);
  expect(report).toContain("no space for ***");
  expect([report, ...lines].join("\n")).not.toContain(password);
  expect(await remains()).toEqual([]);
});

test("where the state schema is missing it is made, and removed again", async () => {
  const empty = await openWarehouse({ stateSchema: false });
  try {
    const which = named(/^every check of a source/, /^mirror/, /its password sha256/);
    const { code, failed, lines } = await proof(which, never, empty);
    expect(failed).toEqual([]);
    expect(resultsIn(lines, "held")).toHaveLength(which.length);
    expect(code).toBe(0);
    expect(
      await empty.admin(
        "SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = '_rudderstack'",
      ),
    ).toEqual([["0"]]);
  } finally {
    await empty.drop();
  }
});

test("interrupted in the middle of a step: what was made is removed, and the rest is not run", async () => {
  const interrupted = new AbortController();
  const stopping: Step = {
    name: "stops",
    shapes: [],
    run: async (world) => {
      const table = await makeTable(world, "id integer, a varchar(10)", ["id", "a"]);
      await table.sql("INSERT INTO $t VALUES (1, 'x')");
      const { bucket } = staging;
      await bucket.put(`${world.staging().config.prefix}/left.csv`, Buffer.from("x"), never);
      const set = await world.source().changes(table.request(), world.signal);
      interrupted.abort(new Error("Ctrl-C"));
      await set.close();
      await world.asOwner("SELECT 1");
    },
  };
  const which = [stopping, ...named(/^mirror/)];
  const { code, lines } = await proof(which, interrupted.signal);
  expect(resultsIn(lines, "skipped")).toEqual(which.map(({ name }) => name));
  expect(code).toBe(1);
  expect(await remains()).toEqual([]);
});

test("what can't be removed is reported with the statement that removes it, and the exit code is 1", async () => {
  const { adminUser } = sandboxEndpoints().redshift;
  await setFaults(adminUser, [
    {
      match: '/^DROP SCHEMA "tidegate_proof_[0-9a-f]+_target"/',
      error: { code: "55006", message: "it is in use" },
    },
  ]);
  const { code, lines, report } = await proof(named(/^mirror/));
  await setFaults(adminUser, []);
  const [, statement = ""] = /^ {2}(DROP SCHEMA .*;)$/m.exec(lines.join("\n")) ?? [];
  expect(code).toBe(1);
  expect(report).toContain("Left behind:");
  expect(await remains()).toHaveLength(1);
  await warehouse.admin(statement);
  expect(await remains()).toEqual([]);
});

test("it says what it will do and asks: without a yes nothing is done", async () => {
  const { host, port, database, user } = warehouse.config;
  const lines: string[] = [];
  const terminal = {
    env: { TIDEGATE_PROOF_PASSWORD: warehouse.secret.password },
    print: (line: string) => void lines.push(line),
    ask: () => Promise.resolve("n"),
    askSecret: () => Promise.resolve(null),
  };
  const args = ["--url", `redshift://${user}@${host}:${port}/${database}`];
  expect(await prove(args, steps, terminal, never, new Date(0))).toBe(1);
  expect(lines.join("\n")).toMatch(/makes the schemas “tidegate_proof_.*Nothing was done\.$/s);
  expect(await prove([], steps, terminal, never, new Date(0))).toBe(2);
  expect(await remains()).toEqual([]);
});

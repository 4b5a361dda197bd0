// The proof itself: against the sandbox every step holds, nothing remains, and the report tells nobody whose it is.
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
  type Warehouse,
} from "@/lib/testing/sandbox";
import { prove } from "@/scripts/prove/main";
import { steps } from "@/scripts/prove/steps";

/** What the sandbox pretends to be. A mode that it doesn't have yet is added here. */
const modes = ["as it is"];

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

async function proof(which = steps, more: string[] = []) {
  const { redshift, s3 } = sandboxEndpoints();
  const { host, port, database, user } = warehouse.config;
  const ca = join(dir, "ca.pem");
  const out = join(dir, "report.md");
  writeFileSync(ca, redshift.ca);
  const lines: string[] = [];
  const address = (name: string) => `redshift://${name}@${host}:${port}/${database}`;
  const args = [
    ...["--url", address(user), "--admin-url", address(redshift.adminUser), "--ca", ca],
    ...["--bucket", s3.bucket, "--region", s3.region, "--endpoint", s3.endpoint],
    ...["--role-arn", s3.roleArn, "--access-key-id", s3.accessKeyId],
    ...["--prefix", staging.config.prefix, "--out", out, "--yes", ...more],
  ];
  const secrets = {
    TIDEGATE_PROOF_PASSWORD: warehouse.secret.password,
    TIDEGATE_PROOF_ADMIN_PASSWORD: redshift.adminPassword,
    TIDEGATE_PROOF_SECRET_KEY: s3.secretAccessKey,
  };
  const terminal = {
    env: secrets,
    print: (line: string) => void lines.push(line),
    ask: () => Promise.reject(new Error("--yes asks nothing")),
    askSecret: () => Promise.resolve(null),
  };
  const code = await prove(args, which, terminal, never, new Date(0));
  const report = readFileSync(out, "utf8");
  return {
    code,
    lines,
    report,
    hidden: [...Object.values(secrets), host, user, database, s3.bucket],
  };
}

/** Everything of a proof's that could remain. */
async function remains(): Promise<string[]> {
  const names = await warehouse.admin(
    "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname LIKE 'tidegate_proof_%' UNION ALL SELECT usename FROM pg_catalog.pg_user WHERE usename LIKE 'tidegate_proof_%' UNION ALL SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = '_rudderstack'",
  );
  const files = await staging.bucket.list(`${staging.config.prefix}/`, never);
  return [...names.map(([name]) => String(name)), ...files.map(({ key }) => key)];
}

test.each(modes)(
  "%s: every step holds, nothing is left behind, and the report tells nobody whose it is",
  { timeout: 300_000 },
  async () => {
    const { code, lines, report, hidden } = await proof();
    expect(lines.filter((line) => /^FAILED/.test(line))).toEqual([]);
    expect(code).toBe(0);
    expect(await remains()).toEqual([]);
    for (const secret of hidden) expect(report).not.toContain(secret);
    expect(report).toMatch(/\| version \| PostgreSQL .*Redshift/);
    expect(report).toContain("Nothing was left behind.");
  },
);

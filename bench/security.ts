// What is refused, counted: doors by role, spellings of refused addresses, injected texts, secrets found.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { doorTable, goThroughEveryDoor, MARK } from "@/scripts/every-door";
import { tryAsInsiders } from "@/scripts/insiders";
import { startOwnTidegate } from "@/scripts/own-tidegate";
import { startSandbox, temporaryDir, writePrivate } from "@/scripts/services";
import type { Goal, Outcome } from "./main";

const atMost = (id: string, what: string, goal: number, measured: number): Goal => ({
  id,
  what,
  goal,
  measured,
  met: measured <= goal,
});
const atLeast = (id: string, what: string, goal: number, measured: number): Goal => ({
  id,
  what,
  goal,
  measured,
  met: measured >= goal,
});

/** Each part in a process of its own: they differ in what NETWORK_ALLOW says. */
export async function security(): Promise<Outcome> {
  // what it says goes to stderr: stdout is the result's
  execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      'const { generate, build } = await import("./scripts/ready.mjs"); await generate(); await build();',
    ],
    { stdio: ["ignore", 2, 2] },
  );
  const network = part<{ way: string; spellings: number; refused: number; connections: number }[]>(
    "network",
    { NETWORK_ALLOW: "" },
  );
  const injected = await withSandbox((endpoints) =>
    part<{ text: string; where: string; statements: number; extra: number }[]>("injection", {
      TIDEGATE_SANDBOX_ENDPOINTS: endpoints,
      NETWORK_ALLOW: "127.0.0.1",
    }),
  );
  const { doors, wrong, hits, searched, insiders } = await doorsAndSecrets();
  const connections = network.reduce((sum, row) => sum + row.connections, 0);
  const spellings = Math.min(...network.map((row) => row.spellings));
  return {
    goals: [
      atMost("S1", "visits of doors that were not as the matrix says", 0, wrong),
      atLeast("S2", "spellings of refused places, over each way out", 40, spellings),
      atMost("S3", "of those, connections that a listener saw", 0, connections),
      atMost(
        "S4",
        "of those, not refused by form or guard",
        0,
        network.reduce((sum, row) => sum + row.spellings - row.refused, 0),
      ),
      atLeast("S5", "injected texts × places", 40, injected.length),
      atMost(
        "S6",
        "of those, statements beside the usual ones",
        0,
        injected.reduce((sum, row) => sum + row.extra, 0),
      ),
      atMost("S7", "secrets in clear in the database dump and log files", 0, hits),
      atLeast(
        "S8",
        "what insiders of each role try",
        150,
        insiders.reduce((sum, { times }) => sum + times, 0),
      ),
      atMost(
        "S9",
        "of that, what gets through",
        0,
        insiders.reduce((sum, { reached }) => sum + reached, 0),
      ),
    ],
    details: {
      doors,
      insiders,
      network,
      injected: injected.map(({ where, text, extra }) => ({
        where: where.split(":")[0],
        text,
        extra,
      })),
      searched,
    },
  };
}

/** Runs bench/security-part.ts and reads what it prints. */
const part = <T>(name: string, env: Record<string, string>): T =>
  JSON.parse(
    execFileSync(process.execPath, ["--import", "tsx", "bench/security-part.ts", name], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", 2],
      encoding: "utf8",
      maxBuffer: 1 << 26,
    }),
  ) as T;

async function withSandbox<T>(work: (endpointsFile: string) => T): Promise<T> {
  const { dir, remove } = temporaryDir("tidegate-security-");
  const { child, endpoints } = await startSandbox({
    dir,
    ports: "free",
    demo: false,
    onFailure: (sentence) => {
      throw new Error(sentence);
    },
  });
  try {
    const file = join(dir, "bench-endpoints.json");
    writePrivate(file, JSON.stringify(endpoints));
    return work(file);
  } finally {
    await child.stop();
    remove();
  }
}

/** The sweep stores a credential whose secret is its mark; the names of what it makes hold the mark too, so secrets are told apart by their field. */
async function doorsAndSecrets() {
  const tidegate = await startOwnTidegate("tidegate-security-");
  try {
    const { web, database } = tidegate.endpoints() as { web: string; database: string };
    const key = readFileSync(join(tidegate.dataDir, "encryption-key"), "utf8").trim();
    const visits = await goThroughEveryDoor(web, database, key, (line) => console.error(line));
    const insiders = await tryAsInsiders(web, database, key, {
      [`file:${join(tidegate.dataDir, "encryption-key")}`]: key,
      "file:/proc/self/environ": "NETWORK_ALLOW",
      "env:ENCRYPTION_KEY_FILE": "encryption-key",
      "env:DATABASE_URL": new URL(database).password,
      "env:HOME": process.env.HOME ?? "no home",
      "file:/etc/hostname": readFileSync("/etc/hostname", "utf8").trim(),
    });
    const secrets = [key, SECRET_FIELD];
    const texts = [await dumpOf(database), ...logsIn(tidegate.dataDir)];
    const found = texts.reduce(
      (sum, text) =>
        sum + secrets.reduce((count, secret) => count + text.split(secret).length - 1, 0),
      0,
    );
    return {
      insiders,
      doors: doorTable(visits),
      wrong: visits.filter(({ got, expected }) => got !== expected).length,
      hits: found,
      searched: `${texts.reduce((sum, text) => sum + text.length, 0)} characters for ${secrets.length} secrets; npm run e2e -- secrets goes through pages, payloads and answers too`,
    };
  } finally {
    await tidegate.stop();
  }
}
const SECRET_FIELD = `"password":"${MARK}"`;

async function dumpOf(database: string): Promise<string> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    );
    const texts: string[] = [];
    for (const { name } of tables)
      texts.push(
        ...(
          await client.query<{ row: string }>(`SELECT to_json(t)::text AS row FROM ${name} t`)
        ).rows.map(({ row }) => row),
      );
    return texts.join("\n");
  } finally {
    await client.end();
  }
}

const logsIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".log"))
    .map((path) => readFileSync(join(dir, path), "utf8"));

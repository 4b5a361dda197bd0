// The proof is complete: each shape of docs/redshift-sql.md is covered by a step, and no step names one that isn't there.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { prove } from "./prove/main";
import { maskOf, reportOf } from "./prove/report";
import { readSettings, type Terminal } from "./prove/settings";
import { steps } from "./prove/steps";
import { openWorld } from "./prove/world";

/** Shapes that can't be tried on any warehouse, and why. */
const untried: Record<string, string> = {
  D19: "the wizard keeps such a choice from being made",
  P5: "a column of that type can't be chosen",
};

const [table = ""] = readFileSync(
  new URL("../docs/redshift-sql.md", import.meta.url),
  "utf8",
).split("## Open questions");
const shapes = [...table.matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, id]) => id ?? "");

test("every shape is covered by a step", () => {
  expect(shapes.length).toBeGreaterThan(90);
  expect(new Set(shapes).size).toBe(shapes.length);
  const covered = new Set(steps.flatMap((step) => step.shapes));
  expect(shapes.filter((id) => !covered.has(id) && !untried[id])).toEqual([]);
  expect([...covered].filter((id) => !shapes.includes(id))).toEqual([]);
});

test("what the table names is where it says", () => {
  const missing: string[] = [];
  for (const line of table.split("\n").filter((each) => /^\| [A-Z]\d+ /.test(each))) {
    const [, id = "", , where = ""] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    for (const [, file = "", names = ""] of where.matchAll(/([\w/-]+\.ts)((?:[:,] `\w+`)*)/g)) {
      const path = new URL(`../lib/connectors/redshift/${file}`, import.meta.url);
      const source = existsSync(path) ? readFileSync(path, "utf8") : "";
      for (const [, name = ""] of `: \`\`${names}`.matchAll(/`(\w*)`/g))
        if (source === "" || !source.includes(name)) missing.push(`${id} ${file} ${name}`);
    }
  }
  expect(missing).toEqual([]);
});

test("no two steps have the same name", () => {
  const names = steps.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

const never = new AbortController().signal;
const terminal: Terminal = {
  env: { TIDEGATE_PROOF_PASSWORD: "Sesame-1-open", TIDEGATE_PROOF_SECRET_KEY: "s3cr3tKey" },
  print: () => undefined,
  ask: () => Promise.resolve(""),
  askSecret: () => Promise.resolve(null),
};
const args = [
  ...["--url", "redshift://ada@wh.abc.eu-central-1.redshift.amazonaws.com/sales"],
  ...["--bucket", "ada-bucket", "--region", "eu-central-1", "--access-key-id", "AKIA123"],
];

test("a report has neither host, user, database, bucket, key nor password", async () => {
  const settings = await readSettings(args, terminal);
  const world = openWorld(settings, never);
  world.secrets.push("Pw-of-a-new-user-1");
  const because =
    "no answer of wh.abc.eu-central-1.redshift.amazonaws.com (10.1.2.3) for ada in “sales”, s3://ada-bucket/x, AKIA123, s3cr3tKey, Sesame-1-open, Pw-of-a-new-user-1 | adapter";
  const report = reportOf(
    [{ name: "version", value: "Redshift 1.0.77467" }],
    [{ name: "a step", shapes: ["L1"], result: "failed", because, seconds: 1.5 }],
    [],
    maskOf(world),
    "2026-01-02",
  );
  expect(report).toContain("no answer of host-");
  expect(report).toContain(
    "(<address>) for <user> in “<database>”, s3://<bucket>/x, ***, ***, ***, *** \\| adapter",
  );
  expect(report).toContain("Redshift 1.0.77467");
});

test("only some steps, by name or shape", async () => {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const only = [...args, "--only", "nothing has this name"];
  const code = await prove(only, steps, { ...terminal, print }, never, new Date(0));
  expect([code, ...lines]).toEqual([2, "No step has such a name or shape."]);
});

test("settings that can't be used are said, and a secret is asked for or found in the environment", async () => {
  const none = { ...terminal, env: {} };
  await expect(readSettings([], terminal)).rejects.toThrow("--url");
  await expect(readSettings(["--password", "x"], terminal)).rejects.toThrow("--password");
  await expect(readSettings(args, none)).rejects.toThrow("TIDEGATE_PROOF_PASSWORD");
  await expect(readSettings([...args, "--role-arn", "nonsense"], terminal)).rejects.toThrow("ARN");
  const asked = { ...none, askSecret: (question: string) => Promise.resolve(`of ${question}`) };
  const { login, staging } = await readSettings(args.slice(0, 2), asked);
  expect(login.secret.password).toBe("of Password of ada: ");
  expect(login.config.port).toBe(5439);
  expect(staging).toBeNull();
});

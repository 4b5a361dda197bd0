// Runs every statement of the corpus: what a cluster accepts gives its rows, what it refuses gives its error.
import { readdirSync } from "node:fs";
import pg from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { runningSandbox } from "../testing/running";
import type { AcceptedSubject, RefusedSubject } from "./corpus";

const sandbox = runningSandbox();

async function subjects<T>(
  kind: string,
  load: (name: string) => Promise<unknown>,
): Promise<[name: string, subject: T][]> {
  const names = readdirSync(new URL(`${kind}/`, import.meta.url)).sort();
  return Promise.all(
    names.map(async (file): Promise<[string, T]> => {
      const name = file.replace(".ts", "");
      const { default: subject } = (await load(name)) as { default: T };
      return [name, subject];
    }),
  );
}

/** One session a subject, in a schema of its own; every value as its text on the wire. */
function session(name: string, setup: string[] = []): () => pg.Client {
  let client: pg.Client | undefined;
  beforeAll(async () => {
    client = await sandbox.login();
    await client.query(`CREATE SCHEMA ${name}`);
    await client.query(`SET search_path TO ${name}`);
    for (const sql of setup) await client.query(sql);
  });
  return () => {
    if (!client) throw new Error("no session yet");
    return client;
  };
}

async function rowsOf(client: pg.Client, sql: string): Promise<string[]> {
  const result = await client.query<(string | null)[]>({
    text: sql,
    rowMode: "array",
    types: { getTypeParser: () => (value: string) => value },
  });
  return result.rows.map((row) => row.map((value) => value ?? "NULL").join("|"));
}

async function errorOf(client: pg.Client, sql: string): Promise<string> {
  try {
    await client.query(sql);
  } catch (error) {
    if (error instanceof pg.DatabaseError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "accepted";
}

const acceptedSubjects = await subjects<AcceptedSubject>(
  "accepted",
  (name) => import(`./accepted/${name}.ts`),
);
const refusedSubjects = await subjects<RefusedSubject>(
  "refused",
  (name) => import(`./refused/${name}.ts`),
);

for (const [name, { setup, accepted }] of acceptedSubjects)
  describe(`accepted: ${name}`, () => {
    const client = session(`accepted_${name.replaceAll("-", "_")}`, setup);
    for (const [source, statements] of Object.entries(accepted))
      test.each(statements)(`${source}: %s`, async (sql, ...rows) => {
        const given = await rowsOf(client(), sql);
        if (rows.length) expect(given).toEqual(rows);
      });
  });

for (const [name, { setup, refused }] of refusedSubjects)
  describe(`refused: ${name}`, () => {
    const client = session(`refused_${name.replaceAll("-", "_")}`, setup);
    for (const [source, statements] of Object.entries(refused))
      test.each(statements)(`${source}: %s`, async (sql, expected) => {
        const error = await errorOf(client(), sql);
        if (typeof expected === "string") expect(error).toBe(expected);
        else expect(error).toMatch(expected);
      });
  });

test("the corpus is large enough to mean something", () => {
  const count = (groups: Record<string, unknown[]>[]): number =>
    groups.flatMap((group) => Object.values(group)).flat().length;
  expect(count(acceptedSubjects.map(([, { accepted }]) => accepted))).toBeGreaterThanOrEqual(1);
  expect(count(refusedSubjects.map(([, { refused }]) => refused))).toBeGreaterThanOrEqual(1);
});

import { expect, test } from "vitest";
import { pageSchemas, pageTables } from "./catalog";
import type { RedshiftSession, Rows } from "@/lib/connectors/redshift/session/client";

/** A warehouse that answers by what is asked for: what the sandbox has none of, external and shared objects. */
function sessionWith(answers: [pattern: RegExp, rows: Rows][]): RedshiftSession {
  const query = async (sql: string): Promise<Rows> => {
    const found = answers.find(([pattern]) => pattern.test(sql));
    if (!found) throw new Error(`not expected: ${sql}`);
    return found[1];
  };
  const none = () => Promise.reject(new Error("not expected"));
  return {
    query,
    bytes: none,
    execute: none,
    transaction: none,
    close: async () => undefined,
  } as unknown as RedshiftSession;
}
const first = { search: "", after: null };
const { signal } = new AbortController();

test("external and shared schemas stand in their place, with what is known of their rights", async () => {
  const session = sessionWith([
    [/current_database/, [["dev"]]],
    [
      /FROM svv_all_schemas/,
      [
        ["lake", "external", "2"],
        ["sales_share", "shared", "2"],
      ],
    ],
    [
      /FROM pg_catalog\.pg_namespace/,
      [
        ["lake", "2", "dba", "f"],
        ["shop", "2", "dba", "t"],
      ],
    ],
  ]);
  expect(await pageSchemas(session, "rudder", first, signal)).toEqual({
    items: [
      {
        name: "lake",
        kind: "external",
        readable: false,
        owner: "dba",
        grant: 'GRANT USAGE ON SCHEMA "lake" TO rudder;',
      },
      { name: "sales_share", kind: "shared", readable: true },
      { name: "shop", kind: "local", readable: true, owner: "dba" },
    ],
    next: null,
  });
});

test("a schema that isn't of this cluster lists its external and shared tables", async () => {
  const session = sessionWith([
    [/current_database/, [["dev"]]],
    [
      /FROM svv_all_tables/,
      [
        ["clicks", "EXTERNAL TABLE", "2"],
        ["orders", "SHARED TABLE", "2"],
        ["report", "VIEW", "2"],
      ],
    ],
    [/pg_class/, []],
  ]);
  expect((await pageTables(session, "rudder", "lake", first, signal)).items).toEqual([
    { schema: "lake", name: "clicks", kind: "external", readable: true },
    { schema: "lake", name: "orders", kind: "shared", readable: true },
    { schema: "lake", name: "report", kind: "view", readable: true },
  ]);
});

test("pages of both kinds are merged without a gap: a page ends where the next one goes on", async () => {
  const names = (from: number, step: number) =>
    Array.from({ length: 51 }, (_, n) => `s${String(from + n * step).padStart(3, "0")}`);
  const session = sessionWith([
    [/current_database/, [["dev"]]],
    [/FROM svv_all_schemas/, names(1, 2).map((name) => [name, "external", "2"])],
    [/FROM pg_catalog\.pg_namespace/, names(0, 2).map((name) => [name, "2", "dba", "t"])],
  ]);
  const { items, next } = await pageSchemas(session, "rudder", first, signal);
  expect(items.map(({ name }) => name)).toEqual(
    Array.from({ length: 50 }, (_, n) => `s${String(n).padStart(3, "0")}`),
  );
  expect(next).toEqual({ nearness: 2, name: "s049" });
});

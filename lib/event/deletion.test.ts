import { expect, test } from "vitest";
import { compileDeletion } from "./deletion";
import { fieldsOf, locate, tupleOf } from "./tuple";

const at = { key: 0, messageId: 1, values: 2 };
const run = { sourceId: "s", runId: "r", table: "people" };
function write(keys: string[], cells: (string | null)[]) {
  const mapping = {
    columns: [{ column: "email", traitKey: "email" }],
    userId: "id",
    anonymousId: "anon",
  };
  const deletion = compileDeletion(
    [{ name: "anon" }, { name: "email" }, { name: "id", type: "char(4)" }],
    mapping,
    keys,
    run,
    at,
  );
  deletion.setTimes("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z");
  const tuple = tupleOf(cells);
  const fields = fieldsOf(5);
  locate(tuple, 0, fields);
  const json = deletion.json(tuple, fields);
  expect(Buffer.byteLength(json)).toBeLessThanOrEqual(deletion.room(tuple.length));
  return JSON.parse(json) as Record<string, unknown>;
}

test("a deletion is of the person last delivered, and names the key by its columns", () => {
  expect(
    write(["id"], ["7", "0123456789abcdef0123456789abcdef", null, "a@example.com", "7"]),
  ).toEqual({
    type: "track",
    channel: "sources",
    event: "deleted",
    userId: "7",
    properties: { id: "7" },
    recordId: "7",
    messageId: "01234567-89ab-cdef-0123-456789abcdef",
    context: {
      sources: {
        job_id: "s/Syncher",
        task_id: "people",
        version: "v1",
        job_run_id: "r",
        task_run_id: "r",
      },
    },
    originalTimestamp: "2026-01-01T00:00:00.000Z",
    sentAt: "2026-01-01T00:00:01.000Z",
    timestamp: "2026-01-01T00:00:00.000Z",
  });
  expect(write(["id"], ["7", "m", "anon", null, null])).toMatchObject({ anonymousId: "anon" });
});

test("where nothing is remembered, of the key; a key of several columns has a property for each", () => {
  expect(write(["id"], ['\u0001"', "m", null, null, null])).toMatchObject({
    userId: '\u0001"',
    properties: { id: '\u0001"' },
  });
  expect(write(["shop", "id"], ['["a\\"b","7"]', "m", null, null, null])).toMatchObject({
    userId: '["a\\"b","7"]',
    properties: { shop: 'a"b', id: "7" },
  });
});

test("the person is without padding, and a blank one is none", () => {
  const id = "0123456789abcdef0123456789abcdef";
  expect(write(["id"], ["7", id, null, null, "7   "])).toMatchObject({ userId: "7" });
  expect(write(["id"], ["7", id, "\t", null, "    "])).toMatchObject({ userId: "7" });
  expect(write(["id"], ["7", id, "\t", null, "    "])).not.toHaveProperty("anonymousId");
});

import fc from "fast-check";
import { expect, test } from "vitest";
import type { ColumnKind } from "./encode";
import { compileIdentify, compileIdentifyWriter } from "./identify";
import type { Mapping } from "./mapping";
import { fieldsOf, locate, tupleOf } from "./tuple";
import { viewed, viewOf } from "./words";

const run = { sourceId: "src-1", runId: "run-1", table: "users" };
const row = {
  key: "7",
  messageId: "0190c1f2-0000-8000-8000-000000000000",
  originalTimestamp: "2026-01-02T03:04:05.006Z",
  sentAt: "2026-01-02T03:04:06.000Z",
};
const column = (name: string, kind: ColumnKind = "text") => ({ name, kind });
const mapping = (
  keys: Record<string, string>,
  userId: string | null = null,
  anonymousId: string | null = null,
): Mapping => ({
  columns: Object.entries(keys).map(([name, traitKey]) => ({ column: name, traitKey })),
  userId,
  anonymousId,
});

test("the whole event of a warehouse source", () => {
  const identify = compileIdentify(
    [column("id", "integer"), column("user_id"), column("email"), column("anonymous_id")],
    mapping({ id: "id", email: "email" }, "user_id", "anonymous_id"),
    run,
  );
  expect(JSON.parse(identify(["7", "u7", "a@example.com", "anon"], row)!)).toEqual({
    type: "identify",
    channel: "sources",
    userId: "u7",
    anonymousId: "anon",
    traits: { id: 7, email: "a@example.com" },
    context: {
      sources: {
        job_id: "src-1/Syncher",
        task_id: "users",
        version: "v1",
        job_run_id: "run-1",
        task_run_id: "run-1",
      },
    },
    recordId: "7",
    messageId: row.messageId,
    originalTimestamp: row.originalTimestamp,
    sentAt: row.sentAt,
    timestamp: row.originalTimestamp,
  });
});

test("dots nest, in the order of the selection", () => {
  const identify = compileIdentify(
    ["a", "b", "c", "d"].map((name) => column(name)),
    mapping({ a: "address.city", b: "plan", c: "address.geo.lat", d: "address.zip" }, "a"),
    run,
  );
  expect(identify(["Berlin", "pro", null, "10115"], row)).toContain(
    '"traits":{"address":{"city":"Berlin","geo":{"lat":null},"zip":"10115"},"plan":"pro"}',
  );
});

test.each([" ", "            ", "\t", "\r\n", "\u00a0", "\u200b \ufeff", "\u3000", "\0"])(
  "a blank identifier identifies nobody: %j",
  (blank) => {
    const identify = compileIdentify(
      [column("user_id"), column("anonymous_id")],
      mapping({ user_id: "id" }, "user_id", "anonymous_id"),
      run,
    );
    expect(identify([blank, null], row)).toBeNull();
    expect(identify([blank, blank], row)).toBeNull();
    const event = JSON.parse(identify([blank, "a1"], row)!) as Record<string, unknown>;
    expect(event).toMatchObject({ anonymousId: "a1", traits: { id: blank } });
    expect(event).not.toHaveProperty("userId");
  },
);

test.each([" a", "é", "\u200bx", "中", "0", "\t1"])("%j is an identifier, as it is", (id) => {
  const identify = compileIdentify([column("user_id")], mapping({}, "user_id"), run);
  expect(JSON.parse(identify([id], row)!)).toMatchObject({ userId: id });
});

test.each(["char(12)", "character(12)", "bpchar", "nchar(12)"])(
  "a value of %s is without the blanks that fill it, as id and as trait",
  (type) => {
    const padded = { ...column("user_id"), type };
    const identify = compileIdentify(
      [padded, { ...column("plan"), type }],
      mapping({ user_id: "id", plan: "plan" }, "user_id"),
      run,
    );
    expect(JSON.parse(identify(["A1          ", '  p "q"     '], row)!)).toMatchObject({
      userId: "A1",
      traits: { id: "A1", plan: '  p "q"' },
    });
    expect(JSON.parse(identify(["A1", "            "], row)!)).toMatchObject({
      userId: "A1",
      traits: { plan: "" },
    });
    expect(identify(["            ", "p"], row)).toBeNull();
  },
);

test("of a varchar the blanks at the end are its own", () => {
  const identify = compileIdentify(
    [
      { ...column("user_id"), type: "character varying(12)" },
      { ...column("plan"), type: "varchar(9)" },
    ],
    mapping({ plan: "plan" }, "user_id"),
    run,
  );
  expect(JSON.parse(identify(["A1 ", "p "], row)!)).toMatchObject({
    userId: "A1 ",
    traits: { plan: "p " },
  });
});

test("a NULL or empty identifier is left out, and a row without any is no event", () => {
  const identify = compileIdentify(
    [column("user_id", "bigint"), column("anonymous_id")],
    mapping({ user_id: "id" }, "user_id", "anonymous_id"),
    run,
  );
  const ids = (cells: (string | null)[]) => {
    const event = identify(cells, row);
    return event === null
      ? null
      : (({ userId, anonymousId }: Record<string, unknown>) => ({ userId, anonymousId }))(
          JSON.parse(event) as Record<string, unknown>,
        );
  };
  expect(ids(["9223372036854775807", null])).toEqual({
    userId: "9223372036854775807",
    anonymousId: undefined,
  });
  expect(ids(["", "anon"])).toEqual({ userId: undefined, anonymousId: "anon" });
  expect(ids([null, ""])).toBeNull();
});

test("any keys and values make an event that reads back as they are", () => {
  const word = fc
    .string({ unit: "binary", minLength: 1 })
    .filter((text) => !text.includes(".") && text !== "__proto__");
  fc.assert(
    fc.property(
      fc.uniqueArray(word, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.option(fc.string({ unit: "binary" }))),
      (keys, values) => {
        const cells = keys.map(() => values.next().value as string | null);
        const columns = keys.map((_, index) => column(`c${index}`));
        const identify = compileIdentify(
          [...columns, column("u")],
          {
            columns: keys.map((traitKey, index) => ({ column: `c${index}`, traitKey })),
            userId: "u",
            anonymousId: null,
          },
          run,
        );
        const event = JSON.parse(identify([...cells, "u"], row)!) as {
          traits: Record<string, unknown>;
        };
        expect(Object.keys(event.traits).sort()).toEqual([...keys].sort());
        keys.forEach((key, index) => expect(event.traits[key]).toBe(cells[index]));
      },
    ),
  );
});

test("what is no number is counted; NULL, numbers and texts that begin alike are not", () => {
  const columns = [column("score", "float"), column("balance", "decimal"), column("name")];
  const identify = compileIdentifyWriter(
    columns,
    mapping({ score: "score", balance: "balance", name: "name" }, "name"),
    run,
    { key: 0, messageId: 1, values: 2 },
  );
  const fields = fieldsOf(2 + columns.length);
  for (const cells of [
    ["NaN", "1.5", "null"],
    [null, "NaN", "n"],
    ["-Infinity", null, "x"],
    ["2", "3", "NaN"],
  ]) {
    const tuple = tupleOf(["k", "m", ...cells]);
    locate(tuple, 0, fields);
    identify.write(viewOf(tuple), fields, viewed(new Uint8Array(identify.room(tuple.length))), 0);
  }
  expect(identify.notNumbers()).toBe(3);
});

test("a column that was not read is refused when compiling", () => {
  expect(() => compileIdentify([column("a")], mapping({ b: "b" }, "a"), run)).toThrow("b");
});

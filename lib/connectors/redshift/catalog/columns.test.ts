import { expect, test } from "vitest";
import { describeColumn } from "./columns";

test.each([
  ["integer", null, null, null, { type: "integer", kind: "integer", form: "cast", maxBytes: 11 }],
  ["bigint", null, 64, 0, { type: "bigint", kind: "bigint", form: "cast", maxBytes: 20 }],
  ["numeric", null, 38, 9, { type: "numeric(38,9)", kind: "decimal", form: "cast", maxBytes: 41 }],
  [
    "decimal(10, 2)",
    null,
    null,
    null,
    { type: "numeric(10,2)", kind: "decimal", form: "cast", maxBytes: 41 },
  ],
  [
    "double precision",
    null,
    53,
    null,
    { type: "double precision", kind: "float", form: "cast", maxBytes: 32 },
  ],
  ["boolean", null, null, null, { type: "boolean", kind: "boolean", form: "boolean", maxBytes: 1 }],
  [
    "character varying",
    256,
    null,
    null,
    { type: "varchar(256)", kind: "text", form: "text", maxBytes: 256 },
  ],
  [
    "character varying",
    null,
    null,
    null,
    { type: "varchar", kind: "text", form: "text", maxBytes: 65535 },
  ],
  [
    "varchar(20)",
    null,
    null,
    null,
    { type: "varchar(20)", kind: "text", form: "text", maxBytes: 20 },
  ],
  ["character", 2, null, null, { type: "char(2)", kind: "text", form: "cast", maxBytes: 2 }],
  [
    "timestamp without time zone",
    null,
    null,
    null,
    { type: "timestamp", kind: "timestamp", form: "cast", maxBytes: 40 },
  ],
  [
    "timestamp with time zone",
    null,
    null,
    null,
    { type: "timestamptz", kind: "timestamptz", form: "cast", maxBytes: 40 },
  ],
  ["date", null, null, null, { type: "date", kind: "text", form: "cast", maxBytes: 16 }],
  ["super", null, null, null, { type: "super", kind: "json", form: "super", maxBytes: 65535 }],
  [
    "binary varying",
    64,
    null,
    null,
    { type: "varbyte(64)", kind: "text", form: "varbyte", maxBytes: 128 },
  ],
  [
    "geometry",
    null,
    null,
    null,
    { type: "geometry", kind: "text", form: "spatial", maxBytes: 65535 },
  ],
  [
    "struct<a:int>",
    null,
    null,
    null,
    { type: "struct<a:int>", kind: "text", form: "cast", maxBytes: 65535 },
  ],
] as const)("%s", (dataType, maxLength, precision, scale, expected) => {
  expect(describeColumn({ name: "c", dataType, maxLength, precision, scale })).toEqual({
    name: "c",
    ...expected,
  });
});

import { expect, test } from "vitest";
import { takesType } from "./sql";

test.each([
  ["integer", "numeric(38,18)", true], // judged value by value
  ["time without time zone", "double precision", false],
  ["time without time zone", "timestamp", false],
  ["time without time zone", "time", true],
  ["date", "timestamp", false],
  ["timestamp without time zone", "date", true],
  ["timestamp with time zone", "timestamp", true],
  ["timestamp(3) without time zone", "timestamp", false],
  ["timestamp(6) without time zone", "timestamp", true],
  ["timestamp(0) without time zone", "date", true],
  ["boolean", "smallint", false],
  ["integer", "text", false],
  ["character varying(20)", "numeric(38,18)", true],
  ["uuid", "text", true],
  ["jsonb", "jsonb", true],
])("a column of %s takes %s: %s", (has, comes, takes) => expect(takesType(has, comes)).toBe(takes));

import { expect, test } from "vitest";
import {
  exportMapping,
  groupUnder,
  importMapping,
  looksPersonal,
  stripPrefix,
  toCamelCase,
  toSnakeCase,
} from "./keys";
import type { Mapping } from "./mapping";

const mapping = (...keys: string[]): Mapping => ({
  columns: keys.map((traitKey, at) => ({ column: `c${at}`, traitKey })),
  userId: "c0",
  anonymousId: null,
});
const keys = (changed: Mapping) => changed.columns.map(({ traitKey }) => traitKey);

test("camelCase, part by part, whatever it was before", () => {
  expect(
    keys(
      toCamelCase(
        mapping(
          "first_name",
          "FirstName",
          "FIRST_NAME",
          "address.zip_code",
          "userID",
          "größe_in_m",
          "a",
          "__",
          "html5_video",
        ),
      ),
    ),
  ).toEqual([
    "firstName",
    "firstName",
    "firstName",
    "address.zipCode",
    "userId",
    "größeInM",
    "a",
    "__",
    "html5Video",
  ]);
});

test("snake_case, part by part", () => {
  expect(
    keys(
      toSnakeCase(
        mapping(
          "firstName",
          "first name",
          "Address.ZipCode",
          "HTTPServer",
          "userID",
          "already_snake",
        ),
      ),
    ),
  ).toEqual([
    "first_name",
    "first_name",
    "address.zip_code",
    "http_server",
    "user_id",
    "already_snake",
  ]);
});

test("a prefix goes where there is one and something behind it", () => {
  expect(keys(stripPrefix(mapping("cust_name", "cust_", "name", "x_cust_y"), "cust_"))).toEqual([
    "name",
    "cust_",
    "name",
    "x_cust_y",
  ]);
  expect(keys(stripPrefix(mapping("a"), ""))).toEqual(["a"]);
});

test("grouping nests", () => {
  expect(keys(groupUnder(mapping("city", "geo.lat"), " address "))).toEqual([
    "address.city",
    "address.geo.lat",
  ]);
});

test("a mapping leaves as a file and comes back the same; columns that this table lacks are named", () => {
  const before = mapping("a", "b.c");
  const columns = [{ name: "c0" }, { name: "c1" }];
  expect(importMapping(exportMapping(before), columns, mapping("x"))).toEqual({
    mapping: before,
    missing: [],
  });
  expect(
    importMapping(exportMapping(before), [{ name: "c1" }], {
      columns: [],
      userId: "c1",
      anonymousId: null,
    }),
  ).toEqual({
    mapping: { columns: [{ column: "c1", traitKey: "b.c" }], userId: "c1", anonymousId: null },
    missing: ["c0"],
  });
  expect(importMapping("{}", columns, before)).toBeNull();
  expect(importMapping("not json", columns, before)).toBeNull();
});

test.each([
  "email",
  "E_MAIL",
  "emailAddress",
  "first_name",
  "lastName",
  "phone",
  "home_phone_number",
  "address_line1",
  "zip",
  "postal_code",
  "birthday",
  "date_of_birth",
  "ip_address",
  "iban",
])("%s looks personal", (name) => {
  expect(looksPersonal(name)).toBe(true);
});
test.each([
  "user_id",
  "anonymous_id",
  "plan",
  "balance",
  "created_at",
  "filename_hash",
  "shipping_status",
  "description",
  "country",
])("%s does not", (name) => {
  expect(looksPersonal(name)).toBe(false);
});

import { expect, test } from "vitest";
import { pathOf, type Stop } from "./path-of";

const stops: Stop[] = [
  { label: "TCP", check: "connection", parts: ["tcp"] },
  { label: "TLS", check: "connection", parts: ["tls"] },
  { label: "Database", check: "connection", parts: ["database", "redshift"] },
  { label: "Schemas", check: "schemas", parts: ["list"] },
];
const states = (...checks: Parameters<typeof pathOf>[1]) =>
  pathOf(stops, checks).map(({ state }) => state);
const part = (id: string, status = "passed") => ({ id, status });

test("it lights up stop by stop, and one at a time is looked at", () => {
  expect(states()).toEqual(["waiting", "waiting", "waiting", "waiting"]);
  const schemas = { id: "schemas", status: "running" };
  expect(states({ id: "connection", status: "running" }, schemas)).toEqual([
    "running",
    "waiting",
    "waiting",
    "waiting",
  ]);
  expect(
    states(
      { id: "connection", status: "running", parts: [part("tcp"), part("tls", "skipped")] },
      schemas,
    ),
  ).toEqual(["passed", "skipped", "running", "waiting"]);
  expect(
    states(
      { id: "connection", status: "running", parts: [part("tcp"), part("tls"), part("database")] },
      schemas,
    ),
  ).toEqual(["passed", "passed", "running", "waiting"]);
  expect(
    states(
      {
        id: "connection",
        status: "passed",
        parts: [part("tcp"), part("tls"), part("database"), part("redshift")],
      },
      schemas,
    ),
  ).toEqual(["passed", "passed", "passed", "running"]);
});

test("a broken stop is the only red one; what lies behind it waits", () => {
  const skipped = ["database", "redshift"].map((id) => part(id, "skipped"));
  expect(
    states(
      {
        id: "connection",
        status: "failed",
        parts: [part("tcp"), part("tls", "failed"), ...skipped],
      },
      { id: "schemas", status: "skipped" },
    ),
  ).toEqual(["passed", "failed", "waiting", "waiting"]);
});

test("what only needs attention is no break", () => {
  expect(states({ id: "schemas", status: "passed", parts: [part("list", "warned")] }).at(-1)).toBe(
    "passed",
  );
});

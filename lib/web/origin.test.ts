import { expect, test } from "vitest";
import { isOwnOrigin } from "@/lib/web/origin";

const base = "https://tidegate.example";

test.each([
  ["https://tidegate.example", true],
  ["https://tidegate.example:443", true],
  ["http://tidegate.example", false],
  ["https://tidegate.example:8443", false],
  ["https://www.tidegate.example", false],
  ["https://tidegate.example.evil.example", false],
  ["https://localhost", false],
])("of %s, where people use https://tidegate.example: %s", (origin, isOurs) => {
  expect(isOwnOrigin(origin, base)).toBe(isOurs);
});

test.each([
  ["http://localhost:3000", true],
  ["http://127.0.0.1:3000", true],
  ["http://[::1]:3000", true],
  ["http://127.0.0.1:3001", false],
  ["https://localhost:3000", false],
  ["http://localhost.evil.example:3000", false],
  ["http://rebound.example:3000", false],
])("of %s, where it runs on one's own machine: %s", (origin, isOurs) => {
  expect(isOwnOrigin(origin, "http://localhost:3000")).toBe(isOurs);
});

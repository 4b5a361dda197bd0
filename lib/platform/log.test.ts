import pino from "pino";
import { expect, test } from "vitest";
import { logOptions } from "@/lib/platform/log";

test("what a warehouse says can't begin a line of its own, nor colour a terminal", () => {
  const lines: string[] = [];
  const log = pino(
    { ...logOptions, level: "info" },
    { write: (text: string) => void lines.push(text) },
  );
  const hostile = 'x\n{"level":50,"msg":"all is well"}\r\u001b[31mred\u001b[0m\u0000\u2028';
  log.error({ err: new Error(hostile), table: hostile }, hostile);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toMatch(/[\n\r\u001b\u0000]/);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ table: hostile, msg: hostile });
});

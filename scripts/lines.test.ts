import { spawnSync } from "node:child_process";
import { afterEach, expect, test, vi } from "vitest";
import { passOn, say } from "./lines.mjs";
import { root } from "./ready.mjs";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
const printed = () => {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  return lines;
};
const NO_JSON = ['{"half": ', "plain", "{}x", "\u001b[31mred\u001b[0m"];

test("in production every line is one JSON object, whoever wrote it", () => {
  vi.stubEnv("NODE_ENV", "production");
  const lines = printed();
  say("\nTidegate is up: http://localhost:3000");
  say("Port 3000 is taken.\nChoose another.", "error");
  for (const line of [...NO_JSON, '{"level":30,"msg":"kept"}', "", "  "])
    passOn("web server", line);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 30, program: "launcher", msg: "Tidegate is up: http://localhost:3000" },
    { level: 50, program: "launcher", msg: "Port 3000 is taken.\nChoose another." },
    { level: 30, program: "web server", msg: '{"half":' },
    { program: "web server", msg: "plain" },
    { program: "web server", msg: "{}x" },
    { program: "web server", msg: "red" },
    { level: 30, msg: "kept" },
  ]);
});

test("at a terminal it is sentences", () => {
  vi.stubEnv("NODE_ENV", "development");
  const lines = printed();
  say("Starting the database …");
  passOn("worker", "ready");
  expect(lines).toEqual(["Starting the database …", "  ready"]);
});

test("what libraries and Node itself print in a program are lines too, to its last word", () => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { consoleAsLines } from "./scripts/lines.mjs";
       consoleAsLines("web server");
       console.log("a %s", "b"); console.error(new Error("bad")); console.warn("two\\nlines"); console.info("");
       process.emitWarning("old");
       setTimeout(() => { throw new Error("nobody caught this"); }, 20);`,
    ],
    { cwd: root, encoding: "utf8" },
  );
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { level: number; msg: string });
  expect(lines.map(({ level }) => level)).toEqual([30, 50, 40, 40, 60]);
  expect(lines.map(({ msg }) => msg.split("\n")[0])).toEqual([
    "a b",
    "Error: bad",
    "two",
    expect.stringContaining("Warning: old"),
    "Error: nobody caught this",
  ]);
  expect({ stderr, status }).toEqual({ stderr: "", status: 1 });
});

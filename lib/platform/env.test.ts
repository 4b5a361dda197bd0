import { expect, test } from "vitest";
import { parseEnv } from "@/lib/platform/env";

test("with nothing set it works, and empty strings count as not set", () => {
  expect(parseEnv({ PORT: "", DATABASE_URL: undefined })).toMatchObject({
    PORT: 3000,
    DATA_DIR: ".data",
  });
});

test.each([
  [{ PORT: "70000" }, "PORT"],
  [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL"],
  [{ ENCRYPTION_KEY: "short" }, "ENCRYPTION_KEY"],
  [{ SANDBOX: "yes" }, "SANDBOX"],
  [{ BASE_URL: "tidegate.example" }, "BASE_URL"],
])("%o is refused by name", (source, name) => {
  expect(() => parseEnv(source)).toThrow(`The setting ${name} is wrong`);
});

test("several keys are taken in order", () => {
  const a = Buffer.alloc(32, 1).toString("base64");
  const b = Buffer.alloc(32, 2).toString("base64");
  expect(parseEnv({ ENCRYPTION_KEY: `${a}, ${b}` }).ENCRYPTION_KEY).toEqual([a, b]);
});

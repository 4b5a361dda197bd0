import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveReferences } from "@/lib/platform/secret-reference";

const dir = mkdtempSync(join(tmpdir(), "tidegate-references-"));
const allowed = join(dir, "allowed");
beforeAll(() => {
  process.env.SECRET_REFERENCES = `env:TIDEGATE_SECRET_*,env:EXACTLY,file:${allowed}/*`;
  mkdirSync(allowed);
  process.env.TIDEGATE_SECRET_DB = "from the environment";
  process.env.EXACTLY = "exactly";
  process.env.EXACTLY_NOT = "no";
  writeFileSync(join(allowed, "password"), "from a file\n");
  writeFileSync(join(allowed, "key.pem"), "-----BEGIN\nKEY\n-----END\n");
  writeFileSync(join(allowed, "empty"), "\n");
  writeFileSync(join(allowed, "big"), "x".repeat(70_000));
  writeFileSync(join(dir, "outside"), "outside");
  symlinkSync(join(dir, "outside"), join(allowed, "link"));
  symlinkSync(join(allowed, "password"), join(allowed, "inner"));
});
afterAll(() => rmSync(dir, { recursive: true }));

test("references are replaced wherever they stand; everything else stays as it is", () => {
  const secret = {
    password: "env:TIDEGATE_SECRET_DB",
    otherPassword: "env:EXACTLY",
    tunnel: {
      privateKey: `file:${allowed}/key.pem`,
      passphrase: "",
      password: `file:${allowed}/inner`,
    },
    plain: "not-env:X",
    list: [`file:${allowed}/password`, 3, null],
  };
  expect(resolveReferences(secret)).toEqual({
    password: "from the environment",
    otherPassword: "exactly",
    tunnel: { privateKey: "-----BEGIN\nKEY\n-----END", passphrase: "", password: "from a file" },
    plain: "not-env:X",
    list: ["from a file", 3, null],
  });
});

test("a file that is changed out there holds at once", () => {
  writeFileSync(join(allowed, "moving"), "one");
  expect(resolveReferences(`file:${allowed}/moving`)).toBe("one");
  writeFileSync(join(allowed, "moving"), "two");
  expect(resolveReferences(`file:${allowed}/moving`)).toBe("two");
});

test.each([
  ["env:ENCRYPTION_KEY", "is not one that this Tidegate may read"],
  ["env:DATABASE_URL", "is not one that this Tidegate may read"],
  ["env:EXACTLY_NOT", "is not one that this Tidegate may read"],
  ["env:TIDEGATE_SECRET_MISSING", "isn't set"],
  ["file:/etc/passwd", "is not one that this Tidegate may read"],
  ["file:relative", "is not one that this Tidegate may read"],
  [() => `file:${allowed}/../outside`, "is not one that this Tidegate may read"],
  [() => `file:${allowed}/link`, "is not one that this Tidegate may read"],
  [() => `file:${allowed}/none`, "can't be read"],
  [() => `file:${allowed}`, "is not one that this Tidegate may read"],
  [() => `file:${allowed}/empty`, "is empty"],
  [() => `file:${allowed}/big`, "is larger than 64 KB"],
  [() => `file:${allowed}/a\0b`, "can't be read"],
] as const)("%s is refused in words", (reference, why) => {
  expect(() => resolveReferences(typeof reference === "string" ? reference : reference())).toThrow(
    why,
  );
});

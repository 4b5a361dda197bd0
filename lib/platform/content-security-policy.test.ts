import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { contentSecurityPolicy, SONNER_STYLES } from "./content-security-policy";

test("sonner's style sheet is the one that is allowed", () => {
  const source = readFileSync(
    createRequire(import.meta.url)
      .resolve("sonner")
      .replace(/\.js$/, ".mjs"),
    "utf8",
  );
  const [, css = ""] = /__insertCSS\(("(?:[^"\\]|\\.)*")\)/.exec(source) ?? [];
  expect(
    `sha256-${createHash("sha256")
      .update(JSON.parse(css) as string)
      .digest("base64")}`,
  ).toBe(SONNER_STYLES);
});

test("in production no script runs without the nonce, and nobody frames a page", () => {
  const policy = contentSecurityPolicy({ nonce: "abc", isHttps: true, isDev: false });
  const scripts = policy.split("; ").find((directive) => directive.startsWith("script-src "));
  expect(scripts).toBe("script-src 'nonce-abc' 'strict-dynamic'");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy.match(/unsafe-inline/g)).toHaveLength(1); // style attributes alone
  expect(policy).not.toContain("unsafe-eval");
});

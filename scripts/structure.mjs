// The tree's own rules: a domain folder has a small, closed set of file names, so one knows where a thing is before
// looking; no barrels; kebab-case. Prints what is wrong and exits 1.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./ready.mjs";

const words = [
  "schema",
  "rules",
  "data",
  "mutations",
  "loaders",
  "actions",
  "queries",
  "steps",
  "state",
  "types",
  "open",
  "secrets",
];
const notDomains = [
  "platform",
  "web",
  "connectors",
  "engine",
  "event",
  "jobs",
  "worker",
  "testing",
];
const topLevel = [
  "app",
  "components",
  "lib",
  "prisma",
  "e2e",
  "public",
  "sandbox",
  "bench",
  "docs",
  "scripts",
];
/** @type {string[]} */
const wrong = [];

for (const entry of readdirSync(root, { withFileTypes: true })) {
  if (
    entry.isDirectory() &&
    !entry.name.startsWith(".") &&
    entry.name !== "node_modules" &&
    !/^(test-results|playwright-report)$/.test(entry.name) &&
    !topLevel.includes(entry.name)
  )
    wrong.push(`${entry.name}/: not a folder of the house (${topLevel.join(", ")}).`);
}
for (const domain of readdirSync(join(root, "lib"), { withFileTypes: true })) {
  if (!domain.isDirectory() || notDomains.includes(domain.name)) continue;
  for (const file of readdirSync(join(root, "lib", domain.name))) {
    const word = file.replace(/(\.[a-z]+)?\.test\.ts$|\.ts$/, "");
    if (!words.includes(word))
      wrong.push(
        `lib/${domain.name}/${file}: a domain holds ${words.join(", ")} only. Put it where it belongs, or argue for a new word in docs/decisions.`,
      );
  }
}
for (const top of ["app", "components", "lib", "sandbox", "e2e", "bench", "scripts"]) {
  /** @type {string[]} */
  let files = [];
  try {
    files = readdirSync(join(root, top), { recursive: true, encoding: "utf8" });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
  }
  for (const file of files) {
    const name = file.split("/").at(-1) ?? "";
    if (/^index\.tsx?$/.test(name))
      wrong.push(`${top}/${file}: no barrels; import from the file itself.`);
    if (/\.(tsx?|mjs)$/.test(name) && !/^[a-z0-9.-]+$/.test(name))
      wrong.push(`${top}/${file}: write file names in kebab-case.`);
    if (/^(utils?|helpers?|common|managers?)(\.|$)/.test(name))
      wrong.push(`${top}/${file}: name it for what it does.`);
  }
}
if (wrong.length) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
console.log("structure: as the house wants it");

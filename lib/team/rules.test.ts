import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { grantableRoles, may, mayChangeMember, permissions, refusalOf } from "@/lib/team/rules";
import { roles } from "@/lib/team/types";

test("docs/team.md shows the table that the server goes by", () => {
  const lines = Object.entries(permissions).map(
    ([name, { roles: having, allows }]) =>
      `| ${allows} | \`${name}\` | ${roles.map((role) => ((having as readonly string[]).includes(role) ? "yes" : "–")).join(" | ")} |`,
  );
  const shown = readFileSync("docs/team.md", "utf8")
    .split("\n")
    .filter((line) => /^\| .* \| `/.test(line));
  expect(shown).toEqual(lines);
});

test("each role may do all that those below it may", () => {
  for (const permission of Object.keys(permissions) as (keyof typeof permissions)[]) {
    const having = roles.map((role) => may(role, permission));
    expect(having, permission).toEqual([...having].sort((a, b) => Number(b) - Number(a)));
    expect(may("owner", permission), permission).toBe(true);
  }
});

test("viewers change nothing, editors touch no credentials, admins make no owners", () => {
  const of = (role: (typeof roles)[number]) =>
    Object.keys(permissions).filter((permission) =>
      may(role, permission as keyof typeof permissions),
    );
  expect(of("viewer").filter((permission) => !permission.endsWith(".read"))).toEqual([
    "team.leave",
  ]);
  expect(of("editor")).toContain("credentials.use");
  expect(of("editor")).not.toContain("credentials.manage");
  expect(grantableRoles("admin")).toEqual(["admin", "editor", "viewer"]);
  expect(grantableRoles("owner")).toEqual(roles);
  expect(grantableRoles("editor")).toEqual([]);
  expect(mayChangeMember("admin", "owner")).toBe(false);
  expect(mayChangeMember("admin", "admin")).toBe(true);
  expect(mayChangeMember("editor", "viewer")).toBe(false);
  expect(refusalOf("viewer", "runs.start")).toBe(
    "Your role (viewer) does not allow this: start, retry and cancel runs. Ask an owner, admin or editor of the team.",
  );
});

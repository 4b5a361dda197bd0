// Everything that can be wrong between us and a warehouse: it is found at its own link of the way, in words of its own,
// with a next step, within 15 seconds.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toldOf, warehouseFaults, withoutNames, World } from "@/lib/testing/warehouse-faults";
import { stagesOf } from "./client";
import { redshiftConfigSchema } from "@/lib/connectors/redshift/spec";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const outcomes = new Map<string, string>();

describe.concurrent("each fault is found at its own link", () => {
  test.each(warehouseFaults)("$fault", async ({ fault, given, at, says, sql, sameAs }) => {
    const setting = await given(world);
    const results = await world.verify(setting);
    const [checkId = "", partId = ""] = at.split(" ");
    const { status, summary, remedy, statement } = toldOf(results, at);
    const warned = status === "warned";
    expect({ status, summary }).toEqual({
      status: warned ? "warned" : "failed",
      summary: expect.stringMatching(says) as string,
    });
    expect(summary).not.toMatch(/unknown error|refused a statement/i);
    expect(remedy?.text).toMatch(/^[A-Z].+[.:]$/);
    expect(statement).toBeTruthy();
    if (sql) expect(remedy?.sql).toMatch(sql);
    for (const { ms } of results) expect(ms ?? 0).toBeLessThan(15_000);
    for (const secret of [
      setting.password ?? world.warehouse.secret.password,
      ...Object.values(setting.ssh ?? {}),
    ].filter(Boolean))
      expect(JSON.stringify(results)).not.toContain(JSON.stringify(secret).slice(1, -1));
    if (!sameAs) outcomes.set(fault, `${at}: ${withoutNames(summary)}`);

    // what lies before it was passed (or wasn't needed), what lies behind says because of what it wasn't run
    if (checkId === "connection" && !warned) {
      const stages = stagesOf({ ...world.warehouse.config, ...setting });
      const states = results[0]?.parts?.map(({ status: state }) => state) ?? [];
      const link = stages.findIndex((stage) => stage === partId);
      expect(states).toHaveLength(stages.length + 1); // and whether another is let in
      expect(states.slice(0, link)).not.toContain("failed");
      expect(new Set(states.slice(link + 1))).toEqual(new Set(["skipped"]));
      expect(results.slice(1).map(({ status: state, summary: words }) => [state, words])).toEqual(
        [1, 2].map(() => ["skipped", "Not run because “Verifying Connection” failed."]),
      );
    } else
      expect(results.map(({ id, status: state }) => [id, state])).toEqual(
        ["connection", "schemas", "state-schema"].map((id) => [
          id,
          id === checkId && !warned ? "failed" : "passed",
        ]),
      );
  });
});

test("no two faults look alike", () => {
  expect(outcomes.size).toBe(warehouseFaults.filter(({ sameAs }) => !sameAs).length);
  expect(new Set(outcomes.values()).size).toBe(outcomes.size);
});

test("the form refuses what can't be a host before anything is tried", () => {
  for (const host of [
    "",
    "my cluster",
    "/var/run/postgresql",
    "jdbc:redshift://cluster.example:5439/dev",
    "a,b",
    "cluster%00",
  ]) {
    expect(
      redshiftConfigSchema.safeParse({ ...world.warehouse.config, host }).error?.issues[0]?.message,
    ).toMatch(/Enter the host name/);
    expect(
      redshiftConfigSchema.safeParse({
        ...world.warehouse.config,
        tunnel: { use: true, host, port: 22, user: "a" },
      }).error?.issues[0]?.message,
    ).toMatch(/Enter the host name of the SSH server/);
  }
});

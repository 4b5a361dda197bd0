// Logging in, the session, and the verification that a person sees.
import type { CheckUpdate } from "@/lib/connectors/contract/checks";
import { openRedshift } from "@/lib/connectors/redshift/session/client";
import { checkRedshift } from "@/lib/connectors/redshift/checks/checks";
import { failureOf, holds, same } from "./compare";
import type { Step } from "./step";

const CANCEL_AFTER_MS = 1_000;

/** Throws what a verification found to fail, with what it says to do. */
export async function allPassed(checks: AsyncIterable<CheckUpdate>): Promise<void> {
  const failed: string[] = [];
  for await (const { status, title, summary, serverText } of checks)
    if (status === "failed" || status === "skipped")
      failed.push([`${title}: ${summary}`, serverText].filter(Boolean).join(" "));
  if (failed.length > 0) throw new Error(failed.join(" · "));
}

export const loginSteps: Step[] = [
  {
    name: "logs in, stage by stage, and finds a Redshift",
    shapes: ["L1", "L2", "L3", "L4", "L5"],
    run: async ({ settings: { login }, signal }) => {
      const reached: string[] = [];
      const session = await openRedshift(
        login.config,
        login.secret,
        { statementTimeoutMs: 60_000, onStage: (stage) => void reached.push(stage) },
        signal,
      );
      try {
        same("the last stages", reached.slice(-3), ["login", "database", "redshift"]);
        const [row] = await session.query("SELECT current_database()", signal);
        same("the database", row, [login.config.database]);
      } finally {
        await session.close();
      }
    },
  },
  {
    name: "texts are exact: UTC, ISO dates, all digits",
    shapes: ["L3", "P7"],
    run: async ({ settings: { login }, open, signal }) => {
      const session = await open(login);
      try {
        const [row = []] = await session.query(
          "SELECT CAST('2026-03-29 01:30:00+02' AS timestamptz), CAST('2026-03-09' AS date), CAST(0.1 AS double precision) + CAST(0.2 AS double precision)",
          signal,
        );
        same("the instant", row[0], "2026-03-28 23:30:00+00");
        same("the day", row[1], "2026-03-09");
        same("the float", Number(row[2]), 0.1 + 0.2);
      } finally {
        await session.close();
      }
    },
  },
  {
    name: "a statement is cancelled, and its session goes on",
    shapes: ["L8"],
    run: async ({ settings: { login }, open, signal }) => {
      const session = await open(login);
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(CANCEL_AFTER_MS)]);
        const endless =
          "SELECT COUNT(*) FROM pg_catalog.pg_attribute a, pg_catalog.pg_attribute b, pg_catalog.pg_attribute c, pg_catalog.pg_attribute d";
        await failureOf("a statement that takes hours", session.query(endless, limit));
        same("the next statement", await session.query("SELECT 1", signal), [["1"]]);
      } finally {
        await session.close();
      }
    },
  },
  {
    name: "a transaction that fails leaves nothing",
    shapes: ["L6"],
    run: async (world) => {
      const session = await world.open(world.owner);
      const table = world.in("taken_back");
      try {
        const work = session.transaction(async () => {
          await session.query(`CREATE TABLE ${table} (id integer)`, world.signal);
          throw new Error("on purpose");
        }, world.signal);
        await failureOf("a transaction", work);
        const found = await session.query(
          `SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = '${world.schema}' AND tablename = 'taken_back'`,
          world.signal,
        );
        same("its table", found, [["0"]]);
      } finally {
        await session.close();
      }
    },
  },
  {
    name: "every check of a source passes",
    shapes: ["V1", "V2", "V3", "V4", "V5", "V6", "V7"],
    run: ({ settings: { login }, signal }) =>
      allPassed(checkRedshift(login.config, login.secret, signal)),
  },
  {
    name: "a wrong password is refused as one",
    shapes: ["L1"],
    run: async ({ settings: { login }, open }) => {
      const secret = { ...login.secret, password: "Wrong-1-password" };
      const config = { ...login.config, iam: { ...login.config.iam, use: false } };
      const error = await failureOf("a wrong password", open({ config, secret }));
      holds("what is said names the password", /password/i.test(String(error)));
    },
  },
];

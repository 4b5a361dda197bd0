// What came of it, for the screen and for an issue. Neither has a host, a user, a database, a bucket or a secret.
import { createHash } from "node:crypto";
import { withoutSecrets } from "@/lib/platform/errors";
import type { Leftover } from "./clean-up";
import type { Facts } from "./facts";
import type { Outcome } from "./step";
import type { World } from "./world";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Takes out of a text whatever tells whose warehouse it is. */
export function maskOf({ settings, secrets }: World): (text: string) => string {
  const { login, admin, second, staging } = settings;
  const { host, database } = login.config;
  const digest = createHash("sha256").update(host).digest("hex").slice(0, 8);
  const names: [string | undefined, string][] = [
    [host, `host-${digest}`],
    [admin?.config.host, `host-${digest}`],
    [staging?.config.roleArn, "<role>"],
    [staging?.config.endpoint, "<endpoint>"],
    [staging?.config.bucket, "<bucket>"],
    [login.config.user, "<user>"],
    [admin?.config.user, "<admin>"],
    [second?.config.user, "<second>"],
    [database, "<database>"],
  ];
  return (text) => {
    // the longest first: a bucket's name may hold a user's
    const rules = names
      .filter((rule): rule is [string, string] => Boolean(rule[0]))
      .sort(([a], [b]) => b.length - a.length);
    const named = rules.reduce(
      (masked, [name, sign]) =>
        masked.replace(new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w-])`, "g"), sign),
      withoutSecrets(text, secrets),
    );
    return named.replace(/(?<![\w.])\d{1,3}(\.\d{1,3}){3}(?![\w.])/g, "<address>");
  };
}

const summaryOf = (outcomes: readonly Outcome[]): string => {
  const count = (result: Outcome["result"]) =>
    outcomes.filter((outcome) => outcome.result === result).length;
  return `${count("held")} held, ${count("failed")} failed, ${count("skipped")} skipped`;
};

/** One line of the screen for a step that has ended. */
export function lineOf({ name, result, because, seconds }: Outcome): string {
  const words = { held: "held   ", failed: "FAILED ", skipped: "skipped" };
  const reason = because === "" ? "" : `\n          ${because.replaceAll("\n", "\n          ")}`;
  return `${words[result]} ${seconds.toFixed(1).padStart(6)} s  ${name}${reason}`;
}

export const closingLines = (outcomes: readonly Outcome[], left: readonly Leftover[]): string[] => [
  "",
  `${summaryOf(outcomes)}.`,
  ...(left.length === 0 ? ["Nothing is left behind."] : ["Left behind:"]),
  ...left.map(({ what, because, remedy }) => `- ${what}: ${because}\n  ${remedy}`),
];

const cell = (text: string): string => text.replaceAll("|", "\\|").replace(/\s+/g, " ").trim();

/** Markdown, to be attached to an issue. Every text went through the mask. */
export function reportOf(
  facts: Facts,
  outcomes: readonly Outcome[],
  left: readonly Leftover[],
  mask: (text: string) => string,
  at: string,
): string {
  const shown = (text: string) => cell(mask(text));
  const lines = [
    "# Proof of Tidegate on Redshift",
    "",
    `${at}: ${summaryOf(outcomes)}.`,
    "",
    "| fact | value |",
    "|---|---|",
    ...facts.map(({ name, value }) => `| ${name} | ${shown(value)} |`),
    "",
    "Shapes are those of docs/redshift-sql.md.",
    "",
    "| step | shapes | result | seconds |",
    "|---|---|---|---|",
    ...outcomes.map(({ name, shapes, result, because, seconds }) => {
      const reason = because === "" ? "" : `: ${shown(because)}`;
      return `| ${cell(name)} | ${shapes.join(" ")} | ${result}${reason} | ${seconds} |`;
    }),
    "",
    left.length === 0 ? "Nothing was left behind." : "Left behind:",
    ...left.map(({ what, because }) => `- ${shown(what)}: ${shown(because)}`),
    "",
  ];
  return lines.join("\n");
}

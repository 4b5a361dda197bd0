import pino, { type LoggerOptions } from "pino";
import { logLevel } from "@/lib/platform/env";

/** How it is written: what a name or an error holds stays inside its JSON text, line ends and colours of a terminal too. */
export const logOptions: LoggerOptions = {
  level: logLevel(),
  base: undefined,
  timestamp: pino.stdTimeFunctions.isoTime,
  redact: {
    paths: [
      "password",
      "*.password",
      "secret",
      "*.secret",
      "writeKey",
      "*.writeKey",
      "authorization",
      "*.authorization",
    ],
    censor: "***",
  },
};

/** The log of both programs: one JSON object a line on stdout. Secrets never reach it: errors are redacted where they arise. */
export const log = pino(logOptions);

/** Has what Node itself would print, warnings and what nobody caught, written as lines of the log. */
export function logProcess(): void {
  process.removeAllListeners("warning");
  process.on("warning", (warning) => log.warn({ err: warning }, "warning"));
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "nobody caught this");
    process.exit(1);
  });
}

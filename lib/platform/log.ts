import pino from "pino";
import { logLevel } from "@/lib/platform/env";

/** The log of both programs: one JSON object a line on stdout. Secrets never reach it: errors are redacted where they arise. */
export const log = pino({
  level: logLevel(),
  base: undefined,
  timestamp: pino.stdTimeFunctions.isoTime,
  redact: { paths: ["password", "*.password", "secret", "*.secret", "writeKey", "*.writeKey", "authorization", "*.authorization"], censor: "***" },
});

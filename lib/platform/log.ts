import pino from "pino";

/** The log of both programs: one JSON object a line on stdout. Secrets never reach it: errors are redacted where they arise. */
export const log = pino({
  base: undefined,
  timestamp: pino.stdTimeFunctions.isoTime,
  redact: { paths: ["password", "*.password", "secret", "*.secret", "writeKey", "*.writeKey", "authorization", "*.authorization"], censor: "***" },
});

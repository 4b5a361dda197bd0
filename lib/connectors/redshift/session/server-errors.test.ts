import { expect, test } from "vitest";
import { noTunnel } from "@/lib/connectors/ssh/spec";
import { diagnose } from "./errors";
import { isConflictCode } from "./server-errors";

const context = {
  host: "cluster.example",
  port: 5439,
  database: "dev",
  user: "loader",
  tunnel: noTunnel,
};
const serverError = (message: string, detail = "", code = "XX000") =>
  Object.assign(new Error(message), { code, detail });
/** The form in which Redshift reports errors of its own code numbers. */
const numbered = (error: string, code: number, context: string) =>
  serverError(
    error,
    `\n  -----------------------------------------------\n  error:  ${error}\n  code:      ${code}\n  context:   ${context}\n  query:     1005177\n  location:  queryabort.hpp:103\n  -----------------------------------------------\n`,
  );

test.each([
  [
    "1023",
    serverError("1023", "Serializable isolation violation on table - 123, transactions: 1, 2"),
  ],
  ["CONFLICT", serverError("could not complete because of conflict with concurrent transaction")],
  ["RELATION_REPLACED", serverError("could not open relation with OID 6134794")],
  ["RELATION_REPLACED", serverError("table 3379442 dropped by concurrent transaction")],
  ["RELATION_REPLACED", serverError("cache lookup failed for relation 3379442")],
  ["RELATION_NOT_IN_SNAPSHOT", serverError("1018", "Relation does not exist.")],
])("%s is a conflict: transient, and tried again", (code, error) => {
  const diagnosis = diagnose(error, context);
  expect(diagnosis.code).toBe(code);
  expect(diagnosis.fault).toBe("transient");
  expect(isConflictCode(diagnosis.code)).toBe(true);
});

test.each([
  ["QUERY_ABORTED", numbered("abort query", 1020, "system requested abort"), "rule"],
  ["DISK_FULL", numbered("Disk Full", 1016, "node: 3"), "VACUUM"],
  ["OUT_OF_RESOURCES", serverError("Insufficient system resources"), "nodes"],
  [
    "TOO_MANY_COLUMNS",
    serverError("tables can have at most 1600 columns", "", "54011"),
    "fewer columns",
  ],
  [
    "PROTECTED_BY_POLICY",
    serverError("relation is protected by RLS", "", "0A000"),
    "enable_case_sensitive_identifier",
  ],
])("%s is for somebody to fix, and says what to do", (code, error, hint) => {
  const diagnosis = diagnose(error, context);
  expect(diagnosis.code).toBe(code);
  expect(diagnosis.fault).toBe("user-fixable");
  expect(diagnosis.remedy?.text).toContain(hint);
  expect(isConflictCode(diagnosis.code)).toBe(false);
});

test("a resize is waited for, as a paused warehouse is", () => {
  const diagnosis = diagnose(
    serverError("Cannot execute write query because system is in resize mode"),
    context,
  );
  expect(diagnosis).toMatchObject({ code: "RESIZING", fault: "transient", away: true });
});

test("the limit of a user is no outage, the cluster's own is", () => {
  const ofUser = diagnose(serverError('too many connections for user "ada"', "", "53300"), context);
  expect(ofUser).toMatchObject({ code: "CONNECTION_LIMIT", fault: "transient" });
  expect(ofUser.away).toBeUndefined();
  const ofAll = serverError('connection limit "500" exceeded for non-bootstrap users');
  expect(diagnose(ofAll, context)).toMatchObject({ code: "53300", fault: "transient", away: true });
});

test.each([
  ["a relation of that name", serverError('relation "disk full" does not exist', "", "42P01")],
  ["another internal error", serverError("Assert")],
])("%s is none of them", (_, error) => {
  expect(diagnose(error, context).code).toBe(error.code);
});

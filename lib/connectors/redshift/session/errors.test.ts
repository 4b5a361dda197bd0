import { expect, test } from "vitest";
import { TunnelError } from "@/lib/connectors/ssh/errors";
import { noTunnel } from "@/lib/connectors/ssh/spec";
import { diagnose, DriverError, hostProblem, toSyncError } from "./errors";

const context = {
  host: "cluster.example",
  port: 5439,
  database: "dev",
  user: 'o"neil',
  tunnel: noTunnel,
};
const coded = (code: string, message = "server text", detail?: string) =>
  Object.assign(new Error(message), { code, ...(detail && { detail }) });

test.each([
  ["ENOTFOUND", coded("ENOTFOUND"), "user-fixable", "no host named “cluster.example”"],
  ["EAI_AGAIN", coded("EAI_AGAIN"), "transient", "can't be looked up"],
  ["ECONNREFUSED", coded("ECONNREFUSED"), "transient", "cluster.example:5439 refuses"],
  ["ETIMEDOUT", coded("ETIMEDOUT"), "transient", "Nothing answers"],
  ["own time limit", new DriverError("CONNECT_TIMEOUT", "timeout"), "transient", "Nothing answers"],
  [
    "own time limit, after the first answer",
    new DriverError("LOGIN_TIMEOUT", "timeout"),
    "transient",
    "within 10 seconds",
  ],
  ["reset", coded("ECONNRESET"), "transient", "was lost"],
  [
    "pg's end of connection",
    new Error("Connection terminated unexpectedly"),
    "transient",
    "was lost",
  ],
  [
    "TLS required by the server",
    coded("28000", 'no pg_hba.conf entry for host "::1", user "x", database "dev", SSL off'),
    "user-fixable",
    "encrypted connections only",
  ],
  [
    "TLS not offered",
    new DriverError("TLS_NOT_OFFERED", "no"),
    "user-fixable",
    "doesn't offer encryption",
  ],
  ["self-signed", coded("DEPTH_ZERO_SELF_SIGNED_CERT"), "user-fixable", "trusted here"],
  ["unknown authority", coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "user-fixable", "trusted here"],
  ["wrong name", coded("ERR_TLS_CERT_ALTNAME_INVALID"), "user-fixable", "not for the name"],
  ["expired", coded("CERT_HAS_EXPIRED"), "user-fixable", "has expired"],
  ["not TLS", coded("ERR_SSL_WRONG_VERSION_NUMBER"), "user-fixable", "doesn't speak TLS"],
  [
    "not the protocol",
    new DriverError("NOT_POSTGRES", "unknown message"),
    "user-fixable",
    "doesn't speak Redshift's protocol",
  ],
  [
    "another product",
    new DriverError("NOT_REDSHIFT", "PostgreSQL 18.4 on x86_64"),
    "user-fixable",
    "it calls itself PostgreSQL 18.4.",
  ],
  [
    "a hash of another kind",
    new DriverError("DIGEST_UNKNOWN", "digest algorithm 1"),
    "user-fixable",
    "it knows MD5 and SHA-256",
  ],
  [
    "a login of another kind",
    new DriverError("LOGIN_UNKNOWN", "authentication type 14"),
    "user-fixable",
    "doesn't know (authentication type 14)",
  ],
  ["wrong password", coded("28P01"), "user-fixable", 'refused the user “o"neil” or its password'],
  ["wrong password, Redshift's code", coded("28000"), "user-fixable", "refused the user"],
  ["unknown database", coded("3D000"), "user-fixable", "no database named “dev”"],
  ["no schema", coded("3F000"), "user-fixable", "schema doesn't exist"],
  ["no table", coded("42P01"), "user-fixable", "table doesn't exist"],
  [
    "not allowed",
    coded("42501", "permission denied for relation t"),
    "user-fixable",
    "isn't allowed",
  ],
  [
    "not allowed, of our own tables",
    coded("42501", "permission denied for relation tidegate_state_0f"),
    "user-fixable",
    "kept in “_rudderstack”",
  ],
  [
    "conflict",
    coded("XX000", "1023", "Serializable isolation violation on table - 100123"),
    "transient",
    "same time",
  ],
  [
    "conflict, in one text",
    coded("XX000", "ERROR:1023 DETAIL: Serializable isolation violation on table in Redshift"),
    "transient",
    "same time",
  ],
  ["ended by the administrator", coded("57P01"), "transient", "was lost"],
  ["connection failure", coded("08006"), "transient", "was lost"],
  [
    "time limit of a statement",
    coded("57014", "Query (150) canceled on user's request"),
    "user-fixable",
    "longer than allowed",
  ],
  ["anything else", coded("22012", "division by zero"), "terminal", "refused a statement"],
  ["no Error at all", "odd", "terminal", "refused a statement"],
] as const)("%s", (_, error, fault, sentence) => {
  const diagnosis = diagnose(error, context);
  expect(diagnosis).toMatchObject({ fault, message: expect.stringContaining(sentence) as string });
  if (fault === "user-fixable") expect(diagnosis.remedy?.text).toBeTruthy();
});

test("a warehouse that is away is waited for; what is wrong with us or with a statement isn't that", () => {
  const waitsFor = (error: unknown) => toSyncError(diagnose(error, context)).detail.waitsFor;
  for (const code of [
    "ECONNREFUSED",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "EAI_AGAIN",
    "ECONNRESET",
    "53300",
    "57P01",
    "57P03",
    "08001",
    "08006",
  ])
    expect([code, waitsFor(coded(code))]).toEqual([code, "warehouse"]);
  expect(waitsFor(new DriverError("CONNECT_TIMEOUT", "timeout"))).toBe("warehouse");
  expect(waitsFor(new Error("Connection terminated unexpectedly"))).toBe("warehouse");
  expect(waitsFor(new TunnelError("TUNNEL_NO_ANSWER", "timeout"))).toBe("warehouse");
  for (const error of [
    coded("ENOTFOUND"),
    coded("28P01"),
    coded("57014"),
    coded("XX000", "1023"),
    coded("40001"),
    new TunnelError("TUNNEL_USER_REFUSED", "no"),
    coded("22012"),
  ])
    expect(waitsFor(error)).toBeUndefined();
});

test("a name that has 1023 in it is no conflict", () => {
  expect(diagnose(coded("XX000", "Column 1023 is odd"), context).fault).toBe("terminal");
});

test("no secret comes through, nor does one get into the MD5 remedy", () => {
  const diagnosis = diagnose(coded("28000", "password S3cret!x refused", "S3cret!x"), context, [
    "S3cret!x",
  ]);
  expect(JSON.stringify(diagnosis)).not.toContain("S3cret!x");
  expect(toSyncError(diagnosis)).toMatchObject({
    name: "SyncError",
    fault: "user-fixable",
    detail: { code: "28000", serverText: "password *** refused ***" },
  });
  expect(
    diagnose(new DriverError("DIGEST_UNKNOWN", "digest algorithm 1"), context, ["S3cret!x"]).remedy
      ?.sql,
  ).toBe(
    `SELECT 'md5' || MD5('<password>' || 'o"neil');\nALTER USER "o""neil" PASSWORD 'md5<hash>';`,
  );
});

test("what is no host name is told apart from a whole address", () => {
  for (const host of [
    "cluster.abc123.eu-central-1.redshift.amazonaws.com",
    "localhost.",
    "127.0.0.1",
    "::1",
    "lager_1",
    "müller.example",
  ])
    expect([host, hostProblem(host)]).toEqual([host, null]);
  for (const host of [
    "jdbc:redshift://cluster:5439/dev",
    "postgres://cluster/dev",
    "cluster.example:5439",
    "cluster.example:5439/dev",
  ])
    expect([host, hostProblem(host)]).toEqual([host, "HOST_IS_ADDRESS"]);
  for (const host of ["/var/run/postgresql", "my cluster", "a,b", "cluster%00", "-x", ""])
    expect([host, hostProblem(host)]).toEqual([host, "HOST_UNREADABLE"]);
});

test("a host with a character that nobody sees shows its code, and one that is cut isn't cut in two", () => {
  const said = (host: string) =>
    diagnose(new DriverError("HOST_UNREADABLE", ""), { ...context, host }).message;
  expect(said("cluster\u200b.example")).toBe("“cluster⟨U+200B⟩.example” can't be a host name.");
  expect(said(`${"x".repeat(79)}😀`)).toBe(`“${"x".repeat(79)}” can't be a host name.`);
});

test("what a server says is made storable", () => {
  const { serverText } = diagnose(new Error("no\0 such \uD83D"), context);
  expect(serverText).toBe("no␀ such \uFFFD");
});

test("several addresses of one name, each refused: the outer error has no words of its own", () => {
  const error = Object.assign(
    new AggregateError([
      new Error("connect ECONNREFUSED ::1:5439"),
      new Error("connect ECONNREFUSED 127.0.0.1:5439"),
    ]),
    { code: "ECONNREFUSED" },
  );
  expect(diagnose(error, context)).toMatchObject({
    code: "ECONNREFUSED",
    serverText: "Error: connect ECONNREFUSED ::1:5439; Error: connect ECONNREFUSED 127.0.0.1:5439",
  });
});

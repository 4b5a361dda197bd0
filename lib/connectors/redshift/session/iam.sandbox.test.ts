// Logins that AWS hands out, against a stand-in of the two API calls, and a warehouse that takes what it hands out.
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { checkConnection } from "@/lib/connectors/redshift/checks/checks";
import { openRedshift } from "./client";
import { identifier, literal } from "@/lib/connectors/redshift/quote";
import { noIam, type RedshiftConfig } from "@/lib/connectors/redshift/spec";

let warehouse: Warehouse;
let api: Server;
const asked: { body: string; authorization: string; action: string }[] = [];
type Answer = { status: number; body: string };
let answer: (action: string) => Promise<Answer>;
const kept = { ...process.env };

beforeAll(async () => {
  warehouse = await openWarehouse();
  api = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const action =
        new URLSearchParams(body).get("Action") ?? String(request.headers["x-amz-target"]);
      asked.push({ body, authorization: request.headers.authorization ?? "", action });
      void answer(action).then(({ status, body: text }) =>
        response
          .writeHead(status, {
            "content-type": text.startsWith("<") ? "text/xml" : "application/x-amz-json-1.1",
          })
          .end(text),
      );
    });
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  const address = api.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_REDSHIFT: url,
    AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS: url,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_CONFIG_FILE: "/dev/null",
  });
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"])
    Reflect.deleteProperty(process.env, name);
});
afterEach(() => {
  asked.length = 0;
});
afterAll(async () => {
  for (const name of Object.keys(process.env))
    if (!(name in kept)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, kept);
  api.close();
  await warehouse.drop();
});

/** A password that lets in once it was handed out, as AWS makes them. */
async function temporaryPassword(): Promise<string> {
  const password = `Tmp1${randomBytes(16).toString("hex")}`;
  await warehouse.admin(
    `ALTER USER ${identifier(warehouse.config.user)} PASSWORD ${literal(password)}`,
  );
  return password;
}
const ofCluster = (user: string, password: string): Answer => ({
  status: 200,
  body: `<GetClusterCredentialsResponse xmlns="http://redshift.amazonaws.com/doc/2012-12-01/"><GetClusterCredentialsResult><DbUser>${user}</DbUser><DbPassword>${password}</DbPassword><Expiration>2030-01-01T00:00:00Z</Expiration></GetClusterCredentialsResult></GetClusterCredentialsResponse>`,
});
const ofWorkgroup = (user: string, password: string): Answer => ({
  status: 200,
  body: JSON.stringify({
    dbUser: user,
    dbPassword: password,
    expiration: 1_900_000_000,
    nextRefreshTime: 1_900_000_000,
  }),
});
const xmlError = (code: string): Answer => ({
  status: 403,
  body: `<ErrorResponse xmlns="http://redshift.amazonaws.com/doc/2012-12-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>said by AWS</Message></Error></ErrorResponse>`,
});

const secret = { password: "", secretAccessKey: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" };
const iam = (of: "cluster" | "workgroup"): RedshiftConfig => ({
  ...warehouse.config,
  iam: {
    use: true,
    of,
    name: "analytics",
    region: "eu-central-1",
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  },
});

async function whoAmI(config: RedshiftConfig): Promise<unknown> {
  const session = await openRedshift(config, secret, { statementTimeoutMs: 10_000 }, never);
  try {
    return (await session.query("SELECT current_user", never))[0]?.[0];
  } finally {
    await session.close();
  }
}
async function refusalOf(
  config: RedshiftConfig,
  used: { password: string; secretAccessKey?: string } = secret,
) {
  for await (const { status, summary, parts, remedy } of checkConnection(config, used, never))
    if (status === "failed")
      return {
        summary,
        remedy: remedy?.text ?? "",
        at: parts?.find((part) => part.status === "failed")?.id,
      };
  return null;
}

test("a cluster's user logs in with what AWS hands out at each login; the call is signed, and asks for that user and database alone", async () => {
  answer = async () => ofCluster(warehouse.config.user, await temporaryPassword());
  for (let time = 0; time < 2; time += 1)
    expect(await whoAmI(iam("cluster"))).toBe(warehouse.config.user);
  expect(asked.map(({ action }) => action)).toEqual([
    "GetClusterCredentials",
    "GetClusterCredentials",
  ]);
  const call = new URLSearchParams(asked[0]?.body);
  expect(Object.fromEntries(call)).toMatchObject({
    ClusterIdentifier: "analytics",
    DbUser: warehouse.config.user,
    DbName: warehouse.config.database,
    AutoCreate: "false",
    DurationSeconds: "900",
  });
  expect(asked[0]?.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/redshift\/aws4_request/,
  );
  expect(JSON.stringify(asked)).not.toContain(secret.secretAccessKey);
});

test("a workgroup's user follows from the identity: another one entered is told which it is", async () => {
  answer = async () => ofWorkgroup(warehouse.config.user, await temporaryPassword());
  expect(await whoAmI(iam("workgroup"))).toBe(warehouse.config.user);
  expect(asked[0]?.action).toBe("RedshiftServerless.GetCredentials");
  expect(JSON.parse(asked[0]?.body ?? "")).toEqual({
    workgroupName: "analytics",
    dbName: warehouse.config.database,
    durationSeconds: 900,
  });
  answer = async () => ofWorkgroup("IAMR:Other", "x");
  expect(await refusalOf(iam("workgroup"))).toMatchObject({
    summary: `IAM logs in as “IAMR:Other”, not as “${warehouse.config.user}”.`,
    at: "login",
  });
});

test.each([
  ["AccessDenied", "IAM doesn't let this identity log in"],
  ["ClusterNotFound", "AWS knows no cluster or workgroup"],
  ["InvalidClientTokenId", "The access key id is not known"],
  ["SignatureDoesNotMatch", "The secret access key is not the one"],
  ["ExpiredToken", "The temporary keys that this machine has"],
])("%s has its own words and stands at the login, and no secret is in them", async (code, says) => {
  answer = async () => xmlError(code);
  const refusal = await refusalOf(iam("cluster"));
  expect(refusal).toMatchObject({ at: "login" });
  expect(refusal?.summary).toContain(says);
  expect(JSON.stringify(refusal)).not.toContain(secret.secretAccessKey);
});

test("the machine's own identity is used for endpoints of AWS alone, so that no password of another cluster is sent to a host that somebody entered", async () => {
  answer = async () => ofCluster("rudder", "Never1Given");
  const own: RedshiftConfig = {
    ...iam("cluster"),
    iam: { ...noIam, use: true, name: "analytics", region: "eu-central-1" },
  };
  expect(await refusalOf(own, { password: "" })).toMatchObject({
    at: "login",
    summary: expect.stringContaining("isn't an endpoint of Redshift") as string,
  });
  expect(asked).toEqual([]);
  const endpoint = { ...own, host: "analytics.abc123.eu-central-1.redshift.amazonaws.com" };
  expect(await refusalOf(endpoint, { password: "" })).toMatchObject({
    at: "login",
    summary: "This machine has no keys for AWS of its own.",
  });
});

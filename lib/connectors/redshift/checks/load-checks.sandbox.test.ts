// “Verifying Destination”: what each of the nine checks says when all is right, and when one thing is not.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import { destinationConnector } from "@/lib/connectors/registry";
import type { StagingConfig } from "@/lib/connectors/s3/spec";
import {
  denyS3,
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { loadDefaults } from "@/lib/connectors/redshift/spec";

let warehouse: Warehouse;
let staging: ReturnType<typeof openStaging>;

beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());
beforeEach(() => {
  staging = openStaging();
});
afterEach(() => denyS3([]));

const titles = [
  "Connection",
  "CREATE on database",
  "TEMPORARY on database",
  "USAGE on schema",
  "CREATE on schema",
  "Write to S3",
  "COPY from S3",
  "Upsert",
  "Clean up",
];
async function check(
  change: {
    staging?: Partial<StagingConfig>;
    secretAccessKey?: string;
    schema?: string;
    password?: string;
  } = {},
): Promise<CheckResult[]> {
  const destination = await destinationConnector(
    "redshift",
    {
      connection: warehouse.config,
      staging: { ...staging.config, ...change.staging },
      tables: { ...loadDefaults, targetSchema: change.schema ?? warehouse.schema },
    },
    {
      connection: { password: change.password ?? warehouse.secret.password },
      staging: { secretAccessKey: change.secretAccessKey ?? staging.secret.secretAccessKey },
    },
  );
  const results: CheckResult[] = [];
  for await (const { status, ...update } of destination.check(never))
    if (status !== "running") results.push({ ...update, status });
  await destination.close();
  expect(results.map(({ title }) => title)).toEqual(titles);
  // no secret in anything that is told
  for (const word of [staging.secret.secretAccessKey, warehouse.secret.password])
    expect(JSON.stringify(results)).not.toContain(word);
  return results;
}
const outcomes = (results: CheckResult[]) =>
  results.map(({ status }) => ({ passed: "+", failed: "-", skipped: "0" })[status]).join("");
const of = (results: CheckResult[], title: string) =>
  results.find((result) => result.title === title)!;
const leftovers = async () => [
  (await staging.bucket.list(staging.config.prefix, never)).length,
  (
    await warehouse.admin(
      "SELECT tablename FROM pg_catalog.pg_tables WHERE LEFT(tablename, 15) = '_tidegate_check'",
    )
  ).length,
];

test("all nine pass, as a role and with keys, and nothing is left", async () => {
  for (const access of ["role", "keys"] as const) {
    const results = await check({ staging: { access } });
    expect(
      outcomes(results),
      JSON.stringify(
        results.filter(({ status }) => status !== "passed"),
        null,
        1,
      ),
    ).toBe("+++++++++");
    expect(of(results, "COPY from S3").parts?.map(({ status }) => status)).toEqual([
      "passed",
      "passed",
      "passed",
    ]);
    for (const { ms } of results) expect(ms).toBeGreaterThanOrEqual(0);
    expect(await leftovers()).toEqual([0, 0]);
  }
});

test("each missing privilege is named with the one statement that grants it, and hides no other check", async () => {
  const { config, schema, admin } = warehouse;
  const revoked: [title: string, revoke: string, grant: string, outcome: string][] = [
    [
      "CREATE on database",
      `REVOKE CREATE ON DATABASE ${config.database} FROM "${config.user}"`,
      `GRANT CREATE ON DATABASE ${config.database} TO "${config.user}";`,
      "+-+++++++",
    ],
    [
      "USAGE on schema",
      `REVOKE USAGE ON SCHEMA ${schema} FROM "${config.user}"`,
      `GRANT USAGE ON SCHEMA ${schema} TO "${config.user}";`,
      "+++-0+00+",
    ],
    [
      "CREATE on schema",
      `REVOKE CREATE ON SCHEMA ${schema} FROM "${config.user}"`,
      `GRANT CREATE ON SCHEMA ${schema} TO "${config.user}";`,
      "++++-+00+",
    ],
  ];
  for (const [title, revoke, grant, outcome] of revoked) {
    await admin(revoke);
    const results = await check();
    expect(outcomes(results), title).toBe(outcome);
    expect(of(results, title).remedy?.sql).toBe(grant);
    await admin(grant);
  }
  expect(outcomes(await check())).toBe("+++++++++");
  expect(await leftovers()).toEqual([0, 0]);
});

test("TEMPORARY through PUBLIC counts; without it the grant is offered", async () => {
  const { config, admin } = warehouse;
  await admin(`REVOKE TEMPORARY ON DATABASE ${config.database} FROM "${config.user}"`);
  expect(of(await check(), "TEMPORARY on database").status).toBe("passed");
  await admin(`REVOKE TEMPORARY ON DATABASE ${config.database} FROM PUBLIC`);
  const results = await check();
  expect(outcomes(results)).toBe("++-+++00+");
  expect(of(results, "TEMPORARY on database").remedy?.sql).toBe(
    `GRANT TEMPORARY ON DATABASE ${config.database} TO "${config.user}";`,
  );
  await admin(`GRANT TEMPORARY ON DATABASE ${config.database} TO PUBLIC`);
});

test("a schema that isn't there: made by the first load where the user may, else the statements that make it", async () => {
  const { config, admin } = warehouse;
  expect(outcomes(await check({ schema: `later "x"` }))).toBe("+++++++++");
  expect(
    await admin("SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE LEFT(nspname, 5) = 'later'"),
  ).toEqual([["0"]]);
  await admin(`REVOKE CREATE ON DATABASE ${config.database} FROM "${config.user}"`);
  const results = await check({ schema: "later" });
  expect(outcomes(results)).toBe("+-+-0+00+");
  expect(of(results, "USAGE on schema").remedy?.sql).toBe(
    `CREATE SCHEMA IF NOT EXISTS later;\nGRANT USAGE ON SCHEMA later TO "${config.user}";\nGRANT CREATE ON SCHEMA later TO "${config.user}";`,
  );
  await admin(`GRANT CREATE ON DATABASE ${config.database} TO "${config.user}"`);
});

test.each([
  [
    "a bucket that isn't there",
    { staging: { bucket: "no-such-bucket-here" } },
    "Write to S3",
    "There is no bucket named “no-such-bucket-here”.",
    "+++++-000",
  ],
  [
    "another region",
    { staging: { region: "eu-west-3" } },
    "Write to S3",
    /isn't in the region eu-west-3|is in us-east-1, not in eu-west-3/,
    "+++++-000",
  ],
  [
    "an unknown key",
    { staging: { accessKeyId: "AKIAUNKNOWN" } },
    "Write to S3",
    "The access key id is not known to S3.",
    "+++++-000",
  ],
  [
    "a wrong secret",
    { secretAccessKey: "WRONGwrongWRONG" },
    "Write to S3",
    /secret access key is not the one/,
    "+++++-000",
  ],
  [
    "nobody at the endpoint",
    { staging: { endpoint: "http://127.0.0.1:9" } },
    "Write to S3",
    /S3 doesn't answer at http:\/\/127\.0\.0\.1:9/,
    "+++++-000",
  ],
  [
    "a role that the cluster may not assume",
    { staging: { roleArn: "arn:aws:iam::123456789012:role/Other" } },
    "COPY from S3",
    "The cluster may not assume the role arn:aws:iam::123456789012:role/Other.",
    "++++++-0+",
  ],
  [
    "a wrong password",
    { password: "Wrong-Password-1" },
    "Connection",
    /refused the user/,
    "-0000+000",
  ],
])("%s", async (_, change, title, says, outcome) => {
  const results = await check(change);
  expect(outcomes(results), JSON.stringify(results, null, 1)).toBe(
    outcome.length === 9 && title === "Connection" ? "-0000+00+" : outcome,
  );
  expect(of(results, title).summary).toMatch(says);
  expect(of(results, title).remedy?.text).toBeTruthy();
  expect(await leftovers()).toEqual([0, 0]);
});

test.each([
  ["PutObject", "uploader", "Write to S3", /PutObject on the bucket .* is denied/, "+++++-000"],
  ["GetObject", "role", "COPY from S3", /The role .* may not read the staged files/, "++++++-0+"],
  ["ListBucket", "role", "COPY from S3", /The role .* may not read the staged files/, "++++++-0+"],
  ["DeleteObject", "uploader", "Clean up", /DeleteObject on the bucket .* is denied/, "++++++++-"],
])("%s denied for the %s", async (action, who, title, says, outcome) => {
  await denyS3([
    {
      action,
      identity: who === "role" ? "role" : staging.config.accessKeyId,
      ...(action !== "ListBucket" && { prefix: staging.config.prefix }),
    },
  ]);
  const results = await check();
  expect(outcomes(results), JSON.stringify(results, null, 1)).toBe(outcome);
  expect(of(results, title).summary).toMatch(says);
  expect(JSON.stringify(results)).not.toContain("[object");
});

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changePassword, openWith, testLogin } from "@/lib/credentials/open";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { useDatabase } from "@/lib/testing/database";
import { makeMember } from "@/prisma/factories/world";

useDatabase();

const dir = mkdtempSync(join(tmpdir(), "tidegate-open-"));
const key = Buffer.alloc(32, 9).toString("base64");
const team = newId();
const received: (string | undefined)[] = [];
const receiver = createServer((request, response) => {
  received.push(request.headers.authorization);
  request.resume();
  response.end("{}");
});
let config: object;

beforeAll(async () => {
  writeFileSync(join(dir, "key"), key);
  process.env.ENCRYPTION_KEY = "";
  process.env.ENCRYPTION_KEY_FILE = join(dir, "key");
  process.env.WAREHOUSE_PASSWORD = "S3cret-of-the-operator";
  process.env.MACHINE_IDENTITY = team;
  process.env.SECRET_REFERENCES = [
    `${team} = env:WAREHOUSE_* to redshift@warehouse.example.com`,
    `${team} = env:WAREHOUSE_*, file:${dir}/* to webhook@127.0.0.1`,
  ].join(";");
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const address = receiver.address();
  const port = typeof address === "object" && address ? address.port : 0;
  config = {
    url: `http://127.0.0.1:${port}/`,
    body: "single",
    headerName: "Authorization",
  };
});
afterAll(() => {
  receiver.close();
  rmSync(dir, { recursive: true });
});

/** A member of the team that the settings name. */
async function namedMember() {
  const { teamId } = await makeMember();
  await db().team.update({ where: { id: teamId }, data: { id: team, slug: team } });
  return team as typeof teamId;
}
const linesOf = (teamId: string) =>
  db().auditEntry.findMany({
    where: { teamId, subjectType: "secret reference" },
    orderBy: { at: "asc" },
    select: { action: true, subjectName: true, result: true, actorName: true, detail: true },
  });

test("an admin's own receiver gets neither the key nor what another team or another target may have", async () => {
  const teamId = await namedMember();
  const stranger = await makeMember();
  for (const headerValue of [
    `file:${dir}/key`,
    "env:DATABASE_URL",
    "env:ENCRYPTION_KEY_FILE",
    "file:/proc/self/environ",
  ]) {
    const tested = await testLogin(teamId, "webhook", config, { headerValue });
    expect(tested, headerValue).toMatchObject({ ok: false });
  }
  const other = await testLogin(stranger.teamId, "webhook", config, {
    headerValue: "env:WAREHOUSE_PASSWORD",
  });
  expect(other).toMatchObject({
    ok: false,
    reason: expect.stringContaining(`${stranger.teamId} = env:WAREHOUSE_PASSWORD to webhook@127`),
  });
  expect(received).toEqual([]);

  const allowed = await testLogin(teamId, "webhook", config, {
    headerValue: "env:WAREHOUSE_PASSWORD",
  });
  expect(allowed.ok).toBe(true);
  expect(new Set(received)).toEqual(new Set(["S3cret-of-the-operator"]));

  expect(await linesOf(teamId)).toMatchObject([
    { action: "used", subjectName: `file:${dir}/key`, result: "refused", actorName: "Tidegate" },
    { subjectName: "env:DATABASE_URL", result: "refused" },
    { subjectName: "env:ENCRYPTION_KEY_FILE", result: "refused" },
    { subjectName: "file:/proc/self/environ", result: "refused" },
    {
      subjectName: "env:WAREHOUSE_PASSWORD",
      result: "done",
      detail: { sentTo: ["webhook@127.0.0.1"] },
    },
  ]);
  expect(await linesOf(stranger.teamId)).toMatchObject([{ result: "refused" }]);
});

test("a warehouse's password goes to its host, not to another one and not through an SSH server that is not named", async () => {
  const { teamId } = await makeMember();
  const found: unknown[] = [];
  const open = (host: string, tunnel?: object, part: object = {}) =>
    openWith(
      team as typeof teamId,
      "redshift",
      { host, ...(tunnel && { tunnel }) },
      { password: "env:WAREHOUSE_PASSWORD", ...part },
      (secret) => Promise.resolve(found.push(secret)),
    );
  expect(await open("warehouse.example.com")).toMatchObject({ ok: true });
  for (const refused of [
    await open("warehouse.evil"),
    await open("warehouse.example.com", { use: true, host: "bastion.evil" }),
    await open("warehouse.example.com", undefined, {
      tunnel: { password: "env:WAREHOUSE_PASSWORD" },
    }),
  ])
    expect(refused).toMatchObject({ ok: false });
  expect(found).toEqual([{ password: "S3cret-of-the-operator" }]);
  expect(
    await changePassword(teamId, "redshift", { host: "x" }, { password: "a" }, "env:DATABASE_URL"),
  ).toMatchObject({ ok: false, isKnown: true });
});

test("the key of a bucket goes to the bucket and, in a statement, to the warehouse: both have to be named", async () => {
  const refused = await openWith(
    team as Awaited<ReturnType<typeof namedMember>>,
    "redshift",
    { connection: { host: "warehouse.evil" }, staging: { region: "eu-central-1" } },
    { connection: { password: "x" }, staging: { secretAccessKey: "env:WAREHOUSE_PASSWORD" } },
    (secret) => Promise.resolve(secret),
  );
  expect(refused).toMatchObject({
    ok: false,
    reason: expect.stringContaining("to s3@s3.eu-central-1.amazonaws.com, redshift@warehouse.evil"),
  });
});

test("the identity of the machine is used by the team that the operator names, and with AWS alone", async () => {
  const other = (await makeMember()).teamId;
  const bucket = { bucket: "b", accessKeyId: "", endpoint: "" };
  const login = { host: "h", port: 5439, iam: { use: true, accessKeyId: "" } };
  const open = (teamId: typeof other, config: object) =>
    openWith(teamId, "redshift", config, {}, async () => "opened");
  for (const config of [
    bucket,
    login,
    { connection: login },
    { connection: {}, staging: bucket },
  ]) {
    expect(await open(team as typeof other, config)).toEqual({ ok: true, value: "opened" });
    expect(await open(other, config)).toMatchObject({
      ok: false,
      field: "accessKeyId",
      reason: expect.stringContaining(`MACHINE_IDENTITY names teams; this one is ${other}`),
    });
  }
  const elsewhere = { ...bucket, endpoint: "https://collector.example.com" };
  expect(await open(team as typeof other, elsewhere)).toMatchObject({
    ok: false,
    reason: expect.stringContaining("with AWS itself alone"),
  });
  expect(await open(other, { ...elsewhere, accessKeyId: "AKIA" })).toMatchObject({ ok: true });
});

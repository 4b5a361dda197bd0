// How the handler ends a run whose own failure the config database refuses.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type * as Connections from "@/lib/connections/data";
import { handleRunSync } from "@/lib/jobs/handlers/run-sync";
import { db } from "@/lib/platform/db";
import { log } from "@/lib/platform/log";
import { claimRun, requestRun } from "@/lib/runs/mutations";
import { loadInstanceSecret } from "@/lib/platform/instance-secret";
import { ringFrom } from "@/lib/platform/key-ring";
import { seal } from "@/lib/platform/secret-box";
import { useDatabase } from "@/lib/testing/database";
import { makeConnection, makeMember } from "@/prisma/factories/world";

useDatabase();

/** Stands before the first read of a run, to make it fail as the database would. */
const reading = vi.hoisted(() => ({ before: (): Promise<unknown> => Promise.resolve() }));
vi.mock("@/lib/connections/data", async (original) => {
  const real = await original<typeof Connections>();
  return {
    ...real,
    loadForRun: async (id: string) => {
      await reading.before();
      return real.loadForRun(id);
    },
  };
});

const never = new AbortController().signal;
let runId: string;
beforeEach(async () => {
  const { teamId } = await makeMember();
  // its credentials are empty, so that its run can't even begin
  const requested = await requestRun(teamId, await makeConnection(teamId));
  if (!requested) throw new Error("no run");
  runId = requested.runId;
});
afterEach(async () => {
  reading.before = () => Promise.resolve();
  vi.restoreAllMocks();
  await db().$executeRawUnsafe("ALTER TABLE run DROP CONSTRAINT IF EXISTS refused");
});
const refuse = (condition: string) =>
  db().$executeRawUnsafe(`ALTER TABLE run ADD CONSTRAINT refused CHECK (${condition}) NOT VALID`);
const taken = async () => {
  const claim = await claimRun(runId);
  if (!claim) throw new Error("not claimed");
  return claim;
};
const found = () => db().run.findUniqueOrThrow({ where: { id: runId } });

test("a failure that can be written is", async () => {
  await handleRunSync(await taken(), never);
  expect(await found()).toMatchObject({ state: "failed", attempt: 1 });
  expect(JSON.stringify((await found()).error)).not.toContain("could not be written");
});

test("one that can't be written ends the run all the same, by the same worker, with a line in the log", async () => {
  const lines = vi.spyOn(log, "error").mockImplementation(() => undefined);
  await refuse("error IS NULL OR error->>'message' LIKE '%could not be written down.'");
  await handleRunSync(await taken(), never);
  expect(await found()).toMatchObject({
    state: "failed",
    attempt: 1,
    leaseUntil: null,
    error: { message: "The run failed, and why could not be written down." },
  });
  expect(lines).toHaveBeenCalledWith(
    expect.objectContaining({ runId, of: expect.any(String) as string }),
    "how a run ended could not be written down",
  );
});

test("nothing can be written: the worker doesn't fail, and leaves the run to the next", async () => {
  const lines = vi.spyOn(log, "error").mockImplementation(() => undefined);
  await refuse("state <> 'failed'");
  await handleRunSync(await taken(), never);
  expect(await found()).toMatchObject({ state: "running" });
  expect(lines).toHaveBeenCalledTimes(3);
});

test.each(["57P03", "57P01", "53300", "25006"])(
  "a database that is away (%s) is no failure of the run: it is given back, as no try, and any worker takes it",
  async (state) => {
    vi.spyOn(log, "warn").mockImplementation(() => undefined);
    reading.before = () =>
      db().$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${state}'; END $$`);
    await handleRunSync(await taken(), never);
    expect(await found()).toMatchObject({
      state: "waiting",
      leaseUntil: null,
      tries: 0,
      deaths: 0,
      finishedAt: null,
      error: { message: "Tidegate’s own database was away." },
    });
    const { retryAt } = await found();
    expect(await claimRun(null, { now: () => retryAt! })).toMatchObject({ runId, attempt: 2 });
  },
);

test("a database that is away while the end is written is waited for", async () => {
  vi.spyOn(log, "warn").mockImplementation(() => undefined);
  const lines = vi.spyOn(log, "error").mockImplementation(() => undefined);
  const claim = await taken();
  await db().$executeRawUnsafe(
    `CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF nextval('looks') <= 2 THEN RAISE EXCEPTION 'recovery' USING ERRCODE = '57P03'; END IF; RETURN NEW; END $$`,
  );
  await db().$executeRawUnsafe("CREATE SEQUENCE looks");
  await db().$executeRawUnsafe(
    "CREATE TRIGGER away BEFORE UPDATE ON run FOR EACH ROW EXECUTE FUNCTION away()",
  );
  await handleRunSync(claim, never);
  await db().$executeRawUnsafe("DROP TRIGGER away ON run");
  expect(await found()).toMatchObject({ state: "failed" });
  expect(JSON.stringify((await found()).error)).not.toContain("could not be written");
  expect(lines).toHaveBeenCalledTimes(2);
});

test("a worker with another key than the installation gives a run back; one whose credentials alone don't open fails it", async () => {
  vi.spyOn(log, "warn").mockImplementation(() => undefined);
  const other = ringFrom(Buffer.alloc(32, 7).toString("base64"), "ENCRYPTION_KEY");
  await loadInstanceSecret();
  await db().instanceSecret.updateMany({ data: { sealedSecret: seal("sessions", "s", other) } });
  const { connectionId } = await found();
  await db().$executeRaw`
    UPDATE credential SET sealed_secret = ${seal("x", {}, other)} FROM connection c JOIN source s ON s.id = c.source_id
    WHERE c.id = ${connectionId}::uuid AND credential.id = s.credential_id`;
  await handleRunSync(await taken(), never);
  expect(await found()).toMatchObject({
    state: "waiting",
    error: { message: "The worker that had this run can’t work with this installation." },
  });
  await db().instanceSecret.deleteMany();
  await handleRunSync(await taken(), never);
  expect(await found()).toMatchObject({ state: "failed" });
  expect(JSON.stringify((await found()).error)).toContain("is not among ENCRYPTION_KEY");
});

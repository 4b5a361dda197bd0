import { beforeAll, expect, test } from "vitest";
import { noIam } from "@/lib/connectors/redshift/spec";
import { noTunnel } from "@/lib/connectors/ssh/spec";
import { listAudit } from "@/lib/audit/data";
import { filterOf } from "@/lib/audit/schema";
import { findConnection, pageConnections } from "@/lib/connections/data";
import { createConnection, deleteConnection, setEnabled } from "@/lib/connections/mutations";
import { connectDefaults } from "@/lib/connections/schema";
import { findCredential, listCredentials } from "@/lib/credentials/data";
import { deleteCredential } from "@/lib/credentials/mutations";
import { openCredential } from "@/lib/credentials/secrets";
import { findDestination, listDestinations, pageDestinations } from "@/lib/destinations/data";
import { deleteDestination } from "@/lib/destinations/mutations";
import { findDraft, listOpenDrafts } from "@/lib/drafts/data";
import {
  createDraft,
  discardDraft,
  draftSecret,
  saveDraft,
  sealDraftSecret,
} from "@/lib/drafts/mutations";
import { db } from "@/lib/platform/db";
import { findRun, lastRunsOf, listRuns } from "@/lib/runs/data";
import { requestRun } from "@/lib/runs/mutations";
import { findSource, listSources, pageSources } from "@/lib/sources/data";
import { createSource, deleteSource } from "@/lib/sources/mutations";
import type { Actor } from "@/lib/team/types";
import { useDatabase } from "@/lib/testing/database";
import { manualSchedule } from "@/lib/schedule/schema";
import {
  makeConnection,
  makeCredential,
  makeDestination,
  makeMember,
  makeSource,
} from "@/prisma/factories/world";

useDatabase();

const PASSWORD = "Never-In-The-Clear-7";
let mine: Actor;
let stranger: Actor;
const ids = { credential: "", source: "", destination: "", connection: "", draft: "", run: "" };

beforeAll(async () => {
  mine = await makeMember();
  stranger = await makeMember();
  ids.credential = await makeCredential(mine.teamId, { secret: { password: PASSWORD } });
  ids.source = await makeSource(mine.teamId, { credentialId: ids.credential });
  ids.destination = await makeDestination(mine.teamId);
  ids.connection = await makeConnection(mine.teamId, {
    sourceId: ids.source,
    destinationId: ids.destination,
  });
  ids.draft = await createDraft(mine, "source", "redshift", { name: "x" });
  await sealDraftSecret(mine.teamId, ids.draft, { password: PASSWORD });
  ids.run = (await requestRun(mine.teamId, ids.connection))?.runId ?? "";
});

test("what is mine is found", async () => {
  const { teamId } = mine;
  expect(await findCredential(teamId, ids.credential)).not.toBeNull();
  expect(await openCredential(teamId, ids.credential)).toMatchObject({
    secret: { password: PASSWORD },
  });
  expect(await findSource(teamId, ids.source)).not.toBeNull();
  expect(await findDestination(teamId, ids.destination)).not.toBeNull();
  expect(await findConnection(teamId, ids.connection)).not.toBeNull();
  expect(await findDraft(teamId, ids.draft, "source")).not.toBeNull();
  expect(await draftSecret(teamId, ids.draft)).toEqual({ password: PASSWORD });
  expect(await findRun(teamId, ids.run)).not.toBeNull();
});

test("to another team none of it exists", async () => {
  const { teamId } = stranger;
  expect(
    await Promise.all([
      findCredential(teamId, ids.credential),
      openCredential(teamId, ids.credential),
      findSource(teamId, ids.source),
      findDestination(teamId, ids.destination),
      findConnection(teamId, ids.connection),
      findDraft(teamId, ids.draft, "source"),
      findRun(teamId, ids.run),
      requestRun(teamId, ids.connection),
    ]),
  ).toEqual(Array.from({ length: 8 }, () => null));
  expect(await draftSecret(teamId, ids.draft)).toBeUndefined();
  const first = { search: "", page: 1 };
  const lists = await Promise.all([
    listCredentials(teamId),
    listSources(teamId),
    listDestinations(teamId),
    pageConnections(teamId, first).then(({ connections }) => connections),
    pageSources(teamId, first).then(({ sources }) => sources),
    pageDestinations(teamId, first).then(({ destinations }) => destinations),
    lastRunsOf(teamId, [ids.connection]).then((runs) => [...runs]),
    listOpenDrafts(teamId, "source"),
    listRuns(teamId, {}),
    listAudit(teamId, filterOf({})),
  ]);
  expect(lists.flat()).toEqual([]);
});

test("another team can change none of it", async () => {
  const names = {
    source: (await findSource(mine.teamId, ids.source))?.name ?? "",
    destination: (await findDestination(mine.teamId, ids.destination))?.name ?? "",
    credential: (await findCredential(mine.teamId, ids.credential))?.name ?? "",
  };
  const outcomes = await Promise.all([
    deleteSource(stranger, ids.source, names.source),
    deleteDestination(stranger, ids.destination, names.destination),
    deleteCredential(stranger, ids.credential, names.credential),
    deleteConnection(stranger, ids.connection, names.source),
    createConnection(stranger, {
      sourceId: ids.source,
      destinationId: ids.destination,
      ...connectDefaults,
    }),
  ]);
  expect(outcomes.map(({ ok }) => ok)).toEqual([false, false, false, false, false]);
  expect(await setEnabled(stranger, ids.connection, false)).toBe(false);
  expect(await saveDraft(stranger.teamId, ids.draft, {})).toBe(false);
  await discardDraft(stranger.teamId, ids.draft);
  expect(await findDraft(mine.teamId, ids.draft, "source")).toMatchObject({ data: { name: "x" } });
  expect(
    await createSource(stranger, ids.draft, "redshift", {
      name: { name: "Theirs", credentials: "existing", credentialId: ids.credential },
      data: {
        schema: "s",
        table: "t",
        columns: [{ name: "email", type: "varchar(50)", kind: "text" }],
      },
      columns: {
        mapping: {
          columns: [{ column: "email", traitKey: "email" }],
          userId: "email",
          anonymousId: null,
        },
      },
      verify: { of: "", results: [], at: "" },
      schedule: manualSchedule,
    }),
  ).toMatchObject({ ok: false });
});

test("a destination's draft that names another team's source connects nothing", async () => {
  const { createDestination } = await import("@/lib/destinations/mutations");
  const draftId = await createDraft(stranger, "destination", "webhook");
  await sealDraftSecret(stranger.teamId, draftId, { headerValue: "" });
  const created = await createDestination(stranger, draftId, "webhook", {
    forSource: ids.source,
    name: { name: "Hook", credentials: "new", credentialId: "" },
    connection: {
      config: { url: "http://127.0.0.1:9", body: "single", headerName: "" },
      secretSetAt: "",
    },
  });
  expect(created).toMatchObject({ ok: true, value: { connectionId: null } });
  expect(await db().connection.count({ where: { sourceId: ids.source } })).toBe(1);
});

test("the last step of a wizard, pressed twice, makes one source; its secret moves sealed, and no clear text is in any table", async () => {
  const draftId = await createDraft(mine, "source", "redshift");
  await sealDraftSecret(mine.teamId, draftId, { password: PASSWORD });
  const finished = {
    name: { name: "People", credentials: "new" as const, credentialId: "" },
    connection: {
      credentialName: "Harbour",
      config: {
        host: "h",
        port: 5439,
        database: "d",
        user: "u",
        sslMode: "off" as const,
        caCertificate: "",
        tunnel: { ...noTunnel },
        iam: { ...noIam },
      },
      passwordSetAt: "",
      sshSecret: "none" as const,
    },
    data: {
      schema: "s",
      table: "t",
      columns: [{ name: "email", type: "varchar(50)", kind: "text" as const }],
    },
    columns: {
      mapping: {
        columns: [{ column: "email", traitKey: "email" }],
        userId: "email",
        anonymousId: null,
      },
    },
    verify: { of: "", results: [], at: "" },
    schedule: manualSchedule,
  };
  const both = await Promise.all([
    createSource(mine, draftId, "redshift", finished),
    createSource(mine, draftId, "redshift", finished),
  ]);
  expect(both.filter(({ ok }) => ok)).toHaveLength(1);
  expect(await createSource(mine, draftId, "redshift", finished)).toEqual({
    ok: false,
    reason: "This source has been created already.",
  });
  const source = await db().source.findFirstOrThrow({ where: { name: "People" } });
  expect(await openCredential(mine.teamId, source.credentialId)).toMatchObject({
    secret: { password: PASSWORD },
  });
  expect(await draftSecret(mine.teamId, draftId)).toBeUndefined();

  const tables = await db().$queryRaw<
    { name: string }[]
  >`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`;
  expect(tables.length).toBeGreaterThan(10);
  for (const { name } of tables) {
    const rows = await db().$queryRawUnsafe<{ row: string }[]>(
      `SELECT t::text AS row FROM "${name}" t`,
    );
    expect(
      rows.filter(({ row }) => row.includes(PASSWORD)),
      name,
    ).toEqual([]);
  }
});

import type pg from "pg";
import { describe, expect, test } from "vitest";
import { errorOf, runningSandbox } from "../testing/running";

const sandbox = runningSandbox();
const inDatabase = (database: string): Promise<pg.Client> =>
  sandbox.login(undefined, undefined, database);
const setModes = (database: string, modes: unknown): Promise<unknown> =>
  sandbox.control("PUT", `/redshift/modes?database=${database}`, modes);
const isolationOf = async (client: pg.Client, database: string): Promise<unknown> =>
  (
    await client.query<{ isolation_level: string }>(
      `SELECT isolation_level FROM stv_db_isolation_level WHERE db_name = '${database}'`,
    )
  ).rows[0]?.isolation_level;

/** Each reads what the other writes. */
async function crossing(database: string): Promise<unknown> {
  const [one, two] = [await inDatabase(database), await inDatabase(database)];
  await one.query("CREATE TABLE tab1 (a int)");
  await one.query("CREATE TABLE tab2 (a int)");
  await one.query("BEGIN");
  await one.query("SELECT COUNT(*) FROM tab1");
  await two.query("BEGIN");
  await two.query("SELECT COUNT(*) FROM tab2");
  await one.query("INSERT INTO tab2 VALUES (1)");
  await two.query("INSERT INTO tab1 VALUES (1)");
  await one.query("COMMIT");
  return two.query("COMMIT").then(
    () => "both committed",
    (caught: unknown) => caught,
  );
}

/** Both change the same row; the second begins before the first commits. */
async function sameRow(database: string): Promise<unknown> {
  const [one, two] = [await inDatabase(database), await inDatabase(database)];
  await one.query("CREATE TABLE shared (a int)");
  await one.query("INSERT INTO shared VALUES (1)");
  await one.query("BEGIN ISOLATION LEVEL READ COMMITTED");
  await two.query("BEGIN");
  await two.query("SELECT a FROM shared");
  await one.query("UPDATE shared SET a = 2");
  await one.query("COMMIT");
  return two.query("UPDATE shared SET a = 3").then(
    () => "both updated",
    (caught: unknown) => caught,
  );
}

describe("isolation", () => {
  test("a database is in SNAPSHOT isolation unless it says otherwise", async () => {
    const admin = await sandbox.login();
    await admin.query("CREATE DATABASE by_default");
    await admin.query("CREATE DATABASE serial ISOLATION LEVEL SERIALIZABLE");
    await admin.query("CREATE DATABASE snap WITH OWNER admin ISOLATION LEVEL SNAPSHOT");
    expect(await isolationOf(admin, "dev")).toBe("Snapshot Isolation");
    expect(await isolationOf(admin, "by_default")).toBe("Snapshot Isolation");
    expect(await isolationOf(admin, "serial")).toBe("Serializable");
    expect(await isolationOf(admin, "snap")).toBe("Snapshot Isolation");
    expect(await sandbox.control("GET", "/redshift/modes?database=serial")).toEqual({
      mode: "provisioned",
      isolation: "serializable",
    });
  });

  test("SERIALIZABLE: 1023 for one of two that read and write each other's rows", async () => {
    expect(await crossing("serial")).toMatchObject({
      code: "XX000",
      message: "1023",
      detail: expect.stringContaining("Serializable isolation violation") as string,
    });
    expect(await sameRow("serial")).toMatchObject({ code: "XX000", message: "1023" });
  });

  test("SNAPSHOT: both commit, and only two that change the same row are in conflict", async () => {
    expect(await crossing("snap")).toBe("both committed");
    expect(await sameRow("snap")).toMatchObject({
      code: "XX000",
      message: "could not complete because of conflict with concurrent transaction",
    });
  });

  test("ALTER DATABASE needs the database for itself, and never changes dev", async () => {
    const admin = await sandbox.login();
    await admin.query("CREATE DATABASE changing");
    const inside = await inDatabase("changing");
    const alter = "ALTER DATABASE changing ISOLATION LEVEL SERIALIZABLE";
    expect(await errorOf(admin, alter)).toBe(
      '55006 database "changing" is being accessed by other users',
    );
    await inside.query(alter);
    expect(await isolationOf(inside, "changing")).toBe("Serializable");
    expect(await errorOf(admin, "ALTER DATABASE dev ISOLATION LEVEL SERIALIZABLE")).toMatch(
      /^0A000 .*dev/,
    );
    await admin.query("BEGIN");
    expect(await errorOf(admin, alter)).toMatch(/^25001/);
    await admin.query("ROLLBACK");
    expect(await errorOf(admin, "CREATE DATABASE x ISOLATION LEVEL CHAOS")).toMatch(/^42601/);
  });

  test("the control API changes it too, dev's included, for sessions that come after", async () => {
    await setModes("dev", { isolation: "serializable" });
    expect(await crossing("dev")).toMatchObject({ message: "1023" });
    await setModes("dev", { isolation: "snapshot" });
    expect(await sameRow("dev")).toMatchObject({
      message: expect.stringContaining("conflict") as string,
    });
  });

  test("a database that is not there, and a mode that is none, are refused", async () => {
    await expect(setModes("nowhere", { mode: "serverless" })).rejects.toThrow(/no database/);
    await expect(setModes("dev", { mode: "clustered" })).rejects.toThrow(/mode/);
    await expect(sandbox.control("PUT", "/redshift/modes", {})).rejects.toThrow(/database/);
  });
});

describe("Serverless", () => {
  test("has no STL, STV and SVL relations, and names SYS where a load failed", async () => {
    const admin = await sandbox.login();
    await admin.query("CREATE DATABASE less");
    await setModes("less", { mode: "serverless" });
    const client = await inDatabase("less");
    for (const relation of ["stl_load_errors", "stv_inflight", "svl_qlog"])
      expect(await errorOf(client, `SELECT * FROM ${relation}`)).toBe(
        `42P01 relation "${relation}" does not exist`,
      );
    expect(await errorOf(client, "SELECT * FROM pg_catalog.stl_load_errors")).toMatch(/^42P01/);
    await client.query("SELECT * FROM sys_load_error_detail");
    await client.query("SELECT * FROM svv_tables");
    await client.query("CREATE TABLE target (a int)");
    await sandbox.put("less/bad.csv", "x\n");
    const { bucket, accessKeyId, secretAccessKey } = sandbox.endpoints.s3;
    expect(
      await errorOf(
        client,
        `COPY target FROM 's3://${bucket}/less/bad.csv' ACCESS_KEY_ID '${accessKeyId}' SECRET_ACCESS_KEY '${secretAccessKey}' CSV`,
      ),
    ).toBe(
      "XX000 Load into table 'target' failed.  Check 'sys_load_error_detail' system table for details.",
    );
    await (await sandbox.login()).query("SELECT * FROM stl_load_errors");
  });
});

describe("a single node", () => {
  test("gives no more than 1000 rows at once", async () => {
    const admin = await sandbox.login();
    await admin.query("CREATE DATABASE single");
    await setModes("single", { mode: "single-node" });
    const client = await inDatabase("single");
    const tooMany =
      "XX000 Fetch size 1001 exceeds the limit of 1000 for a single node configuration. Reduce the client fetch/cache size or upgrade to a multi node installation.";
    for (const [fetch, outcome] of [
      ["FETCH FORWARD 1000 FROM c", "rows"],
      ["FETCH FORWARD 1001 FROM c", tooMany],
      ["FETCH ALL FROM c", /^0A000/],
    ] as const) {
      await client.query("BEGIN");
      await client.query("DECLARE c CURSOR FOR SELECT relname FROM pg_class");
      if (outcome === "rows") await client.query(fetch);
      else if (typeof outcome === "string") expect(await errorOf(client, fetch)).toBe(outcome);
      else expect(await errorOf(client, fetch)).toMatch(outcome);
      await client.query("ROLLBACK");
    }
    const provisioned = await sandbox.login();
    await provisioned.query("BEGIN");
    await provisioned.query("DECLARE c CURSOR FOR SELECT relname FROM pg_class");
    await provisioned.query("FETCH FORWARD 5000 FROM c");
    await provisioned.query("FETCH ALL FROM c");
    await provisioned.query("COMMIT");
  });
});

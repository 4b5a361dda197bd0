// Every form in which Redshift keeps a password, each against a server that really verifies it.
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { openRedshift } from "./client";
import { identifier, literal } from "@/lib/connectors/redshift/quote";

let warehouse: Warehouse;
const users: string[] = [];
beforeAll(async () => {
  warehouse = await openWarehouse();
});
afterAll(async () => {
  for (const user of users) await warehouse.admin(`DROP USER ${identifier(user)}`);
  await warehouse.drop();
});

const password = "Plumb-Line-77";
/** A user whose name bites, with a password as it stands in CREATE USER. */
async function created(kept: (user: string) => string): Promise<string> {
  const user = `Us"er ${randomBytes(4).toString("hex")}`;
  await warehouse.admin(`CREATE USER ${identifier(user)} PASSWORD ${literal(kept(user))}`);
  users.push(user);
  return user;
}

async function whoAmI(user: string, secret: string): Promise<string | null | undefined> {
  const session = await openRedshift(
    { ...warehouse.config, user },
    { password: secret },
    { statementTimeoutMs: 10_000 },
    never,
  );
  try {
    return (await session.query("SELECT current_user", never))[0]?.[0];
  } finally {
    await session.close();
  }
}

const salt = randomBytes(32);
const forms: [string, (user: string) => string][] = [
  ["clear text", () => password],
  [
    "md5",
    (user) =>
      `md5${createHash("md5")
        .update(password + user)
        .digest("hex")}`,
  ],
  ["sha256, salted by the server", () => `sha256|${password}`],
  [
    "sha256, salted by us",
    () =>
      `sha256|${createHash("sha256").update(password).update(salt).digest("hex")}|${salt.toString("hex")}`,
  ],
];

test.each(forms)(
  "%s: the right password logs in, another is refused as any other",
  async (_, kept) => {
    const user = await created(kept);
    expect(await whoAmI(user, password)).toBe(user);
    const refusal = {
      fault: "user-fixable",
      message: `The server refused the user “${user}” or its password.`,
    };
    await expect(whoAmI(user, `${password}x`)).rejects.toMatchObject(refusal);
    await expect(whoAmI(user, "")).rejects.toMatchObject(refusal);
  },
);

test("a changed password counts at once, in either form", async () => {
  const user = await created(() => `sha256|${password}`);
  await warehouse.admin(`ALTER USER ${identifier(user)} PASSWORD 'New-Anchor-12'`);
  expect(await whoAmI(user, "New-Anchor-12")).toBe(user);
  await warehouse.admin(`ALTER USER ${identifier(user)} PASSWORD 'sha256|Newer-Anchor-13'`);
  expect(await whoAmI(user, "Newer-Anchor-13")).toBe(user);
  await expect(whoAmI(user, "New-Anchor-12")).rejects.toMatchObject({ fault: "user-fixable" });
  await expect(
    warehouse.admin(`ALTER USER ${identifier(user)} PASSWORD 'sha256|abc|def'`),
  ).rejects.toMatchObject({ detail: { code: "22023" } });
});

test("a SHA-256 password outlives a new name, and an MD5 one doesn't, since the name is part of it", async () => {
  const [sha256, md5] = [await created(() => `sha256|${password}`), await created(() => password)];
  for (const user of [sha256, md5]) {
    await warehouse.admin(`ALTER USER ${identifier(user)} RENAME TO ${identifier(`${user} new`)}`);
    users[users.indexOf(user)] = `${user} new`;
  }
  expect(await whoAmI(`${sha256} new`, password)).toBe(`${sha256} new`);
  await expect(whoAmI(`${md5} new`, password)).rejects.toMatchObject({ fault: "user-fixable" });
});

test("a user with a SHA-256 password meets the same refusals after the digest", async () => {
  const user = await created(() => `sha256|${password}`);
  const open = (database: string) =>
    openRedshift(
      { ...warehouse.config, user, database },
      { password },
      { statementTimeoutMs: 10_000 },
      never,
    );
  await expect(open("no_such_db")).rejects.toMatchObject({ detail: { code: "3D000" } });
  await warehouse.admin(`ALTER USER ${identifier(user)} VALID UNTIL '2020-01-01'`);
  await expect(open(warehouse.config.database)).rejects.toMatchObject({
    message: `The server refused the user “${user}” or its password.`,
  });
});

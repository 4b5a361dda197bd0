import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { never, openWarehouse } from "@/lib/testing/sandbox";
import { checkRedshift } from "./checks";
import { openRedshift } from "@/lib/connectors/redshift/session/client";
import {
  generatePassword,
  nothingPresent,
  passwordForms,
  permissionsScript,
  undoScript,
} from "./permissions";

const statements = (script: string) => script.split("\n").filter((line) => !line.startsWith("--"));

test.each(passwordForms)(
  "the script, its password %s, makes a user who passes every check and reads the table; the undo script leaves nothing of it",
  async (passwordForm) => {
    const warehouse = await openWarehouse({ stateSchema: false });
    const user = `reader_${randomBytes(4).toString("hex")}`;
    const wish = {
      user,
      has: nothingPresent,
      password: generatePassword(),
      passwordForm,
      salt: randomBytes(32),
      schema: warehouse.schema,
      table: "people",
      allTables: true,
      futureTables: true,
      owners: [],
    };
    try {
      await warehouse.admin(`CREATE TABLE "${warehouse.schema}"."people" (email varchar(50))`);
      for (const sql of statements(permissionsScript(wish))) await warehouse.admin(sql);
      await warehouse.admin(`CREATE TABLE "${warehouse.schema}"."later" (email varchar(50))`);

      const config = { ...warehouse.config, user };
      const outcomes: string[] = [];
      for await (const { title, status } of checkRedshift(
        config,
        { password: wish.password },
        never,
      ))
        if (status !== "running") outcomes.push(`${title}: ${status}`);
      expect(outcomes).toEqual([
        "Verifying Connection: passed",
        "Able to List Schema: passed",
        "Able to Access RudderStack Schema: passed",
      ]);
      const session = await openRedshift(
        config,
        { password: wish.password },
        { statementTimeoutMs: 10_000 },
        never,
      );
      expect(
        await session.query(`SELECT COUNT(*) FROM "${warehouse.schema}"."people"`, never),
      ).toEqual([["0"]]);
      expect(
        await session.query(`SELECT COUNT(*) FROM "${warehouse.schema}"."later"`, never),
      ).toEqual([["0"]]);
      await session.query('CREATE TABLE "_rudderstack"."state_of_a_sync" (a int)', never);
      await session.close();

      for (const sql of statements(undoScript(wish))) await warehouse.admin(sql);
      expect(
        await warehouse.admin(`SELECT COUNT(*) FROM pg_user WHERE usename = '${user}'`),
      ).toEqual([["0"]]);
    } finally {
      await warehouse.drop();
    }
  },
);

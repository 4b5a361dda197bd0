// No statement that the product can send may be of a form that PostgreSQL takes and Redshift refuses.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  nothingPresent,
  permissionsScript,
  setupScript,
  undoScript,
  undoSetupScript,
} from "@/lib/connectors/redshift/checks/permissions";
import { brokenRules, goldenStatements } from "@/lib/testing/redshift-rules";

const folder = "lib/connectors/redshift";
const goldenFiles = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".golden.txt"),
);

describe("the golden texts", () => {
  test.each(goldenFiles)("%s", (file) => {
    const statements = goldenStatements(readFileSync(join(folder, file), "utf8"));
    expect(statements.length).toBeGreaterThan(5);
    const broken = statements.flatMap(({ title, sql }) =>
      brokenRules(sql).map(({ rule }) => `${title}: ${rule}`),
    );
    expect(broken).toEqual([]);
  });
});

describe("the scripts that an administrator runs", () => {
  const wish = {
    user: "tide gate",
    password: "Secret-1x",
    passwordForm: "clear" as const,
    salt: new Uint8Array(32),
    schema: "shop",
    table: "people",
    database: "dev",
    has: nothingPresent,
    allTables: true,
    futureTables: true,
    owners: ["dbt", "etl user"],
  };
  const scripts = { permissionsScript, undoScript, setupScript, undoSetupScript };

  test.each(Object.entries(scripts))("%s", (_, script) => {
    expect(brokenRules(script(wish))).toEqual([]);
  });
});

describe("each rule", () => {
  const rulesOf = (sql: string) => brokenRules(sql).map(({ rule }) => rule);

  test.each([
    "SELECT x.op FROM (SELECT 'insert' AS op FROM t) x",
    "SELECT x.a FROM (SELECT NULL AS a FROM t) x",
    "WITH k AS (SELECT 'a' AS a) SELECT a FROM k",
    "SELECT a FROM t UNION ALL SELECT 'b'",
    "SELECT a FROM (SELECT CASE WHEN b THEN 'x' ELSE 'y' END AS a FROM t) x",
    "SELECT a FROM (SELECT COALESCE(NULL, 'y') AS a FROM t) x",
    "CREATE TABLE t DISTSTYLE EVEN SORTKEY(a) AS SELECT 'x' AS a",
    "INSERT INTO t SELECT 'x' FROM u",
    "UNLOAD ('SELECT a FROM (SELECT ''x'' AS a) y') TO 's3://b/'",
  ])("a literal without a type: %s", (sql) => {
    expect(rulesOf(sql)).toEqual(["literal without a type"]);
  });

  test.each([
    "SELECT 'x', NULL",
    "SELECT x.op FROM (SELECT CAST('insert' AS varchar(8)) AS op, 1 AS one, false AS two FROM t) x",
    "SELECT CASE WHEN a THEN b ELSE 'x' END FROM (SELECT CASE WHEN a THEN b ELSE 'x' END AS a FROM t) u",
    "INSERT INTO t VALUES ('x', NULL)",
    "UPDATE t SET a = 'x' WHERE b = 'y'",
    "SELECT ROW_NUMBER() OVER (ORDER BY a), SUM(a) OVER (ORDER BY b ROWS UNBOUNDED PRECEDING) FROM t",
    "ALTER TABLE t OWNER TO somebody",
  ])("nothing against: %s", (sql) => {
    expect(rulesOf(sql)).toEqual([]);
  });

  test.each([
    ["SELECT 1 FROM a FULL JOIN b ON a.x = b.x", "right or full outer join"],
    ["SELECT 1 FROM a RIGHT JOIN b ON a.x = b.x", "right or full outer join"],
    ["ALTER TABLE t OWNER TO CURRENT_USER", "owner without a name"],
    ["SELECT a IS TRUE FROM t", "IS TRUE"],
    ["SELECT a FROM t WHERE b < 1e300", "number with an exponent"],
    ["SELECT SUM(a) OVER (ORDER BY b) FROM t", "aggregate window with ORDER BY and no frame"],
    [
      "SELECT SUM(a) OVER (ORDER BY b RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
      "RANGE frame",
    ],
    ["SELECT LAG(a) OVER () FROM t", "LAG or LEAD without ORDER BY"],
    ["SELECT a FROM t ORDER BY a FETCH FIRST 2 ROWS WITH TIES", "WITH TIES"],
    ["SELECT a FROM t EXCEPT ALL SELECT a FROM u", "INTERSECT ALL or EXCEPT ALL"],
  ])("%s: %s", (sql, rule) => {
    expect(rulesOf(sql)).toEqual([rule]);
  });
});

// A bare literal or NULL is of type unknown, and keeps it as a column of a subquery.
import type { RefusedSubject } from "../corpus";

const unknown = 'XX000 failed to find conversion function from "unknown" to text';

const subject: RefusedSubject = {
  setup: [
    "CREATE TABLE t (a varchar(10), b int)",
    "CREATE TABLE u (a varchar(10), b int)",
    "INSERT INTO t VALUES ('x', 1)",
  ],
  refused: {
    "calogica/dbt-expectations #99": [
      ["SELECT a FROM (SELECT 'x' AS a) s", unknown],
      ["SELECT s.a FROM (SELECT 'x' AS a, b FROM t) s", unknown],
      ["SELECT a || 'y' FROM (SELECT 'x' AS a) s", unknown],
      ["SELECT count(*) FROM (SELECT 'x' AS a, 'y' AS c) s WHERE a <> c", unknown],
      ["WITH q AS (SELECT 'x' AS a, 'y' AS c) SELECT 1 FROM q WHERE q.a = q.c", unknown],
      ["SELECT * FROM (WITH q AS (SELECT 'x' AS a) SELECT q.a FROM q) s", unknown],
    ],
    "calogica/dbt-expectations #130": [
      ["WITH q AS (SELECT 'b' AS column_name) SELECT UPPER(column_name) FROM q", unknown],
      ["SELECT count(*) FROM (SELECT 'b' AS kind FROM t) s WHERE kind NOT IN ('a', 'b')", unknown],
      [
        "WITH q AS (SELECT 'b' AS kind UNION ALL SELECT 'c' AS kind) SELECT max(kind) FROM q",
        unknown,
      ],
      [
        "SELECT s.op FROM (SELECT 'insert' AS op FROM t UNION ALL SELECT 'delete' FROM u) s",
        unknown,
      ],
      ["SELECT s.op FROM (SELECT 'insert' AS op FROM t UNION SELECT NULL FROM u) s", unknown],
    ],
    "snowplow/dbt-snowplow-attribution #9": [
      ["WITH q AS (SELECT NULL AS spend, b FROM t) SELECT min(spend) FROM q", unknown],
      ["SELECT b, sum(spend) FROM (SELECT b, NULL AS spend FROM t) s GROUP BY b", unknown],
      ["SELECT q.spend FROM t JOIN (SELECT b, NULL AS spend FROM u) q ON q.b = t.b", unknown],
      ["SELECT COALESCE(s.spend, 0) FROM (SELECT NULL AS spend) s", unknown],
    ],
    "tuva-health/tuva-core #1165": [
      [
        "CREATE TABLE runs AS SELECT * FROM (SELECT b, '2025-12-18T03:01:50' AS last_run FROM t) s",
        unknown,
      ],
      ["CREATE TABLE runs AS WITH q AS (SELECT 'x' AS last_run) SELECT q.* FROM q", unknown],
      ["CREATE VIEW runs AS SELECT s.a FROM (SELECT 'x' AS a) s", unknown],
      ["INSERT INTO t (a) SELECT s.a FROM (SELECT 'x' AS a) s", unknown],
      ["INSERT INTO t SELECT * FROM (SELECT 'x' AS a, 1 AS b) s", unknown],
      ["UPDATE t SET a = s.a FROM (SELECT 'x' AS a, 1 AS b) s WHERE s.b = t.b", unknown],
      ["DELETE FROM t USING (SELECT 'x' AS a) s WHERE s.a = t.a", unknown],
    ],
    "OHDSI/Achilles #320": [
      ["SELECT c FROM (SELECT NULL AS c, a FROM t) q GROUP BY c", unknown],
      ["SELECT b FROM t WHERE a IN (SELECT 'x')", unknown],
      ["SELECT t.b FROM t LEFT JOIN (SELECT 'x' AS k) q ON q.k = t.a", unknown],
      ["SELECT t.b FROM t JOIN (SELECT 'x' AS a) q USING (a)", unknown],
      ["SELECT b FROM t ORDER BY (SELECT max(s.k) FROM (SELECT 'x' AS k) s)", unknown],
      ["SELECT s.c FROM (SELECT 'x', b FROM t) s (c, d)", unknown],
      ["SELECT (SELECT 'x') || 'y'", unknown],
      ["SELECT b FROM t WHERE a = (SELECT 'x')", unknown],
      ["UPDATE t SET a = (SELECT 'x')", unknown],
    ],
  },
};

export default subject;

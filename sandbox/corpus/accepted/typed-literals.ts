// Literals that have a type, or whose type nothing asks for.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE t (a varchar(10), b int)",
    "CREATE TABLE u (a varchar(10), b int)",
    "INSERT INTO t VALUES ('x', 1), ('y', 2)",
  ],
  accepted: {
    "calogica/dbt-expectations #99": [
      ["SELECT a FROM (SELECT 'x'::text AS a) s", "x"],
      ["SELECT count(*) FROM (SELECT 'x'::text AS a, 'y'::text AS c) s WHERE a <> c", "1"],
      ["SELECT s.a FROM (SELECT CAST('x' AS VARCHAR(3)) AS a) s", "x"],
      ["WITH q AS (SELECT 'x'::varchar AS a) SELECT q.a || 'y' FROM q", "xy"],
      ["SELECT 'x'", "x"],
      ["SELECT NULL", "NULL"],
      ["SELECT (SELECT 'x')", "x"],
      ["SELECT b FROM t WHERE a = (SELECT 'x'::varchar)", "1"],
      ["SELECT 'x' AS a, b FROM t ORDER BY b", "x|1", "x|2"],
      ["SELECT 'x' AS a UNION ALL SELECT 'y'", "x", "y"],
      ["SELECT b FROM (SELECT 'x' AS a, b FROM t) s WHERE b = 2", "2"],
      ["SELECT count(*) FROM (SELECT 'x' AS a FROM t) s", "2"],
      ["SELECT count(*) FROM t WHERE EXISTS (SELECT 'x' FROM u WHERE u.b = t.b)", "0"],
      ["INSERT INTO u (a, b) SELECT 'z', 3"],
      ["INSERT INTO u SELECT 'z', b FROM t"],
      ["INSERT INTO u SELECT NULL, 7"],
      ["INSERT INTO u SELECT 'k', 8 UNION ALL SELECT 'l', 9"],
      ["SELECT a, b FROM u WHERE b > 6 ORDER BY b", "NULL|7", "k|8", "l|9"],
      ["UPDATE u SET a = 'new' WHERE b = 3"],
      ["UPDATE u SET a = s.a FROM (SELECT 'old'::varchar(3) AS a, 3 AS b) s WHERE s.b = u.b"],
    ],
    "snowplow/dbt-snowplow-attribution #9": [
      [
        "WITH q AS (SELECT CAST(NULL AS double precision) AS spend FROM t) SELECT min(spend) FROM q",
      ],
      ["SELECT s.c FROM (SELECT 'x'::varchar(1) AS c UNION ALL SELECT 'y') s ORDER BY 1", "x", "y"],
      [
        "SELECT s.c FROM (SELECT a AS c FROM t UNION ALL SELECT NULL) s ORDER BY 1",
        "x",
        "y",
        "NULL",
      ],
      [
        "SELECT s.op FROM (SELECT CASE WHEN b = 1 THEN 'insert' ELSE 'update' END AS op FROM t) s ORDER BY 1",
        "insert",
        "update",
      ],
      ["SELECT s.c FROM (SELECT COALESCE(NULL, 'x') AS c) s", "x"],
      ["SELECT s.c FROM (SELECT 1 AS c) s", "1"],
      ["SELECT s.c FROM (SELECT 1.5 AS c) s", "1.5"],
      ["SELECT s.c FROM (SELECT TRUE AS c) s", "t"],
    ],
  },
};

export default subject;

// Queries that a cluster refuses: joins of SUPER, correlated shapes, window frames, PostgreSQL's own grammar.
import type { RefusedSubject } from "../corpus";

const correlated =
  "XX000 This type of correlated subquery pattern is not supported due to internal error";
const noFrame = "0A000 Aggregate window functions with an ORDER BY clause require a frame clause";
const superJoin = /^0A000 .*SUPER/;
const notImplemented = "0A000 Not implemented";

const subject: RefusedSubject = {
  setup: [
    "CREATE TABLE a (id int, k int, v int, name varchar(10), flag boolean, s super)",
    "CREATE TABLE b (id int, k int, v int, name varchar(10), flag boolean)",
    "CREATE TABLE c (id int, k int)",
  ],
  refused: {
    "limitations-super": [
      ["SELECT a.s, b.v FROM a FULL OUTER JOIN b ON b.id = a.id", superJoin],
      ["SELECT a.id, a.s FROM a RIGHT JOIN b ON b.id = a.id", superJoin],
      ["SELECT a.id, a.s FROM b RIGHT OUTER JOIN a ON b.id = a.id", superJoin],
      ["SELECT * FROM a FULL JOIN b ON b.id = a.id", superJoin],
      ["SELECT x.z FROM (SELECT id, s AS z FROM a) x FULL JOIN b ON b.id = x.id", superJoin],
      ["WITH q AS (SELECT * FROM a) SELECT q.id FROM q FULL JOIN b ON b.id = q.id", superJoin],
      ["CREATE TABLE j AS SELECT a.id, a.s FROM a FULL JOIN b ON b.id = a.id", superJoin],
      ["INSERT INTO a SELECT a.* FROM a RIGHT JOIN b ON b.id = a.id", superJoin],
      [
        "SELECT x.j FROM (SELECT id, JSON_PARSE(name) AS j FROM b) x FULL JOIN b ON b.id = x.id",
        superJoin,
      ],
      ["SELECT COUNT(*) FROM a FULL JOIN b ON b.id = a.id AND a.s IS NOT NULL", superJoin],
      ["CREATE TABLE k (id int, s super) DISTKEY (s)", /^0A000 .*super.*distribution/],
      ["CREATE TABLE k (id int, s super) SORTKEY (id, s)", /^0A000 .*super.*sort/],
      ["CREATE TABLE k (id int, s super SORTKEY)", /^0A000 .*super.*sort/],
      ["CREATE TABLE k (id int, s super DISTKEY)", /^0A000 .*super.*distribution/],
      ["CREATE TABLE k SORTKEY (s) AS SELECT id, s FROM a", /^0A000 .*super.*sort/],
      ["CREATE TABLE k DISTKEY (s) AS SELECT id, s FROM a", /^0A000 .*super.*distribution/],
      ["ALTER TABLE a ALTER SORTKEY (s)", /^0A000 .*super.*sort/],
      ["ALTER TABLE a ALTER DISTKEY s", /^0A000 .*super.*distribution/],
      ["SELECT '2019-09-09'::date::super", "42846 cannot cast type date to super"],
      ["SELECT 5::decimal::bool", "42846 cannot cast type numeric to boolean"],
      ["SELECT 5.0::bool", "42846 cannot cast type numeric to boolean"],
    ],
    r_correlated_subqueries: [
      [
        "SELECT a.name FROM a WHERE NOT EXISTS (SELECT * FROM b WHERE NOT EXISTS (SELECT * FROM c WHERE a.id = c.id))",
        correlated,
      ],
      [
        "SELECT a.id FROM a WHERE a.v = (SELECT MAX(b.v) FROM b WHERE b.k IN (SELECT c.k FROM c WHERE c.id = a.id))",
        correlated,
      ],
      [
        "SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM (SELECT k FROM b WHERE b.id = a.id) x)",
        correlated,
      ],
      [
        "SELECT * FROM b LEFT JOIN c ON b.id = c.id AND c.k = (SELECT MAX(x.k) FROM a x WHERE x.id = c.id)",
        correlated,
      ],
      [
        "SELECT b.id FROM b LEFT JOIN c ON EXISTS (SELECT 1 FROM a x WHERE x.id = b.id)",
        correlated,
      ],
      [
        "SELECT b.id FROM b WHERE b.v NOT IN (SELECT SUM(c.k) OVER () FROM c WHERE c.id = b.id)",
        correlated,
      ],
      [
        "SELECT b.id, (SELECT COUNT(c.id) FROM c WHERE c.id = b.id) AS n FROM b GROUP BY n, b.id",
        correlated,
      ],
      [
        "SELECT b.id, (SELECT COUNT(c.id) FROM c WHERE c.id = b.id) FROM b GROUP BY 1, 2",
        correlated,
      ],
      [
        "SELECT b.id FROM b WHERE b.k IN (SELECT SUM(c.k) FROM c WHERE c.id = b.id GROUP BY c.k)",
        correlated,
      ],
    ],
    "databricks/spark-redshift #337": [
      [
        "SELECT id FROM b WHERE k IN (SELECT SUM(x.k) FROM c x WHERE flag GROUP BY x.id)",
        correlated,
      ],
      ["SELECT name FROM a WHERE EXISTS (SELECT 1 FROM c WHERE c.k < v)", correlated],
      ["SELECT name FROM a WHERE v = (SELECT MAX(k) FROM c WHERE k > v)", correlated],
      ["UPDATE b SET v = (SELECT MAX(c.k) FROM c WHERE c.k > v)", correlated],
    ],
    "SQLMesh/sqlmesh #5342": [
      ["SELECT b.id, (SELECT COUNT(*) FROM c WHERE c.k <= b.k) FROM b", correlated],
      ["SELECT b.id, (SELECT MAX(c.k) FROM c WHERE c.id = b.id AND c.k < b.k) FROM b", correlated],
      [
        "SELECT b.id FROM b WHERE EXISTS (SELECT 1 FROM c WHERE c.id = b.id AND c.k <> b.k)",
        correlated,
      ],
      [
        "SELECT b.id FROM b WHERE EXISTS (SELECT 1 FROM c WHERE c.k BETWEEN b.k AND b.v)",
        correlated,
      ],
      ["SELECT b.id FROM b WHERE EXISTS (SELECT 1 FROM a x WHERE x.name LIKE b.name)", correlated],
      ["UPDATE b SET v = (SELECT MAX(c.k) FROM c WHERE c.k > b.k)", correlated],
      ["DELETE FROM b WHERE EXISTS (SELECT 1 FROM c WHERE c.k > b.k)", correlated],
      ["INSERT INTO c SELECT b.id, (SELECT MAX(x.k) FROM c x WHERE x.k < b.k) FROM b", correlated],
    ],
    "OHDSI/Achilles #232": [
      ["SELECT SUM(v) OVER (ORDER BY id) FROM b", noFrame],
      ["SELECT SUM(v) OVER (PARTITION BY k ORDER BY id) FROM b", noFrame],
      ["SELECT COUNT(*) OVER (PARTITION BY k ORDER BY id DESC) FROM b", noFrame],
      ["SELECT AVG(v) OVER (ORDER BY id) FROM b", noFrame],
      ["SELECT MIN(v) OVER (ORDER BY id), MAX(v) OVER (ORDER BY id) FROM b", noFrame],
      ["SELECT k, SUM(COUNT(*)) OVER (ORDER BY k) FROM b GROUP BY k", noFrame],
      ["SELECT STDDEV_SAMP(v) OVER (ORDER BY id) FROM b", noFrame],
      [
        "SELECT SUM(v) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM b",
        "0A000 RANGE clause of window functions not yet implemented",
      ],
      [
        "SELECT SUM(v) OVER (ORDER BY id RANGE UNBOUNDED PRECEDING) FROM b",
        "0A000 RANGE clause of window functions not yet implemented",
      ],
    ],
    r_WF_first_value: [
      ["SELECT FIRST_VALUE(v) OVER (ORDER BY id) FROM b", noFrame],
      ["SELECT LAST_VALUE(v) OVER (PARTITION BY k ORDER BY id) FROM b", noFrame],
      ["SELECT NTH_VALUE(v, 2) OVER (ORDER BY id) FROM b", noFrame],
    ],
    r_WF_LAG: [
      ["SELECT LAG(v) OVER () FROM b", /^\w{5} .*ORDER BY/],
      ["SELECT LAG(v, 2) OVER (PARTITION BY k) FROM b", /^\w{5} .*ORDER BY/],
      ["SELECT LAG(v) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM b", /^\w{5} .*frame/],
    ],
    r_WF_LEAD: [
      ["SELECT LEAD(v) OVER () FROM b", /^\w{5} .*ORDER BY/],
      ["SELECT LEAD(v, 1) OVER (PARTITION BY k) FROM b", /^\w{5} .*ORDER BY/],
    ],
    r_WF_RANK: [
      ["SELECT RANK() OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) FROM b", /^\w{5} .*frame/],
      [
        "SELECT ROW_NUMBER() OVER (ORDER BY v ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM b",
        /^\w{5} .*frame/,
      ],
      ["SELECT NTILE(2) OVER () FROM b", /^\w{5} .*ORDER BY/],
    ],
    c_Window_functions: [
      ["SELECT SUM(v) OVER w FROM b WINDOW w AS (PARTITION BY k)", /^42601 syntax error/],
      ["SELECT SUM(v) OVER (ORDER BY id GROUPS UNBOUNDED PRECEDING) FROM b", /^42601 syntax error/],
      ["SELECT id FROM b WHERE ROW_NUMBER() OVER (ORDER BY id) = 1", /^42\w{3} window functions/],
      ["SELECT SUM(v) FILTER (WHERE k > 1) FROM b", /^42601 syntax error/],
    ],
    r_UNION: [
      ["SELECT id FROM b INTERSECT ALL SELECT id FROM c", /^\w{5} INTERSECT ALL/],
      ["SELECT id FROM b EXCEPT ALL SELECT id FROM c", /^\w{5} EXCEPT ALL/],
      ["SELECT id, k FROM b UNION SELECT id FROM c", /^42601 each UNION query/],
      ["SELECT id FROM b UNION SELECT name FROM b", /^42804 UNION types/],
    ],
    r_Boolean_type: [
      ["SELECT flag IS TRUE FROM b", notImplemented],
      ["SELECT id, flag IS FALSE AS no FROM b", notImplemented],
      ["SELECT flag IS NOT TRUE FROM b", notImplemented],
      ["SELECT flag IS UNKNOWN FROM b", notImplemented],
      ["SELECT (id > 1) IS TRUE FROM b", notImplemented],
      ["SELECT COUNT(*), flag IS NOT UNKNOWN FROM b GROUP BY flag", notImplemented],
    ],
    r_QUALIFY_clause: [
      ["SELECT id FROM b QUALIFY v = 1", /^\w{5} .*window function/],
      ["SELECT id FROM b QUALIFY", /^42601 syntax error/],
    ],
    r_ORDER_BY_clause: [
      [
        "SELECT id FROM b ORDER BY id FETCH FIRST 1 ROWS ONLY",
        /^42601 syntax error at or near "FETCH"/,
      ],
      ["SELECT id FROM b FETCH NEXT ROW ONLY", /^42601 syntax error at or near "FETCH"/],
      ["SELECT id FROM b ORDER BY id LIMIT 1 FOR UPDATE", /^0A000/],
    ],
    "c_unsupported-postgresql-features": [
      [
        "SELECT id FROM b WHERE name = ANY ('{x,y}')",
        "42809 op ANY/ALL (array) requires array on right side",
      ],
      ["SELECT id FROM b WHERE id = ANY ('{1,2}'::int[])", /^(42809|0A000) /],
      ["SELECT id FROM b WHERE id = ANY (ARRAY[1, 2])", /^0A000/],
      [
        "SELECT id FROM b WHERE id <> ALL ('{1}')",
        "42809 op ANY/ALL (array) requires array on right side",
      ],
      ["SELECT ARRAY[1, 2]::int[]", /^0A000/],
      ["SELECT DISTINCT ON (k) id FROM b", /^42601 syntax error/],
      [
        "SELECT b.id, x.k FROM b, LATERAL (SELECT c.k FROM c WHERE c.id = b.id) x",
        /^42601 syntax error/,
      ],
      ["SELECT * FROM GENERATE_SERIES(1, 3) g", /^\w{5} /],
      ["SELECT * FROM (VALUES (1), (2)) v (x)", /^0A000/],
      ["VALUES (1), (2)", /^42601 syntax error/],
      ["SELECT id FROM b TABLESAMPLE SYSTEM (10)", /^42601 syntax error/],
      ["SELECT id FROM b WHERE flag IS DISTINCT FROM true", /^42601 syntax error/],
      ["SELECT STRING_AGG(name, ',') FROM b", /^42883/],
      ["SELECT ARRAY_AGG(id) FROM b", /^42883/],
      ["SELECT JSON_AGG(id) FROM b", /^42883/],
      ["SELECT EVERY(flag) FROM b", /^42883/],
      ["TABLE b", /^42601 syntax error/],
      ["SELECT id FROM b WHERE (id, k) = (1, 2)", /^0A000/],
      ['SELECT name COLLATE "C" FROM b', /^0A000/],
      ["SELECT GREATEST(VARIADIC '{1}'::int[])", /^\w{5} /],
    ],
    "c_sql-functions-leader-node": [
      ["SELECT CURRENT_SCHEMA(), id FROM b", /^0A000 Specified types or functions/],
      ["SELECT NOW(), id FROM b", /^0A000 Specified types or functions/],
      ["SELECT AGE(SYSDATE), id FROM b", /^0A000 Specified types or functions/],
      ["SELECT HAS_TABLE_PRIVILEGE('b', 'select') FROM b", /^0A000 Specified types or functions/],
      ["SELECT VERSION(), id FROM b", /^0A000 Specified types or functions/],
      ["SELECT b.id FROM b, pg_class p WHERE p.oid = b.id", /^0A000 Specified types or functions/],
      ["SELECT FORMAT_TYPE(23, NULL) FROM b", /^0A000 Specified types or functions/],
    ],
  },
};

export default subject;

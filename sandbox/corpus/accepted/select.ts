// Queries: QUALIFY, aliases used later in the list, set operations, joins, subqueries.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE sale (id int, buyer varchar(10), qty int, price decimal(8,2), s super)",
    `INSERT INTO sale VALUES (1, 'ann', 2, 10.00, NULL), (2, 'ann', 1, 20.50, NULL), (3, 'bob', 5, 1.25, NULL),
      (4, 'bob', 4, 9.00, NULL), (5, 'cid', NULL, 7.00, NULL)`,
    "CREATE TABLE buyer (name varchar(10), city varchar(20), active boolean)",
    "INSERT INTO buyer VALUES ('ann', 'Rome', true), ('bob', 'Oslo', false), ('eve', NULL, NULL)",
  ],
  accepted: {
    r_QUALIFY_clause: [
      [
        "SELECT buyer, id FROM sale QUALIFY ROW_NUMBER() OVER (PARTITION BY buyer ORDER BY id DESC) = 1 ORDER BY 1",
        "ann|2",
        "bob|4",
        "cid|5",
      ],
      [
        "SELECT id, buyer, qty FROM sale s WHERE qty IS NOT NULL QUALIFY RANK() OVER (ORDER BY s.qty DESC) = 1",
        "3|bob|5",
      ],
      [
        "SELECT name, city FROM (SELECT * FROM buyer QUALIFY ROW_NUMBER() OVER (ORDER BY name) = 2) q",
        "bob|Oslo",
      ],
      [
        "SELECT buyer, ROW_NUMBER() OVER (PARTITION BY buyer ORDER BY id) AS n FROM sale QUALIFY n = 2 ORDER BY buyer",
        "ann|2",
        "bob|2",
      ],
      [
        "SELECT buyer, SUM(qty) AS total FROM sale GROUP BY buyer QUALIFY RANK() OVER (ORDER BY SUM(qty) DESC) = 2",
        "bob|9",
      ],
      ["SELECT * FROM buyer QUALIFY ROW_NUMBER() OVER (ORDER BY name) = 1", "ann|Rome|t"],
      [
        "WITH last AS (SELECT id, buyer FROM sale QUALIFY ROW_NUMBER() OVER (PARTITION BY buyer ORDER BY id DESC) = 1) SELECT SUM(id) FROM last",
        "11",
      ],
    ],
    r_SELECT_list: [
      ["SELECT 2 AS a, a * 3 AS b, b + a AS c", "2|6|8"],
      ["SELECT qty + 1 AS more, more * 10 AS much FROM sale WHERE id = 1", "3|30"],
      [
        "SELECT UPPER(buyer) AS big, big || '!' AS loud, LEN(loud) AS l FROM sale WHERE id = 1",
        "ANN|ANN!|4",
      ],
      ["SELECT price * 2 AS qty, qty + 1 AS next FROM sale WHERE id = 1", "20.00|3"],
      ["SELECT x + 1 AS y, y + x AS z FROM (SELECT 5 AS x) s", "6|11"],
      ["SELECT TOP 2 id FROM sale ORDER BY id", "1", "2"],
      ["SELECT DISTINCT buyer FROM sale ORDER BY 1", "ann", "bob", "cid"],
      ["SELECT s.* FROM buyer s WHERE s.name = 'ann'", "ann|Rome|t"],
      ['SELECT id AS "number" FROM sale WHERE id = 1', "1"],
      ["SELECT 1 AS one", "1"],
    ],
    r_UNION: [
      ["SELECT 1 UNION SELECT 1", "1"],
      ["SELECT 1 UNION ALL SELECT 1", "1", "1"],
      ["SELECT buyer FROM sale INTERSECT SELECT name FROM buyer ORDER BY 1", "ann", "bob"],
      ["SELECT buyer FROM sale EXCEPT SELECT name FROM buyer", "cid"],
      ["SELECT buyer FROM sale MINUS SELECT name FROM buyer", "cid"],
      [
        "SELECT id FROM sale WHERE id = 1 UNION ALL SELECT id FROM sale WHERE id = 3 ORDER BY id DESC LIMIT 1",
        "3",
      ],
      ["(SELECT 1 AS a) UNION ALL (SELECT 2) ORDER BY a", "1", "2"],
    ],
    r_FROM_clause30: [
      [
        "SELECT s.id, b.city FROM sale s LEFT JOIN buyer b ON b.name = s.buyer WHERE s.id > 3 ORDER BY 1",
        "4|Oslo",
        "5|NULL",
      ],
      [
        "SELECT s.id, b.name FROM sale s RIGHT JOIN buyer b ON b.name = s.buyer WHERE s.id IS NULL",
        "NULL|eve",
      ],
      [
        "SELECT COUNT(*) FROM (SELECT id, buyer FROM sale) s FULL OUTER JOIN buyer b ON b.name = s.buyer",
        "6",
      ],
      ["SELECT COUNT(*) FROM sale CROSS JOIN buyer", "15"],
      ["SELECT COUNT(*) FROM sale s JOIN buyer b ON b.name = s.buyer AND b.active", "2"],
      ["SELECT COUNT(*) FROM (SELECT name AS buyer FROM buyer) b JOIN sale USING (buyer)", "4"],
      ["SELECT COUNT(*) FROM sale s, buyer b WHERE s.buyer = b.name", "4"],
      [
        "SELECT COUNT(*) FROM sale s LEFT JOIN (SELECT name, city FROM buyer) b ON b.name = s.buyer",
        "5",
      ],
    ],
    r_correlated_subqueries: [
      [
        "SELECT id FROM sale s WHERE qty = (SELECT MAX(x.qty) FROM sale x WHERE x.buyer = s.buyer) ORDER BY id",
        "1",
        "3",
      ],
      [
        "SELECT name FROM buyer b WHERE NOT EXISTS (SELECT 1 FROM sale s WHERE s.buyer = b.name)",
        "eve",
      ],
      [
        "SELECT name FROM buyer b WHERE EXISTS (SELECT 1 FROM sale s WHERE s.buyer = b.name) ORDER BY 1",
        "ann",
        "bob",
      ],
      [
        "SELECT name, (SELECT COUNT(*) FROM sale s WHERE s.buyer = b.name) FROM buyer b ORDER BY 1",
        "ann|2",
        "bob|2",
        "eve|0",
      ],
      ["SELECT name FROM buyer WHERE name NOT IN (SELECT buyer FROM sale) ORDER BY 1", "eve"],
      [
        "SELECT name FROM buyer WHERE EXISTS (SELECT 1 FROM sale WHERE buyer = name AND qty > 4)",
        "bob",
      ],
      ["SELECT id FROM sale WHERE qty = (SELECT MAX(qty) FROM sale WHERE id < 3)", "1"],
      [
        "SELECT name FROM buyer WHERE name IN (SELECT buyer FROM sale GROUP BY buyer HAVING SUM(qty) > 8)",
        "bob",
      ],
      ["SELECT id FROM sale WHERE qty > (SELECT AVG(qty) FROM sale) ORDER BY id", "3", "4"],
      ["DELETE FROM sale USING buyer WHERE sale.buyer = buyer.name AND sale.id = 99"],
      [
        "SELECT nspname FROM pg_namespace n WHERE EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid) AND nspname = 'pg_catalog'",
        "pg_catalog",
      ],
    ],
    "limitations-super": [
      [
        "SELECT s.id, s.s FROM sale s LEFT JOIN buyer b ON b.name = s.buyer WHERE s.id = 1",
        "1|NULL",
      ],
      ["SELECT COUNT(s.id) FROM sale s RIGHT JOIN buyer b ON b.name = s.buyer", "4"],
      ["SELECT 5::bool", "t"],
    ],
    r_WITH_clause: [
      ["WITH q AS (SELECT buyer, qty FROM sale WHERE qty > 3) SELECT SUM(qty) FROM q", "9"],
      ["WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT x, y FROM a, b", "1|2"],
      ["WITH q (n) AS (SELECT 7) SELECT n FROM q", "7"],
      [
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT SUM(i) FROM n",
        "6",
      ],
    ],
    r_ORDER_BY_clause: [
      ["SELECT id FROM sale ORDER BY qty NULLS FIRST LIMIT 1", "5"],
      ["SELECT id FROM sale ORDER BY id LIMIT 2 OFFSET 1", "2", "3"],
      ["SELECT id FROM sale ORDER BY 1 DESC LIMIT 1", "5"],
    ],
    r_HAVING_clause: [
      ["SELECT buyer FROM sale GROUP BY buyer HAVING COUNT(*) > 1 ORDER BY 1", "ann", "bob"],
      ["SELECT buyer, SUM(qty) FROM sale GROUP BY 1 HAVING SUM(qty) > 5", "bob|9"],
    ],
    r_Boolean_type: [
      ["SELECT name FROM buyer WHERE active IS TRUE", "ann"],
      ["SELECT name FROM buyer WHERE active IS NOT TRUE ORDER BY 1", "bob", "eve"],
      ["SELECT name FROM buyer WHERE active IS UNKNOWN", "eve"],
      ["SELECT name, active = true FROM buyer ORDER BY 1", "ann|t", "bob|f", "eve|NULL"],
      [
        "SELECT name, CASE WHEN active IS TRUE THEN 'y' WHEN active IS FALSE THEN 'n' ELSE '?' END FROM buyer ORDER BY 1",
        "ann|y",
        "bob|n",
        "eve|?",
      ],
      ["SELECT name FROM buyer WHERE NOT active", "bob"],
      ["SELECT 'yes'::boolean, 't'::bool, 0::bool, 1::boolean", "t|t|f|t"],
      ["SELECT name, city IS NULL FROM buyer ORDER BY 1", "ann|f", "bob|f", "eve|t"],
      ["SELECT name FROM buyer WHERE active = 'true'", "ann"],
    ],
  },
};

export default subject;

// Changing rows, transactions, settings and cursors.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE d (id int, name varchar(20), qty int DEFAULT 3)",
    "CREATE TABLE src (id int, name varchar(20), qty int)",
    "INSERT INTO src VALUES (1, 'one', 10), (2, 'two', 20)",
  ],
  accepted: {
    r_INSERT_30: [
      ["INSERT INTO d VALUES (1, 'a', 1)"],
      ["INSERT INTO d (id, name) VALUES (2, 'b'), (3, 'c')"],
      ["INSERT INTO d (id) VALUES (DEFAULT)"],
      ["INSERT INTO d SELECT * FROM src"],
      ["INSERT INTO d (id, name) SELECT id, 'copied' FROM src"],
      ["INSERT INTO d (SELECT id, name, qty FROM src)"],
      ["INSERT INTO d DEFAULT VALUES"],
      ["SELECT COUNT(*), COUNT(id), SUM(qty) FROM d", "11|9|79"],
    ],
    r_UPDATE: [
      ["UPDATE d SET qty = qty + 1 WHERE id = 1"],
      ["UPDATE d SET name = s.name, qty = s.qty FROM src s WHERE s.id = d.id"],
      ["UPDATE d SET qty = DEFAULT WHERE id = 3"],
      ["UPDATE d SET name = (SELECT MAX(name) FROM src) WHERE id IS NULL"],
      [
        "SELECT DISTINCT id, name, qty FROM d WHERE id IS NOT NULL ORDER BY 1",
        "1|one|10",
        "2|two|20",
        "3|c|3",
      ],
    ],
    r_DELETE: [
      ["DELETE FROM d USING src WHERE d.id = src.id AND src.qty > 15"],
      ["DELETE d WHERE id = 3"],
      ["DELETE FROM d WHERE id IN (SELECT id FROM src WHERE id = 99)"],
      ["DELETE FROM d WHERE id IS NULL"],
      ["SELECT id, qty FROM d ORDER BY id", "1|10", "1|10", "1|10", "1|10"],
    ],
    r_MERGE: [
      ["CREATE TABLE target (id int, name varchar(20), qty int)"],
      [
        "MERGE INTO target USING src ON target.id = src.id WHEN MATCHED THEN UPDATE SET name = src.name WHEN NOT MATCHED THEN INSERT VALUES (src.id, src.name, src.qty)",
      ],
      [
        "MERGE INTO target USING src AS s ON target.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
      ],
      ["SELECT COUNT(*) FROM target", "0"],
    ],
    "merge-replacing-existing-rows": [
      ["CREATE TEMP TABLE stage (LIKE target)"],
      ["INSERT INTO stage SELECT * FROM src"],
      ["BEGIN"],
      ["DELETE FROM target USING stage WHERE target.id = stage.id"],
      ["INSERT INTO target SELECT * FROM stage"],
      ["END"],
      ["SELECT id, name, qty FROM target ORDER BY id", "1|one|10", "2|two|20"],
      ["DROP TABLE stage"],
    ],
    r_BEGIN: [
      ["BEGIN"],
      ["SELECT 1", "1"],
      ["COMMIT"],
      ["START TRANSACTION"],
      ["ROLLBACK"],
      ["BEGIN ISOLATION LEVEL SERIALIZABLE"],
      ["COMMIT"],
      ["BEGIN TRANSACTION READ ONLY"],
      ["END TRANSACTION"],
      ["BEGIN READ WRITE"],
      ["ABORT"],
    ],
    r_LOCK: [["BEGIN"], ["LOCK target"], ["LOCK TABLE d, src"], ["COMMIT"]],
    declare: [
      ["BEGIN"],
      ["DECLARE c CURSOR FOR SELECT id FROM src ORDER BY id"],
      ["FETCH FORWARD 1 FROM c", "1"],
      ["FETCH NEXT FROM c", "2"],
      ["CLOSE c"],
      ["COMMIT"],
    ],
    r_PREPARE: [
      ["PREPARE pick (int) AS SELECT name FROM src WHERE id = $1"],
      ["EXECUTE pick (2)", "two"],
      ["DEALLOCATE pick"],
    ],
    r_SET: [
      ["SET query_group TO 'corpus'"],
      ["SHOW query_group", "corpus"],
      ["RESET query_group"],
      ["SET statement_timeout TO 60000"],
      ["SET timezone TO 'UTC'"],
      ["SET datestyle TO 'ISO'"],
      ["SET enable_case_sensitive_identifier TO true"],
      ["RESET enable_case_sensitive_identifier"],
      ["SET enable_result_cache_for_session TO off"],
      ["SET extra_float_digits TO 0"],
      ["RESET ALL"],
      ["SET search_path TO accepted_dml"],
    ],
    r_EXPLAIN: [["EXPLAIN SELECT id FROM src"]],
    r_CURRENT_USER: [["SELECT CURRENT_USER, SESSION_USER, CURRENT_DATABASE()", "admin|admin|dev"]],
    PG_BACKEND_PID: [["SELECT PG_BACKEND_PID() > 0", "t"]],
    PG_LAST_COPY_COUNT: [["SELECT PG_LAST_COPY_COUNT()", "0"]],
  },
};

export default subject;

// The catalogue, and shapes that Tidegate sends.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE shop (id bigint NOT NULL, name varchar(30), price numeric(12,4), active boolean, tags super, seen_at timestamp) DISTKEY (id) SORTKEY (id)",
    "INSERT INTO shop VALUES (1, 'a', 1.5, true, JSON_PARSE('[1]'), '2024-01-01 00:00:00'), (2, 'b ', NULL, false, NULL, NULL)",
    "CREATE TABLE snap (row_key varchar(1024), c0 bigint, c1 varchar(30))",
    "INSERT INTO snap VALUES ('2', 2, 'b'), ('9', 9, 'gone')",
    "CREATE TABLE state (fence bigint NOT NULL, revision bigint NOT NULL, run_id varchar(64), committed_at timestamp)",
  ],
  accepted: {
    r_SVV_ALL_SCHEMAS: [
      [
        "SELECT schema_name FROM svv_all_schemas WHERE database_name = 'dev' AND schema_name = 'accepted_catalogue'",
        "accepted_catalogue",
      ],
    ],
    r_SVV_ALL_TABLES: [
      [
        "SELECT table_name, table_type FROM svv_all_tables WHERE schema_name = 'accepted_catalogue' ORDER BY 1",
        "shop|TABLE",
        "snap|TABLE",
        "state|TABLE",
      ],
    ],
    r_SVV_ALL_COLUMNS: [
      [
        "SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale FROM svv_all_columns WHERE database_name = 'dev' AND schema_name = 'accepted_catalogue' AND table_name = 'shop' ORDER BY ordinal_position",
        "id|bigint|NULL|64|0",
        "name|character varying|30|NULL|NULL",
        "price|numeric|NULL|12|4",
        "active|boolean|NULL|NULL|NULL",
        "tags|super|NULL|NULL|NULL",
        "seen_at|timestamp without time zone|NULL|NULL|NULL",
      ],
    ],
    r_SVV_COLUMNS: [
      [
        "SELECT column_name, is_nullable FROM svv_columns WHERE table_schema = 'accepted_catalogue' AND table_name = 'state' ORDER BY ordinal_position",
        "fence|NO",
        "revision|NO",
        "run_id|YES",
        "committed_at|YES",
      ],
    ],
    r_SVV_TABLES: [
      [
        "SELECT table_name FROM svv_tables WHERE table_schema = 'accepted_catalogue' AND table_type = 'BASE TABLE' ORDER BY 1",
        "shop",
        "snap",
        "state",
      ],
    ],
    r_PG_TABLE_DEF: [
      [
        "SELECT \"column\", type, distkey, sortkey, \"notnull\" FROM pg_table_def WHERE schemaname = 'accepted_catalogue' AND tablename = 'shop' AND sortkey > 0",
        "id|bigint|t|1|t",
      ],
    ],
    r_HAS_SCHEMA_PRIVILEGE: [
      [
        "SELECT HAS_SCHEMA_PRIVILEGE(CURRENT_USER, 'accepted_catalogue', 'USAGE'), HAS_TABLE_PRIVILEGE('accepted_catalogue.shop', 'SELECT')",
        "t|t",
      ],
      [
        "SELECT nspname, HAS_SCHEMA_PRIVILEGE(CURRENT_USER, nspname, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = 'accepted_catalogue'",
        "accepted_catalogue|t",
      ],
    ],
    c_join_PG: [
      [
        "SELECT schemaname, tableowner, COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = 'accepted_catalogue' GROUP BY schemaname, tableowner",
        "accepted_catalogue|admin|3",
      ],
      [
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'accepted_catalogue' AND c.relkind = 'r' ORDER BY 1",
        "shop",
        "snap",
        "state",
      ],
      [
        "SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'snap' AND a.attnum > 0 ORDER BY a.attnum",
        "row_key",
        "c0",
        "c1",
      ],
    ],
    r_STL_LOAD_ERRORS: [
      ["SELECT COUNT(*) FROM stl_load_errors WHERE starttime > '2100-01-01'", "0"],
    ],
    SYS_LOAD_ERROR_DETAIL: [
      ["SELECT COUNT(*) FROM sys_load_error_detail WHERE start_time > '2100-01-01'", "0"],
    ],
    r_SVV_REDSHIFT_DATABASES: [
      [
        "SELECT database_name, database_isolation_level FROM svv_redshift_databases WHERE database_name = 'dev'",
        "dev|Snapshot Isolation",
      ],
    ],
    r_WF_ROW_NUMBER: [
      [
        "CREATE TABLE changes DISTSTYLE EVEN SORTKEY (seq) AS SELECT ROW_NUMBER() OVER (ORDER BY x.row_key) AS seq, x.row_key, MD5('salt:' || COALESCE(LEFT(x.row_key, 1024), '')) AS message_id, x.op, CASE WHEN x.row_key IS NULL THEN 'null-key' WHEN OCTET_LENGTH(x.row_key) > 1024 THEN 'long-key' END AS mark, x.c0, x.c1 FROM (SELECT r.row_key AS row_key, CASE WHEN p.row_key IS NULL THEN 'insert' ELSE 'update' END AS op, r.c0 AS c0, r.c1 AS c1 FROM (SELECT CAST(id AS varchar) AS row_key, id AS c0, name AS c1 FROM shop) r LEFT JOIN snap p ON p.c0 = r.c0 WHERE p.row_key IS NULL OR CASE WHEN r.c1 = p.c1 AND OCTET_LENGTH(r.c1) = OCTET_LENGTH(p.c1) OR r.c1 IS NULL AND p.c1 IS NULL THEN 0 ELSE 1 END = 1) x",
      ],
      [
        "SELECT seq, row_key, op, mark, c0, OCTET_LENGTH(c1) FROM changes ORDER BY seq",
        "1|1|insert|NULL|1|1",
        "2|2|update|NULL|2|2",
      ],
      ["SELECT op, COUNT(*) FROM changes GROUP BY op ORDER BY op", "insert|1", "update|1"],
    ],
    "merge-replacing-existing-rows": [
      ["DELETE FROM snap USING changes s WHERE snap.c0 = s.c0"],
      [
        "INSERT INTO snap (row_key, c0, c1) SELECT s.row_key, s.c0, s.c1 FROM (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY t.row_key ORDER BY t.seq DESC) AS nth FROM changes t) s WHERE s.nth = 1",
      ],
      ["SELECT row_key FROM snap ORDER BY 1", "1", "2", "9"],
      ["INSERT INTO state VALUES (7, 0, NULL, NULL)"],
      ["UPDATE state SET fence = 8, committed_at = GETDATE()"],
      [
        "SELECT fence, CASE WHEN committed_at > GETDATE() - INTERVAL '24 hours' THEN 1 ELSE 0 END FROM state ORDER BY fence DESC LIMIT 1",
        "8|1",
      ],
      ["ALTER TABLE shop ADD COLUMN price__tidegate numeric(20,4)"],
      ["UPDATE shop SET price__tidegate = CAST(price AS numeric(20,4))"],
      ["ALTER TABLE shop DROP COLUMN price"],
      ["ALTER TABLE shop RENAME COLUMN price__tidegate TO price"],
      [
        "SELECT id, price, CASE WHEN active THEN 't' WHEN NOT active THEN 'f' END FROM shop ORDER BY id",
        "1|1.5000|t",
        "2|NULL|f",
      ],
      ["SELECT COUNT(*) FROM (SELECT 1 FROM shop LIMIT 1) one", "1"],
      [
        "SELECT row_key FROM (SELECT CAST(id AS varchar) AS row_key FROM shop) k WHERE row_key IS NOT NULL GROUP BY row_key HAVING COUNT(*) > 1",
      ],
      ["SELECT COALESCE(JSON_SIZE(tags) > 65535, false) FROM shop ORDER BY id", "f", "f"],
      [
        "SELECT CASE WHEN JSON_SIZE(tags) > 65535 THEN NULL ELSE JSON_SERIALIZE(tags) END FROM shop ORDER BY id",
        "[1]",
        "NULL",
      ],
    ],
    r_SHOW_COLUMNS: [
      [
        "SHOW COLUMNS FROM TABLE dev.accepted_catalogue.state",
        "dev|accepted_catalogue|state|fence|1|NULL|NO|bigint|NULL|64|0|NULL",
        "dev|accepted_catalogue|state|revision|2|NULL|NO|bigint|NULL|64|0|NULL",
        "dev|accepted_catalogue|state|run_id|3|NULL|YES|character varying|64|NULL|NULL|NULL",
        "dev|accepted_catalogue|state|committed_at|4|NULL|YES|timestamp without time zone|NULL|NULL|NULL|NULL",
      ],
      [
        "SHOW COLUMNS FROM TABLE accepted_catalogue.state LIKE 'run%'",
        "dev|accepted_catalogue|state|run_id|3|NULL|YES|character varying|64|NULL|NULL|NULL",
      ],
      [
        "SHOW COLUMNS FROM TABLE dev.accepted_catalogue.state LIMIT 1",
        "dev|accepted_catalogue|state|fence|1|NULL|NO|bigint|NULL|64|0|NULL",
      ],
    ],
    r_SHOW_TABLES: [
      [
        "SHOW TABLES FROM SCHEMA dev.accepted_catalogue LIKE 'sn%'",
        "dev|accepted_catalogue|snap|TABLE|NULL|NULL",
      ],
    ],
    r_SHOW_SCHEMAS: [["SHOW SCHEMAS FROM DATABASE dev LIKE 'accepted_catalogue'"]],
    r_HAS_TABLE_PRIVILEGE: [
      [
        "SELECT HAS_TABLE_PRIVILEGE(c.oid, 'SELECT'), HAS_TABLE_PRIVILEGE(CURRENT_USER, c.oid, 'INSERT') FROM pg_class c WHERE c.relname = 'snap'",
        "t|t",
      ],
      [
        "SELECT n.nspname, HAS_SCHEMA_PRIVILEGE(CURRENT_USER, n.oid, 'USAGE'), HAS_SCHEMA_PRIVILEGE(n.oid, 'CREATE') FROM pg_namespace n WHERE n.nspname = 'accepted_catalogue'",
        "accepted_catalogue|t|t",
      ],
      ["SELECT HAS_TABLE_PRIVILEGE('accepted_catalogue.snap', 'SELECT')", "t"],
    ],
  },
};

export default subject;

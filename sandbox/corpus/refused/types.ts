// Types and casts that a cluster has not.
import type { RefusedSubject } from "../corpus";

const subject: RefusedSubject = {
  setup: [
    "CREATE TABLE t (id int, flag boolean, name varchar(10), s super, d date)",
    "INSERT INTO t VALUES (1, true, 'x', NULL, '2024-01-01')",
  ],
  refused: {
    "dimitri/pgloader #1549": [
      ["SELECT flag::text FROM t", "42846 cannot cast type boolean to character varying"],
      ["SELECT flag::varchar FROM t", "42846 cannot cast type boolean to character varying"],
      ["SELECT flag::varchar(10) FROM t", "42846 cannot cast type boolean to character varying"],
      [
        "SELECT CAST(flag AS varchar) FROM t",
        "42846 cannot cast type boolean to character varying",
      ],
    ],
    "elementary-data/elementary #1540": [
      ["SELECT CAST(TRUE AS varchar)", "42846 cannot cast type boolean to character varying"],
      [
        "SELECT CAST(id > 1 AS varchar(5)) FROM t",
        "42846 cannot cast type boolean to character varying",
      ],
      [
        "INSERT INTO t (name) SELECT flag::varchar FROM t",
        "42846 cannot cast type boolean to character varying",
      ],
      ["UPDATE t SET name = flag::varchar", "42846 cannot cast type boolean to character varying"],
    ],
    "dbt-labs/dbt-utils #1016": [
      [
        "SELECT MD5(COALESCE(CAST(flag AS varchar), '')) FROM t",
        "42846 cannot cast type boolean to character varying",
      ],
      [
        "SELECT COALESCE(flag::text, 'none') FROM t",
        "42846 cannot cast type boolean to character varying",
      ],
    ],
    "datafold/data-diff #280": [
      ["SELECT flag::char(5) FROM t", "42846 cannot cast type boolean to character"],
      ["SELECT flag || 'x' FROM t", "42883 operator does not exist: boolean || character varying"],
      ["SELECT 'x' || flag FROM t", "42883 operator does not exist: character varying || boolean"],
      ["SELECT CONCAT(name, flag) FROM t", /^42846 /],
      ["INSERT INTO t (name) SELECT flag FROM t", /^42846 /],
      ["UPDATE t SET name = flag", /^42846 /],
    ],
    "dbcli/pgcli #588": [
      ["SELECT name::boolean FROM t", "42846 cannot cast type character varying to boolean"],
      ["SELECT CAST(name AS bool) FROM t", "42846 cannot cast type character varying to boolean"],
      ["SELECT 'true'::varchar::boolean", "42846 cannot cast type character varying to boolean"],
    ],
    "metabase/metabase #80004": [
      ["SELECT id FROM t WHERE name = true", /^42883 /],
      ["SELECT id FROM t WHERE flag = 1", /^42883 /],
    ],
    "c_unsupported-postgresql-datatypes": [
      ["CREATE TABLE x (a bytea)", /^0A000 /],
      ["CREATE TABLE x (a json)", /^0A000 /],
      ["CREATE TABLE x (a jsonb)", /^0A000 /],
      ["CREATE TABLE x (a uuid)", /^0A000 /],
      ["CREATE TABLE x (a xml)", /^0A000 /],
      ["CREATE TABLE x (a inet)", /^0A000 /],
      ["CREATE TABLE x (a cidr)", /^0A000 /],
      ["CREATE TABLE x (a money)", /^0A000 /],
      ["CREATE TABLE x (a serial)", /^0A000 /],
      ["CREATE TABLE x (a bigserial)", /^0A000 /],
      ["CREATE TABLE x (a int[])", /^42601 /],
      ["CREATE TABLE x (a bit(3))", /^0A000 /],
      ["CREATE TABLE x (a point)", /^0A000 /],
      ["CREATE TABLE x (a tsvector)", /^0A000 /],
      ["CREATE TABLE x (a int4range)", /^0A000 /],
      ["CREATE TABLE x (a name)", /^0A000 /],
      ["CREATE TABLE x (a hstore)", /^0A000 /],
      ["SELECT '{}'::json", /^0A000 /],
      ["SELECT '{}'::jsonb", /^0A000 /],
      ["SELECT 'x'::uuid", /^0A000 /],
      ["SELECT '1.2.3.4'::inet", /^0A000 /],
      ["SELECT '\\\\x00'::bytea", /^0A000 /],
      ["SELECT B'101'", /^0A000 /],
    ],
    r_Character_types: [
      ["CREATE TABLE x (a varchar(65536))", /^22023 /],
      ["CREATE TABLE x (a char(4097))", /^22023 /],
      ["CREATE TABLE x (a varchar(0))", /^22023 /],
      [
        "INSERT INTO t (name) VALUES ('12345678901')",
        "22001 value too long for type character varying(10)",
      ],
      [
        "INSERT INTO t (name) VALUES ('éééééé')",
        "22001 value too long for type character varying(10)",
      ],
    ],
    r_Numeric_types201: [
      ["CREATE TABLE x (a numeric(39,0))", /^22023 /],
      ["CREATE TABLE x (a numeric(10,11))", /^22023 /],
      ["SELECT 32768::smallint", "22003 smallint out of range"],
      ["SELECT 2147483648::int", "22003 integer out of range"],
      ["SELECT 'abc'::int", '22P02 invalid input syntax for type integer: "abc"'],
      ["SELECT 12345::numeric(4,2)", "22003 numeric field overflow"],
      ["SELECT 1 / 0", "22012 division by zero"],
    ],
    r_Datetime_types: [
      ["SELECT 'infinity'::timestamp", /^22007 /],
      ["SELECT '-infinity'::date", /^22007 /],
      ["SELECT CAST('infinity' AS timestamptz)", /^22007 /],
      ["SELECT '2024-02-30'::date", /^22008 /],
      ["CREATE TABLE x (a timestamp(3))", /^42601 /],
      ["CREATE TABLE x (a time(0))", /^42601 /],
    ],
    "airbytehq/airbyte #16412": [
      [
        "SELECT REPEAT('a', 65535) || 'b'",
        "22001 CONCAT() result too long for type varchar(65535)",
      ],
      [
        "SELECT CONCAT(REPEAT('a', 40000), REPEAT('b', 40000))",
        "22001 CONCAT() result too long for type varchar(65535)",
      ],
      [
        "SELECT LEN(REPEAT('é', 32768) || 'x')",
        "22001 CONCAT() result too long for type varchar(65535)",
      ],
      [
        "SELECT MD5(REPEAT('a', 65535) || name) FROM t",
        "22001 CONCAT() result too long for type varchar(65535)",
      ],
    ],
    r_CONCAT: [
      ["SELECT CONCAT('a', 'b', 'c')", /^42883 /],
      ["SELECT CONCAT('a')", /^42883 /],
    ],
    r_LISTAGG: [
      [
        "SELECT LISTAGG(REPEAT('a', 40000), ',') FROM (SELECT 1 AS x UNION ALL SELECT 2) s",
        "XX000 Result size exceeds LISTAGG limit",
      ],
    ],
    REGEXP_REPLACE: [["SELECT REGEXP_REPLACE('a', 'a', 'b', 'g')", /^22P02 /]],
    "c_unsupported-postgresql-functions": [
      ["SELECT STRING_TO_TABLE('a,b', ',')", /^42883 /],
      ["SELECT GEN_RANDOM_UUID()", /^42883 /],
      ["SELECT TO_JSON(1)", /^42883 /],
      ["SELECT ROW_TO_JSON(t) FROM t", /^42883 /],
      ["SELECT JSONB_BUILD_OBJECT('a', 1)", /^42883 /],
      ["SELECT FORMAT('%s', 'x')", /^42883 /],
      ["SELECT CONCAT_WS(',', 'a', 'b')", /^42883 /],
      ["SELECT ENCODE('a', 'hex')", /^42883 /],
      ["SELECT CLOCK_TIMESTAMP()", /^42883 /],
      ["SELECT MAKE_DATE(2024, 1, 1)", /^42883 /],
      ["SELECT JUSTIFY_DAYS(INTERVAL '40 days')", /^42883 /],
      ["SELECT NEXTVAL('seq')", /^42883 /],
      ["SELECT PG_SLEEP(1)", /^42883 /],
      ["SELECT UNNEST(STRING_TO_ARRAY('a,b', ','))", /^42883 /],
      ["SELECT TO_TSVECTOR('a')", /^42883 /],
      ["SELECT PG_RELATION_SIZE('t')", /^42883 /],
      ["SELECT PG_ADVISORY_LOCK(1)", /^42883 /],
    ],
  },
};

export default subject;

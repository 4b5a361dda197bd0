-- SUPER and VARBYTE as types of their own. Run once per database: types cannot be replaced.
-- SUPER keeps JSON text as it is (so numbers stay exact); VARBYTE keeps hexadecimal digits, its own form of output.
SET allow_system_table_mods = on;

CREATE COLLATION pg_catalog.case_insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

CREATE TYPE pg_catalog.super;
CREATE FUNCTION pg_catalog.rs_super_in(cstring) RETURNS pg_catalog.super LANGUAGE internal IMMUTABLE STRICT AS 'json_in';
CREATE FUNCTION pg_catalog.rs_super_out(pg_catalog.super) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'json_out';
CREATE FUNCTION pg_catalog.rs_super_recv(internal) RETURNS pg_catalog.super LANGUAGE internal STABLE STRICT AS 'json_recv';
CREATE FUNCTION pg_catalog.rs_super_send(pg_catalog.super) RETURNS bytea LANGUAGE internal STABLE STRICT AS 'json_send';
CREATE TYPE pg_catalog.super (INPUT = rs_super_in, OUTPUT = rs_super_out, RECEIVE = rs_super_recv, SEND = rs_super_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended);
CREATE CAST (pg_catalog.super AS json) WITHOUT FUNCTION;
CREATE CAST (json AS pg_catalog.super) WITHOUT FUNCTION;

CREATE TYPE pg_catalog.varbyte;
CREATE FUNCTION pg_catalog.rs_varbyte_in(cstring) RETURNS pg_catalog.varbyte LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION pg_catalog.rs_varbyte_out(pg_catalog.varbyte) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE pg_catalog.varbyte (INPUT = rs_varbyte_in, OUTPUT = rs_varbyte_out, TYPMOD_IN = varchartypmodin,
  TYPMOD_OUT = varchartypmodout, INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended);

-- Comparison by bytes, so that GROUP BY, DISTINCT and = work. bytea's functions need no collation.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['super', 'varbyte'] LOOP
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_eq(%1$s, %1$s) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS ''byteaeq''', t);
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_ne(%1$s, %1$s) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS ''byteane''', t);
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_lt(%1$s, %1$s) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS ''bytealt''', t);
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_le(%1$s, %1$s) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS ''byteale''', t);
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_gt(%1$s, %1$s) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS ''byteagt''', t);
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_ge(%1$s, %1$s) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS ''byteage''', t);
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_cmp(%1$s, %1$s) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS ''byteacmp''', t);
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_hash(%1$s) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS ''hashvarlena''', t);
    EXECUTE format('CREATE OPERATOR pg_catalog.= (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = rs_%1$s_eq, COMMUTATOR = =, NEGATOR = <>, HASHES, MERGES)', t);
    EXECUTE format('CREATE OPERATOR pg_catalog.<> (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = rs_%1$s_ne, COMMUTATOR = <>)', t);
    EXECUTE format('CREATE OPERATOR pg_catalog.< (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = rs_%1$s_lt)', t);
    EXECUTE format('CREATE OPERATOR pg_catalog.<= (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = rs_%1$s_le)', t);
    EXECUTE format('CREATE OPERATOR pg_catalog.> (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = rs_%1$s_gt, COMMUTATOR = <)', t);
    EXECUTE format('CREATE OPERATOR pg_catalog.>= (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = rs_%1$s_ge, COMMUTATOR = <=)', t);
    EXECUTE format('CREATE OPERATOR CLASS pg_catalog.rs_%1$s_ops DEFAULT FOR TYPE %1$s USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 rs_%1$s_cmp(%1$s, %1$s)', t);
    EXECUTE format('CREATE OPERATOR CLASS pg_catalog.rs_%1$s_hash_ops DEFAULT FOR TYPE %1$s USING hash AS OPERATOR 1 =, FUNCTION 1 rs_%1$s_hash(%1$s)', t);
  END LOOP;
END $$;

-- A character string put into a SUPER column becomes a JSON string: JSON text needs JSON_PARSE.
CREATE FUNCTION pg_catalog.rs_super_of(text) RETURNS pg_catalog.super LANGUAGE sql IMMUTABLE STRICT RETURN to_json($1)::pg_catalog.super;
CREATE FUNCTION pg_catalog.rs_super_of(varchar) RETURNS pg_catalog.super LANGUAGE sql IMMUTABLE STRICT RETURN to_json($1)::pg_catalog.super;
CREATE FUNCTION pg_catalog.rs_super_of(bigint) RETURNS pg_catalog.super LANGUAGE sql IMMUTABLE STRICT RETURN to_json($1)::pg_catalog.super;
CREATE FUNCTION pg_catalog.rs_super_of(integer) RETURNS pg_catalog.super LANGUAGE sql IMMUTABLE STRICT RETURN to_json($1)::pg_catalog.super;
CREATE FUNCTION pg_catalog.rs_super_of(numeric) RETURNS pg_catalog.super LANGUAGE sql IMMUTABLE STRICT RETURN to_json($1)::pg_catalog.super;
CREATE FUNCTION pg_catalog.rs_super_of(double precision) RETURNS pg_catalog.super LANGUAGE sql IMMUTABLE STRICT RETURN to_json($1)::pg_catalog.super;
CREATE FUNCTION pg_catalog.rs_super_of(boolean) RETURNS pg_catalog.super LANGUAGE sql IMMUTABLE STRICT RETURN to_json($1)::pg_catalog.super;
CREATE CAST (text AS pg_catalog.super) WITH FUNCTION pg_catalog.rs_super_of(text) AS ASSIGNMENT;
CREATE CAST (varchar AS pg_catalog.super) WITH FUNCTION pg_catalog.rs_super_of(varchar) AS ASSIGNMENT;
CREATE CAST (bigint AS pg_catalog.super) WITH FUNCTION pg_catalog.rs_super_of(bigint) AS ASSIGNMENT;
CREATE CAST (integer AS pg_catalog.super) WITH FUNCTION pg_catalog.rs_super_of(integer) AS ASSIGNMENT;
CREATE CAST (numeric AS pg_catalog.super) WITH FUNCTION pg_catalog.rs_super_of(numeric) AS ASSIGNMENT;
CREATE CAST (double precision AS pg_catalog.super) WITH FUNCTION pg_catalog.rs_super_of(double precision) AS ASSIGNMENT;
CREATE CAST (boolean AS pg_catalog.super) WITH FUNCTION pg_catalog.rs_super_of(boolean) AS ASSIGNMENT;

-- And back: a scalar becomes its text, anything else its JSON.
CREATE FUNCTION pg_catalog.rs_super_text(pg_catalog.super) RETURNS text LANGUAGE sql IMMUTABLE STRICT
  RETURN CASE json_typeof($1::json) WHEN 'string' THEN $1::json #>> '{}' ELSE json_out($1::json)::text END;
CREATE FUNCTION pg_catalog.rs_super_varchar(pg_catalog.super) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT
  RETURN pg_catalog.rs_super_text($1)::varchar;
CREATE CAST (pg_catalog.super AS text) WITH FUNCTION pg_catalog.rs_super_text(pg_catalog.super);
CREATE CAST (pg_catalog.super AS varchar) WITH FUNCTION pg_catalog.rs_super_varchar(pg_catalog.super);

-- Functions PostgreSQL has too, but with another answer.
ALTER FUNCTION pg_catalog.version() RENAME TO rs_postgres_version;

CREATE SCHEMA pg_automv;
CREATE SCHEMA pg_auto_copy;
CREATE SCHEMA pg_mv;
CREATE SCHEMA pg_s3;
CREATE SCHEMA catalog_history;
GRANT USAGE ON SCHEMA pg_internal TO PUBLIC;
GRANT CREATE ON SCHEMA public TO PUBLIC;

CREATE TABLE pg_internal.long_names (short text PRIMARY KEY, full_name text NOT NULL);
GRANT SELECT ON pg_internal.long_names TO PUBLIC;

CREATE SEQUENCE pg_internal.query_ids START 100;
CREATE TABLE pg_internal.load_errors (
  userid integer, username text, slice integer DEFAULT 0, tbl integer, starttime timestamp DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
  session integer, query integer, transaction_id bigint, filename text, line_number bigint, colname text, type text,
  col_length text, position integer, raw_line text, raw_field_value text, err_code integer, err_reason text);
CREATE TABLE pg_internal.loads (
  userid integer, session integer, query integer, status text, table_name text, start_time timestamp, end_time timestamp,
  data_source text, file_format text, loaded_rows bigint, loaded_bytes bigint, file_count integer, error_count bigint);
CREATE TABLE pg_internal.load_files (
  userid integer, query integer, filename text, lines_scanned bigint, errors bigint,
  curtime timestamp DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'), status integer, file_format text);

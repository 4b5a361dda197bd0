-- Where Redshift's operators, casts and functions answer otherwise than PostgreSQL's own, the own ones are put aside or
-- pointed elsewhere. Run at every change, before the functions, so each part may meet its own work.
SET allow_system_table_mods = on;

-- VARCHAR and CHAR are compared without their trailing blanks (AWS's page r_Character_types). PostgreSQL's functions for
-- blank-padded text do just that and read the same bytes, so the operators and operator classes of text point at them.
UPDATE pg_catalog.pg_operator SET oprcode = CASE oprname WHEN '=' THEN 'bpchareq' WHEN '<>' THEN 'bpcharne' WHEN '<' THEN 'bpcharlt' WHEN '<=' THEN 'bpcharle'
    WHEN '>' THEN 'bpchargt' ELSE 'bpcharge' END::regproc
  WHERE oprleft = 'text'::regtype AND oprright = 'text'::regtype AND oprname IN ('=', '<>', '<', '<=', '>', '>=') AND oprnamespace = 'pg_catalog'::regnamespace;
UPDATE pg_catalog.pg_amproc SET amproc = CASE amproc::text WHEN 'bttextcmp' THEN 'bpcharcmp' WHEN 'bttextsortsupport' THEN 'bpchar_sortsupport' WHEN 'hashtext' THEN 'hashbpchar'
    ELSE 'hashbpcharextended' END::regproc
  WHERE amproclefttype = 'text'::regtype AND amprocrighttype = 'text'::regtype AND amproc::text IN ('bttextcmp', 'bttextsortsupport', 'hashtext', 'hashtextextended');

-- No cast between boolean and text (42846 reported: dimitri/pgloader #1549, elementary-data/elementary #1540, dbcli/pgcli #588).
-- PostgreSQL would fall back to input and output functions where no cast is listed, so these casts name a function that is
-- not there: the statement then fails while its types are resolved, as on Redshift. The proxy puts the error in words.
DO $$
DECLARE pair record;
BEGIN
  FOR pair IN SELECT * FROM (VALUES ('text', 999004), ('varchar', 999005), ('bpchar', 999006)) AS p(source, number) LOOP
    IF NOT EXISTS (SELECT FROM pg_cast WHERE castsource = pair.source::regtype AND casttarget = 'boolean'::regtype) THEN
      EXECUTE format('CREATE FUNCTION pg_catalog.rs_bool_of(%s) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN NULL::boolean', pair.source);
      EXECUTE format('CREATE CAST (%s AS boolean) WITH FUNCTION pg_catalog.rs_bool_of(%s)', pair.source, pair.source);
    END IF;
    UPDATE pg_cast SET castfunc = pair.number WHERE castsource = pair.source::regtype AND casttarget = 'boolean'::regtype;
  END LOOP;
  UPDATE pg_cast SET castfunc = CASE casttarget WHEN 'text'::regtype THEN 999001 WHEN 'varchar'::regtype THEN 999002 ELSE 999003 END
    WHERE castsource = 'boolean'::regtype AND casttarget IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype);
END $$;

-- No text is longer than 65,535 bytes, on the way to a column either. A domain's check is cheap and names what was too long.
DO $$
BEGIN
  IF to_regtype('pg_catalog.rs_text') IS NULL THEN
    CREATE DOMAIN pg_catalog.rs_text AS text CONSTRAINT rs_long_concat CHECK (octet_length(VALUE) <= 65535);
    CREATE DOMAIN pg_catalog.rs_json_text AS text CONSTRAINT rs_long_json CHECK (octet_length(VALUE) <= 65535);
    CREATE DOMAIN pg_catalog.rs_list_text AS text CONSTRAINT rs_long_list CHECK (octet_length(VALUE) <= 65535);
  END IF;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.rs_concat(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN textcat($1, $2)::pg_catalog.rs_text::text;
UPDATE pg_catalog.pg_operator SET oprcode = 'pg_catalog.rs_concat'::regproc
  WHERE oprname = '||' AND oprleft = 'text'::regtype AND oprright = 'text'::regtype AND oprnamespace = 'pg_catalog'::regnamespace;
CREATE OR REPLACE FUNCTION pg_catalog.textanycat(text, anynonarray) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS 'SELECT $1 || $2::text';
CREATE OR REPLACE FUNCTION pg_catalog.anytextcat(anynonarray, text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS 'SELECT $1::text || $2';
-- A boolean is not concatenated: no implicit cast leads from it to text.
DO $$
BEGIN
  IF to_regoperator('pg_catalog.||(boolean, text)') IS NULL THEN
    CREATE FUNCTION pg_catalog.rs_bool_concat(boolean, text) RETURNS text LANGUAGE sql IMMUTABLE RETURN NULL::text;
    CREATE FUNCTION pg_catalog.rs_bool_concat(text, boolean) RETURNS text LANGUAGE sql IMMUTABLE RETURN NULL::text;
    CREATE OPERATOR pg_catalog.|| (LEFTARG = boolean, RIGHTARG = text, FUNCTION = pg_catalog.rs_bool_concat);
    CREATE OPERATOR pg_catalog.|| (LEFTARG = text, RIGHTARG = boolean, FUNCTION = pg_catalog.rs_bool_concat);
  END IF;
  UPDATE pg_operator SET oprcode = CASE oprleft WHEN 'boolean'::regtype THEN 999007 ELSE 999008 END WHERE oid IN ('pg_catalog.||(boolean, text)'::regoperator, 'pg_catalog.||(text, boolean)'::regoperator);
END $$;

-- PostgreSQL's own of these are kept under another name, out of the way.
UPDATE pg_catalog.pg_proc SET proname = 'rs_pg_' || proname
  WHERE oid < 16384 AND pronamespace = 'pg_catalog'::regnamespace AND (proname IN ('concat', 'regexp_replace')
    OR proname = 'avg' AND proargtypes[0] IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype));

-- CONCAT takes two arguments and is NULL when one of them is (r_CONCAT).
CREATE OR REPLACE FUNCTION pg_catalog.concat(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN $1 || $2;
CREATE OR REPLACE FUNCTION pg_catalog.concat(anynonarray, text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT $1::text || $2';
CREATE OR REPLACE FUNCTION pg_catalog.concat(text, anynonarray) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT $1 || $2::text';

-- REGEXP_REPLACE replaces every occurrence (REGEXP_REPLACE); $1 in the replacement stands for a group.
CREATE OR REPLACE FUNCTION pg_catalog.rs_replacement(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN pg_catalog.rs_pg_regexp_replace(replace($1, '\', '\\'), '\$(\d)', '\\\1', 'g');
CREATE OR REPLACE FUNCTION pg_catalog.regexp_replace(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN pg_catalog.rs_pg_regexp_replace($1, $2, '', 'g');
CREATE OR REPLACE FUNCTION pg_catalog.regexp_replace(text, text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN pg_catalog.rs_pg_regexp_replace($1, $2, pg_catalog.rs_replacement($3), 'g');
CREATE OR REPLACE FUNCTION pg_catalog.regexp_replace(text, text, text, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN pg_catalog.rs_pg_regexp_replace($1, $2, pg_catalog.rs_replacement($3), greatest($4, 1), 0);
CREATE OR REPLACE FUNCTION pg_catalog.regexp_replace(text, text, text, integer, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN pg_catalog.rs_pg_regexp_replace($1, $2, pg_catalog.rs_replacement($3), greatest($4, 1), 0, translate($5, 'ep', ''));

-- AVG of whole numbers is a BIGINT, cut; of a DECIMAL it keeps the scale of its argument (r_AVG).
CREATE OR REPLACE FUNCTION pg_catalog.rs_avg_of(bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE WHEN $1[1] > 0 THEN $1[2] / $1[1] END;
CREATE OR REPLACE FUNCTION pg_catalog.rs_avg_add(numeric[], bigint) RETURNS numeric[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN $2 IS NULL THEN $1 ELSE ARRAY[$1[1] + 1, $1[2] + $2] END;
CREATE OR REPLACE FUNCTION pg_catalog.rs_avg_add(numeric[], numeric) RETURNS numeric[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN $2 IS NULL THEN $1 ELSE ARRAY[$1[1] + 1, $1[2] + $2] END;
CREATE OR REPLACE FUNCTION pg_catalog.rs_avg_whole(numeric[]) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE WHEN $1[1] > 0 THEN trunc($1[2] / $1[1])::bigint END;
CREATE OR REPLACE FUNCTION pg_catalog.rs_avg_decimal(numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE WHEN $1[1] > 0 THEN round($1[2] / $1[1], scale($1[2])) END;
CREATE OR REPLACE AGGREGATE pg_catalog.avg(smallint) (SFUNC = int2_avg_accum, STYPE = bigint[], FINALFUNC = pg_catalog.rs_avg_of, INITCOND = '{0,0}');
CREATE OR REPLACE AGGREGATE pg_catalog.avg(integer) (SFUNC = int4_avg_accum, STYPE = bigint[], FINALFUNC = pg_catalog.rs_avg_of, INITCOND = '{0,0}');
CREATE OR REPLACE AGGREGATE pg_catalog.avg(bigint) (SFUNC = pg_catalog.rs_avg_add, STYPE = numeric[], FINALFUNC = pg_catalog.rs_avg_whole, INITCOND = '{0,0}');
CREATE OR REPLACE AGGREGATE pg_catalog.avg(numeric) (SFUNC = pg_catalog.rs_avg_add, STYPE = numeric[], FINALFUNC = pg_catalog.rs_avg_decimal, INITCOND = '{0,0}');

-- ROUND and TRUNC take a second argument for DOUBLE PRECISION too (r_ROUND, r_TRUNC).
CREATE OR REPLACE FUNCTION pg_catalog.round(double precision, integer) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN round($1::numeric, $2)::double precision;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(double precision, integer) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN trunc($1::numeric, $2)::double precision;

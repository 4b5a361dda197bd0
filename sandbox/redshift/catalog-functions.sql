-- Redshift's functions, and the triggers and procedures behind its CREATE and ALTER TABLE. Replaced at every change.
SET allow_system_table_mods = on;

CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE
  RETURN 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.77467';
CREATE OR REPLACE FUNCTION pg_catalog.rs_setting(text) RETURNS text LANGUAGE sql STABLE RETURN current_setting('redshift.' || $1, true);
CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE RETURN date_trunc('second', statement_timestamp())::timestamp;
CREATE OR REPLACE FUNCTION pg_catalog.sysdate() RETURNS timestamp LANGUAGE sql STABLE RETURN LOCALTIMESTAMP;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE
  RETURN coalesce(nullif(current_setting('redshift.last_copy_count', true), ''), '0')::bigint;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_unload_count() RETURNS bigint LANGUAGE sql STABLE
  RETURN coalesce(nullif(current_setting('redshift.last_unload_count', true), ''), '0')::bigint;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_id() RETURNS integer LANGUAGE sql STABLE
  RETURN coalesce(nullif(current_setting('redshift.last_copy_id', true), ''), '-1')::integer;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_query_id() RETURNS integer LANGUAGE sql STABLE
  RETURN coalesce(nullif(current_setting('redshift.last_copy_id', true), ''), '-1')::integer;
CREATE OR REPLACE FUNCTION pg_catalog.db_collation() RETURNS text LANGUAGE sql IMMUTABLE RETURN 'case_sensitive';
CREATE OR REPLACE FUNCTION pg_catalog.current_user_id() RETURNS integer LANGUAGE sql STABLE
  BEGIN ATOMIC SELECT oid::integer FROM pg_catalog.pg_roles WHERE rolname = current_user; END;
CREATE OR REPLACE FUNCTION pg_catalog.current_aws_account() RETURNS text LANGUAGE sql IMMUTABLE RETURN '123456789012';
CREATE OR REPLACE FUNCTION pg_catalog.current_namespace() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS
  $$ SELECT md5(system_identifier::text)::uuid::text FROM pg_catalog.pg_control_system() $$;

-- Hashes. FNV_HASH is stable from run to run and takes a seed, but its values are not Redshift's.
CREATE OR REPLACE FUNCTION pg_catalog.fnv_hash(text) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN coalesce(hashtextextended($1, 0), -3750763034362895579);
CREATE OR REPLACE FUNCTION pg_catalog.fnv_hash(text, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN coalesce(hashtextextended($1, $2), $2);
CREATE OR REPLACE FUNCTION pg_catalog.fnv_hash(anyelement) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(hashtextextended($1::text, 0), -3750763034362895579)';
CREATE OR REPLACE FUNCTION pg_catalog.fnv_hash(anyelement, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(hashtextextended($1::text, $2), $2)';
CREATE OR REPLACE FUNCTION pg_catalog.checksum(anyelement) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT abs(hashtext($1::text))::bigint';
CREATE OR REPLACE FUNCTION pg_catalog.sha2(text, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT
  RETURN encode(CASE $2 WHEN 224 THEN sha224(convert_to($1, 'UTF8')) WHEN 384 THEN sha384(convert_to($1, 'UTF8'))
    WHEN 512 THEN sha512(convert_to($1, 'UTF8')) WHEN 256 THEN sha256(convert_to($1, 'UTF8')) WHEN 0 THEN sha256(convert_to($1, 'UTF8')) END, 'hex');
CREATE OR REPLACE FUNCTION pg_catalog.sha1(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN encode(pg_internal.digest(convert_to($1, 'UTF8'), 'sha1'), 'hex');
CREATE OR REPLACE FUNCTION pg_catalog.func_sha1(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN pg_catalog.sha1($1);
CREATE OR REPLACE FUNCTION pg_catalog.sha(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN pg_catalog.sha1($1);
CREATE OR REPLACE FUNCTION pg_catalog.strtol(text, integer) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE value bigint := 0; digit integer;
BEGIN
  FOR i IN 1 .. length($1) LOOP
    digit := strpos('0123456789abcdefghijklmnopqrstuvwxyz', lower(substr($1, i, 1))) - 1;
    IF digit < 0 OR digit >= $2 THEN RAISE EXCEPTION 'The input % is not valid to be converted to base %', $1, $2 USING ERRCODE = '22023'; END IF;
    value := value * $2 + digit;
  END LOOP;
  RETURN value;
END $$;

-- Strings
CREATE OR REPLACE FUNCTION pg_catalog.len(text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT RETURN length($1);
CREATE OR REPLACE FUNCTION pg_catalog.textlen(text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT RETURN length($1);
CREATE OR REPLACE FUNCTION pg_catalog.charindex(text, text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT RETURN strpos($2, $1);
CREATE OR REPLACE FUNCTION pg_catalog.replicate(text, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN repeat($1, $2);
CREATE OR REPLACE AGGREGATE pg_catalog.listagg(text, text) (SFUNC = string_agg_transfn, STYPE = internal, FINALFUNC = string_agg_finalfn);

-- Dates
CREATE OR REPLACE FUNCTION pg_catalog.rs_datepart(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
  RETURN CASE lower($1) WHEN 'yr' THEN 'year' WHEN 'y' THEN 'year' WHEN 'years' THEN 'year' WHEN 'yrs' THEN 'year' WHEN 'qtr' THEN 'quarter'
    WHEN 'qtrs' THEN 'quarter' WHEN 'quarters' THEN 'quarter' WHEN 'mon' THEN 'month' WHEN 'mons' THEN 'month' WHEN 'months' THEN 'month'
    WHEN 'w' THEN 'week' WHEN 'weeks' THEN 'week' WHEN 'd' THEN 'day' WHEN 'days' THEN 'day' WHEN 'h' THEN 'hour' WHEN 'hr' THEN 'hour'
    WHEN 'hrs' THEN 'hour' WHEN 'hours' THEN 'hour' WHEN 'm' THEN 'minute' WHEN 'min' THEN 'minute' WHEN 'mins' THEN 'minute'
    WHEN 'minutes' THEN 'minute' WHEN 's' THEN 'second' WHEN 'sec' THEN 'second' WHEN 'secs' THEN 'second' WHEN 'seconds' THEN 'second'
    WHEN 'ms' THEN 'millisecond' WHEN 'msec' THEN 'millisecond' WHEN 'milliseconds' THEN 'millisecond' WHEN 'us' THEN 'microsecond'
    WHEN 'usec' THEN 'microsecond' WHEN 'microseconds' THEN 'microsecond' ELSE lower($1) END;
CREATE OR REPLACE FUNCTION pg_catalog.datediff(text, timestamp, timestamp) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE part text := rs_datepart($1);
BEGIN
  CASE part
    WHEN 'year' THEN RETURN extract(year FROM $3) - extract(year FROM $2);
    WHEN 'quarter' THEN RETURN (extract(year FROM $3) - extract(year FROM $2)) * 4 + extract(quarter FROM $3) - extract(quarter FROM $2);
    WHEN 'month' THEN RETURN (extract(year FROM $3) - extract(year FROM $2)) * 12 + extract(month FROM $3) - extract(month FROM $2);
    WHEN 'week' THEN RETURN (date_trunc('week', $3 + interval '1 day')::date - date_trunc('week', $2 + interval '1 day')::date) / 7;
    WHEN 'day' THEN RETURN $3::date - $2::date;
    WHEN 'hour' THEN RETURN extract(epoch FROM date_trunc('hour', $3) - date_trunc('hour', $2)) / 3600;
    WHEN 'minute' THEN RETURN extract(epoch FROM date_trunc('minute', $3) - date_trunc('minute', $2)) / 60;
    WHEN 'second' THEN RETURN extract(epoch FROM date_trunc('second', $3) - date_trunc('second', $2));
    WHEN 'millisecond' THEN RETURN extract(epoch FROM date_trunc('milliseconds', $3) - date_trunc('milliseconds', $2)) * 1000;
    WHEN 'microsecond' THEN RETURN extract(epoch FROM $3 - $2) * 1000000;
    ELSE RAISE EXCEPTION 'unknown date part: %', $1 USING ERRCODE = '22023';
  END CASE;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.datediff(text, timestamptz, timestamptz) RETURNS bigint LANGUAGE sql STABLE STRICT RETURN pg_catalog.datediff($1, $2::timestamp, $3::timestamp);
CREATE OR REPLACE FUNCTION pg_catalog.datediff(text, date, date) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT RETURN pg_catalog.datediff($1, $2::timestamp, $3::timestamp);
CREATE OR REPLACE FUNCTION pg_catalog.rs_interval(text, bigint) RETURNS interval LANGUAGE sql IMMUTABLE STRICT
  RETURN CASE rs_datepart($1) WHEN 'quarter' THEN ($2 * 3) * interval '1 month' ELSE $2 * ('1 ' || rs_datepart($1))::interval END;
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(text, bigint, timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT RETURN $3 + pg_catalog.rs_interval($1, $2);
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(text, bigint, timestamptz) RETURNS timestamptz LANGUAGE sql STABLE STRICT RETURN $3 + pg_catalog.rs_interval($1, $2);
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(text, bigint, date) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT RETURN $3::timestamp + pg_catalog.rs_interval($1, $2);
CREATE OR REPLACE FUNCTION pg_catalog.add_months(timestamp, integer) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT RETURN $1 + $2 * interval '1 month';
CREATE OR REPLACE FUNCTION pg_catalog.last_day(timestamp) RETURNS date LANGUAGE sql IMMUTABLE STRICT RETURN (date_trunc('month', $1) + interval '1 month - 1 day')::date;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(timestamp) RETURNS date LANGUAGE sql IMMUTABLE STRICT RETURN $1::date;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(text, timestamp) RETURNS timestamp LANGUAGE sql STABLE STRICT RETURN ($2 AT TIME ZONE 'UTC') AT TIME ZONE $1;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(text, text, timestamp) RETURNS timestamp LANGUAGE sql STABLE STRICT RETURN ($3 AT TIME ZONE $1) AT TIME ZONE $2;

-- JSON and SUPER
CREATE OR REPLACE FUNCTION pg_catalog.rs_compact(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
  RETURN pg_catalog.rs_pg_regexp_replace($1, '("(?:[^"\\]|\\.)*")|\s+', '\1', 'g');
CREATE OR REPLACE FUNCTION pg_catalog.json_parse(text) RETURNS super LANGUAGE sql IMMUTABLE STRICT RETURN pg_catalog.rs_compact($1)::json::super;
CREATE OR REPLACE FUNCTION pg_catalog.json_serialize(super) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN $1::json::text::pg_catalog.rs_json_text::text;
CREATE OR REPLACE FUNCTION pg_catalog.is_valid_json(text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT RETURN $1 IS JSON OBJECT;
CREATE OR REPLACE FUNCTION pg_catalog.is_valid_json_array(text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT RETURN $1 IS JSON ARRAY;
CREATE OR REPLACE FUNCTION pg_catalog.can_json_parse(text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT RETURN $1 IS JSON;
CREATE OR REPLACE FUNCTION pg_catalog.json_typeof(super) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN json_typeof($1::json);
CREATE OR REPLACE FUNCTION pg_catalog.json_size(super) RETURNS integer LANGUAGE sql IMMUTABLE STRICT RETURN octet_length($1::json::text);
CREATE OR REPLACE FUNCTION pg_catalog.is_object(super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT RETURN json_typeof($1::json) = 'object';
CREATE OR REPLACE FUNCTION pg_catalog.is_array(super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT RETURN json_typeof($1::json) = 'array';
CREATE OR REPLACE FUNCTION pg_catalog.is_varchar(super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT RETURN json_typeof($1::json) = 'string';
CREATE OR REPLACE FUNCTION pg_catalog.is_scalar(super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT RETURN json_typeof($1::json) NOT IN ('object', 'array');
CREATE OR REPLACE FUNCTION pg_catalog.get_array_length(super) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT RETURN json_array_length($1::json);
CREATE OR REPLACE FUNCTION pg_catalog.json_array_length(text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT RETURN json_array_length($1::json);
CREATE OR REPLACE FUNCTION pg_catalog.array_concat(super, super) RETURNS super LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT pg_catalog.rs_compact(coalesce(json_agg(e)::text, '[]'))::json::super
  FROM (SELECT json_array_elements($1::json) UNION ALL SELECT json_array_elements($2::json)) x(e) $$;
CREATE OR REPLACE FUNCTION pg_catalog.json_extract_path_text(text, VARIADIC text[]) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN coalesce($1::json #>> $2, '');
CREATE OR REPLACE FUNCTION pg_catalog.json_extract_array_element_text(text, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN $1::json ->> $2;
CREATE OR REPLACE FUNCTION pg_catalog.to_varbyte(text, text) RETURNS varbyte LANGUAGE sql IMMUTABLE STRICT
  RETURN (CASE lower($2) WHEN 'hex' THEN encode(decode($1, 'hex'), 'hex') WHEN 'base64' THEN encode(decode($1, 'base64'), 'hex')
    ELSE encode(convert_to($1, 'UTF8'), 'hex') END)::varbyte;
CREATE OR REPLACE FUNCTION pg_catalog.from_varbyte(varbyte, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
  RETURN CASE lower($2) WHEN 'hex' THEN $1::text WHEN 'base64' THEN encode(decode($1::text, 'hex'), 'base64') ELSE convert_from(decode($1::text, 'hex'), 'UTF8') END;

-- Notes on a table that PostgreSQL has no place for (distribution, sort key, encodings, keys it would enforce). They are a
-- row of pg_description with subid -1: transactional, dropped with the table, and outside serializable conflict checks,
-- which would otherwise make two sessions that create tables conflict.
CREATE OR REPLACE FUNCTION pg_catalog.rs_note(oid) RETURNS jsonb LANGUAGE sql STABLE
  BEGIN ATOMIC SELECT description::jsonb FROM pg_catalog.pg_description WHERE objoid = $1 AND classoid = 'pg_class'::regclass AND objsubid = -1; END;
CREATE OR REPLACE FUNCTION pg_internal.rs_set_note(oid, jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET allow_system_table_mods = on SET search_path = pg_catalog AS $$
BEGIN
  DELETE FROM pg_description WHERE objoid = $1 AND classoid = 'pg_class'::regclass AND objsubid = -1;
  INSERT INTO pg_description VALUES ($1, 'pg_class'::regclass, -1, $2::text);
END $$;
REVOKE ALL ON FUNCTION pg_internal.rs_set_note(oid, jsonb) FROM PUBLIC;
CREATE OR REPLACE FUNCTION pg_internal.rs_attnum(rel oid, column_name text) RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE found integer;
BEGIN
  SELECT attnum INTO found FROM pg_attribute WHERE attrelid = rel AND attname = column_name AND attnum > 0 AND NOT attisdropped;
  IF found IS NULL THEN RAISE EXCEPTION 'column "%" named in key does not exist', column_name USING ERRCODE = '42703'; END IF;
  RETURN found;
END $$;
-- The same for a distribution or sort key, which a SUPER or VARBYTE column is not (limitations-super, r_VARBYTE_type).
CREATE OR REPLACE FUNCTION pg_internal.rs_keynum(rel oid, column_name text, what text) RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE found integer := pg_internal.rs_attnum(rel, column_name); type_name text;
BEGIN
  SELECT t.typname INTO type_name FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = rel AND a.attnum = found;
  IF type_name IN ('super', 'varbyte', 'geometry', 'geography', 'hllsketch') THEN
    RAISE EXCEPTION 'column "%" of type % cannot be a % key', column_name, type_name, what USING ERRCODE = '0A000';
  END IF;
  RETURN found;
END $$;
-- has_…_privilege by names of up to 127 bytes, and view definitions that say what Redshift's say of late binding and materialized views.
CREATE OR REPLACE FUNCTION pg_catalog.rs_short(text) RETURNS text LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN RETURN coalesce((SELECT short FROM pg_internal.long_names WHERE full_name = $1), $1); END $$;
CREATE OR REPLACE FUNCTION pg_catalog.rs_short_path(text) RETURNS text LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
  IF octet_length($1) <= 63 THEN RETURN $1; END IF;
  RETURN (SELECT string_agg(quote_ident(pg_catalog.rs_short(part)), '.' ORDER BY at) FROM unnest(parse_ident($1)) WITH ORDINALITY AS p(part, at));
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.rs_has_table_privilege(text, text) RETURNS boolean LANGUAGE sql STABLE STRICT RETURN has_table_privilege(pg_catalog.rs_short_path($1), $2);
CREATE OR REPLACE FUNCTION pg_catalog.rs_has_table_privilege(text, text, text) RETURNS boolean LANGUAGE sql STABLE STRICT RETURN has_table_privilege($1::name, pg_catalog.rs_short_path($2), $3);
CREATE OR REPLACE FUNCTION pg_catalog.rs_has_schema_privilege(text, text) RETURNS boolean LANGUAGE sql STABLE STRICT RETURN has_schema_privilege(pg_catalog.rs_short($1), $2);
CREATE OR REPLACE FUNCTION pg_catalog.rs_has_schema_privilege(text, text, text) RETURNS boolean LANGUAGE sql STABLE STRICT RETURN has_schema_privilege($1::name, pg_catalog.rs_short($2), $3);
CREATE OR REPLACE FUNCTION pg_catalog.rs_has_table_privilege(oid, text) RETURNS boolean LANGUAGE sql STABLE STRICT RETURN has_table_privilege($1, $2);
CREATE OR REPLACE FUNCTION pg_catalog.rs_has_table_privilege(text, oid, text) RETURNS boolean LANGUAGE sql STABLE STRICT RETURN has_table_privilege($1::name, $2, $3);
CREATE OR REPLACE FUNCTION pg_catalog.rs_has_schema_privilege(oid, text) RETURNS boolean LANGUAGE sql STABLE STRICT RETURN has_schema_privilege($1, $2);
CREATE OR REPLACE FUNCTION pg_catalog.rs_has_schema_privilege(text, oid, text) RETURNS boolean LANGUAGE sql STABLE STRICT RETURN has_schema_privilege($1::name, $2, $3);
CREATE OR REPLACE FUNCTION pg_catalog.rs_pg_get_viewdef(oid) RETURNS text LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE view_name text; kind "char"; body text := pg_get_viewdef($1);
BEGIN
  SELECT quote_ident(relname), relkind INTO view_name, kind FROM pg_class WHERE oid = $1;
  IF kind = 'm' THEN RETURN 'create materialized view ' || view_name || ' as' || body; END IF;
  IF rs_note($1) ->> 'late' = 'true' THEN RETURN rtrim(body, ';') || ' with no schema binding;'; END IF;
  RETURN body;
END $$;
-- A note as the statement gave it, with column numbers for column names: those survive a rename.
CREATE OR REPLACE FUNCTION pg_internal.rs_key(rel oid, key jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  numbers jsonb := (SELECT jsonb_agg(pg_internal.rs_attnum(rel, x) ORDER BY n) FROM jsonb_array_elements_text(key -> 'columns') WITH ORDINALITY AS e(x, n));
  target regclass; others jsonb; table_name text := (SELECT relname FROM pg_class WHERE oid = rel);
BEGIN
  IF key ->> 'kind' = 'f' THEN
    target := (key ->> 'references')::regclass;
    IF key ? 'refColumns' THEN
      others := (SELECT jsonb_agg(pg_internal.rs_attnum(target, x) ORDER BY n) FROM jsonb_array_elements_text(key -> 'refColumns') WITH ORDINALITY AS e(x, n));
    ELSE
      SELECT k -> 'columns' INTO others FROM jsonb_array_elements(coalesce(rs_note(target) -> 'keys', '[]')) AS k WHERE k ->> 'kind' = 'p';
      IF others IS NULL THEN RAISE EXCEPTION 'there is no primary key for referenced table "%"', target USING ERRCODE = '42704'; END IF;
    END IF;
  END IF;
  RETURN jsonb_strip_nulls(jsonb_build_object('kind', key ->> 'kind', 'columns', numbers, 'target', target::oid::bigint, 'refColumns', others,
    'name', coalesce(key ->> 'name', CASE key ->> 'kind' WHEN 'p' THEN left(table_name, 58) || '_pkey'
      ELSE left(table_name, 28) || '_' || left(key -> 'columns' ->> 0, 28) || CASE key ->> 'kind' WHEN 'u' THEN '_key' ELSE '_fkey' END END)));
END $$;

CREATE OR REPLACE FUNCTION pg_internal.rs_on_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  command record; given jsonb; note jsonb; old jsonb; changes text; missing text; wrong text;
  encoded text := substring(current_query() FROM '/\*rs:([A-Za-z0-9+/=]+)\*/\s*$');
BEGIN
  IF encoded IS NOT NULL THEN given := convert_from(decode(encoded, 'base64'), 'UTF8')::jsonb; END IF;
  FOR command IN SELECT DISTINCT objid, command_tag, object_type FROM pg_event_trigger_ddl_commands() WHERE classid = 'pg_class'::regclass AND object_type IN ('table', 'view') LOOP
    -- VARCHAR(n) and CHAR(n) count bytes.
    SELECT string_agg(format('ADD CONSTRAINT rs_bytes_%s_%s_%s CHECK (octet_length(%I%s) <= %s)', attnum, size, kind, attname,
        CASE kind WHEN 'varbyte' THEN '::text' ELSE '' END, CASE kind WHEN 'varbyte' THEN size * 2 ELSE size END), ', ')
      INTO changes
      FROM (SELECT a.attnum, a.attname, CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 WHEN t.typname = 'varbyte' THEN 1024000 ELSE 65535 END AS size,
              CASE t.typname WHEN 'bpchar' THEN 'char' WHEN 'varbyte' THEN 'varbyte' ELSE 'varchar' END AS kind
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid
            WHERE a.attrelid = command.objid AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND t.typname IN ('varchar', 'bpchar', 'text', 'varbyte')) AS texts
      WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = command.objid AND k.conname = format('rs_bytes_%s_%s_%s', attnum, size, kind));
    IF changes IS NOT NULL THEN EXECUTE format('ALTER TABLE %s %s', command.objid::regclass, changes); END IF;

    IF command.command_tag IN ('CREATE TABLE', 'CREATE TABLE AS', 'CREATE VIEW') AND given IS NOT NULL THEN
      note := given - 'like' - 'keys' - 'distkey' - 'sortkeys' - 'encodings';
      IF given ? 'like' THEN note := coalesce(rs_note((given ->> 'like')::regclass) - ARRAY['keys', 'rls', 'rlsPolicies', 'masks'], '{}') || note; END IF;
      IF given ? 'distkey' THEN note := note || jsonb_build_object('diststyle', 'KEY', 'distkey', pg_internal.rs_keynum(command.objid, given ->> 'distkey', 'distribution')); END IF;
      IF given ? 'sortkeys' THEN
        note := note || jsonb_build_object('sortkeys', (SELECT jsonb_agg(pg_internal.rs_keynum(command.objid, x, 'sort') ORDER BY n) FROM jsonb_array_elements_text(given -> 'sortkeys') WITH ORDINALITY AS e(x, n)));
      END IF;
      IF given ? 'encodings' THEN
        note := note || jsonb_build_object('encodings', (SELECT jsonb_object_agg(pg_internal.rs_attnum(command.objid, key), value) FROM jsonb_each(given -> 'encodings')));
      END IF;
      IF given ? 'keys' THEN
        -- The note is set before the keys are read, so that a table may refer to itself.
        PERFORM pg_internal.rs_set_note(command.objid, note);
        FOR old IN SELECT * FROM jsonb_array_elements(given -> 'keys') LOOP
          note := jsonb_set(note, '{keys}', coalesce(note -> 'keys', '[]') || pg_internal.rs_key(command.objid, old));
          IF old ->> 'kind' = 'p' THEN
            SELECT string_agg(format('ALTER COLUMN %I SET NOT NULL', x), ', ') INTO missing FROM jsonb_array_elements_text(old -> 'columns') AS x;
            EXECUTE format('ALTER TABLE %s %s', command.objid::regclass, missing);
          END IF;
        END LOOP;
      END IF;
      PERFORM pg_internal.rs_set_note(command.objid, note);
    ELSIF command.command_tag = 'ALTER TABLE' AND given ? 'encodings' AND NOT given ? 'keys' THEN
      note := coalesce(rs_note(command.objid), '{}');
      PERFORM pg_internal.rs_set_note(command.objid, jsonb_set(note, '{encodings}', coalesce(note -> 'encodings', '{}') ||
        (SELECT jsonb_object_agg(pg_internal.rs_attnum(command.objid, key), value) FROM jsonb_each(given -> 'encodings'))));
    END IF;
  END LOOP;
END $$;
DROP EVENT TRIGGER IF EXISTS rs_on_ddl;
CREATE EVENT TRIGGER rs_on_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE', 'CREATE VIEW')
  EXECUTE FUNCTION pg_internal.rs_on_ddl();

CREATE OR REPLACE FUNCTION pg_internal.rs_own(rel regclass) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF NOT pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = rel), 'USAGE') THEN
    RAISE EXCEPTION 'must be owner of relation %', (SELECT relname FROM pg_class WHERE oid = rel) USING ERRCODE = '42501';
  END IF;
END $$;

-- Procedures behind ALTER TABLE. Those that only change the note run as the sandbox's owner and check the caller themselves.
CREATE OR REPLACE PROCEDURE pg_internal.rs_change_note(rel regclass, change jsonb) LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE note jsonb := coalesce(rs_note(rel), '{}'); item record; column_number integer;
BEGIN
  PERFORM pg_internal.rs_own(rel);
  IF change ? 'diststyle' THEN note := (note - 'distkey') || jsonb_build_object('diststyle', change -> 'diststyle'); END IF;
  IF change ->> 'distkey' IS NOT NULL THEN note := note || jsonb_build_object('distkey', pg_internal.rs_keynum(rel, change ->> 'distkey', 'distribution')); END IF;
  IF change ? 'sortkeys' THEN
    note := (note - 'sortkeys' - 'interleaved') || jsonb_strip_nulls(jsonb_build_object('sortkeys', (SELECT jsonb_agg(pg_internal.rs_keynum(rel, x, 'sort') ORDER BY n)
      FROM jsonb_array_elements_text(change -> 'sortkeys') WITH ORDINALITY AS e(x, n))));
  END IF;
  FOR item IN SELECT * FROM jsonb_each_text(coalesce(change -> 'encodings', '{}')) LOOP
    column_number := pg_internal.rs_attnum(rel, item.key);
    IF note #>> ARRAY['encodings', column_number::text] = item.value THEN
      RAISE EXCEPTION 'the column "%" is already encoded as %', item.key, item.value USING ERRCODE = '0A000';
    END IF;
    IF note ? 'interleaved' THEN RAISE EXCEPTION 'cannot alter the encoding of a table with an interleaved sort key' USING ERRCODE = '0A000'; END IF;
    note := jsonb_set(note, '{encodings}', coalesce(note -> 'encodings', '{}') || jsonb_build_object(column_number::text, item.value));
  END LOOP;
  IF change ? 'addKey' THEN
    IF change #>> '{addKey,kind}' = 'p' THEN
      IF EXISTS (SELECT FROM jsonb_array_elements(coalesce(note -> 'keys', '[]')) k WHERE k ->> 'kind' = 'p') THEN
        RAISE EXCEPTION 'multiple primary keys for table "%" are not allowed', (SELECT relname FROM pg_class WHERE oid = rel) USING ERRCODE = '42P16';
      END IF;
      IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = rel AND NOT attnotnull AND attname IN (SELECT jsonb_array_elements_text(change #> '{addKey,columns}'))) THEN
        RAISE EXCEPTION 'ALTER TABLE ADD PRIMARY KEY on a nullable column is not supported' USING ERRCODE = '0A000';
      END IF;
    END IF;
    note := jsonb_set(note, '{keys}', coalesce(note -> 'keys', '[]') || pg_internal.rs_key(rel, change -> 'addKey'));
  END IF;
  IF change ? 'dropConstraint' THEN
    IF NOT EXISTS (SELECT FROM jsonb_array_elements(coalesce(note -> 'keys', '[]')) k WHERE k ->> 'name' = change ->> 'dropConstraint') THEN
      RAISE EXCEPTION 'constraint "%" does not exist', change ->> 'dropConstraint' USING ERRCODE = '42704';
    END IF;
    note := jsonb_set(note, '{keys}', coalesce((SELECT jsonb_agg(k) FROM jsonb_array_elements(note -> 'keys') k WHERE k ->> 'name' <> change ->> 'dropConstraint'), '[]'));
  END IF;
  PERFORM pg_internal.rs_set_note(rel, note);
END $$;
CREATE OR REPLACE PROCEDURE pg_catalog.rs_alter_table(target text, change text) LANGUAGE plpgsql AS $$
BEGIN
  CALL pg_internal.rs_change_note(target::regclass, change::jsonb);
END $$;

CREATE OR REPLACE PROCEDURE pg_catalog.rs_drop_column(target text, column_name text, cascading boolean) LANGUAGE plpgsql AS $$
DECLARE rel regclass := target::regclass; note jsonb := coalesce(rs_note(rel), '{}'); number integer;
BEGIN
  SELECT attnum INTO number FROM pg_attribute WHERE attrelid = rel AND attname = column_name AND attnum > 0 AND NOT attisdropped;
  IF number IS NOT NULL THEN
    IF note -> 'distkey' = to_jsonb(number) THEN RAISE EXCEPTION 'cannot drop distkey column "%"', column_name USING ERRCODE = '0A000'; END IF;
    IF note -> 'sortkeys' @> to_jsonb(number) THEN RAISE EXCEPTION 'cannot drop sortkey column "%"', column_name USING ERRCODE = '0A000'; END IF;
    IF (SELECT count(*) FROM pg_attribute WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped) = 1 THEN
      RAISE EXCEPTION 'cannot drop the last column of a table' USING ERRCODE = '0A000';
    END IF;
    IF EXISTS (SELECT FROM jsonb_array_elements(coalesce(note -> 'keys', '[]')) k WHERE k -> 'columns' @> to_jsonb(number)) THEN
      IF NOT cascading THEN RAISE EXCEPTION 'cannot drop table column % because other objects depend on it', column_name USING ERRCODE = '2BP01', HINT = 'Use DROP ... CASCADE to drop the dependent objects too.'; END IF;
      PERFORM pg_internal.rs_own(rel);
      CALL pg_internal.rs_forget_keys(rel, number);
    END IF;
  END IF;
  EXECUTE format('ALTER TABLE %s DROP COLUMN %I %s', rel, column_name, CASE WHEN cascading THEN 'CASCADE' ELSE 'RESTRICT' END);
END $$;
CREATE OR REPLACE PROCEDURE pg_internal.rs_forget_keys(rel regclass, number integer) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM pg_internal.rs_own(rel);
  PERFORM pg_internal.rs_set_note(rel, jsonb_set(rs_note(rel), '{keys}', coalesce((SELECT jsonb_agg(k) FROM jsonb_array_elements(rs_note(rel) -> 'keys') k WHERE NOT k -> 'columns' @> to_jsonb(number)), '[]')));
END $$;

CREATE OR REPLACE PROCEDURE pg_catalog.rs_alter_type(target text, column_name text, size integer) LANGUAGE plpgsql AS $$
DECLARE rel regclass := target::regclass; note jsonb := coalesce(rs_note(rel), '{}'); att record; longest integer; stale text;
BEGIN
  SELECT a.attnum, a.atttypid::regtype::text AS type, a.atthasdef INTO att FROM pg_attribute a WHERE a.attrelid = rel AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped;
  IF att IS NULL THEN RAISE EXCEPTION 'column "%" of relation "%" does not exist', column_name, (SELECT relname FROM pg_class WHERE oid = rel) USING ERRCODE = '42703'; END IF;
  IF att.type <> 'character varying' THEN RAISE EXCEPTION 'target data type "character varying" is different from the current data type of column "%": only the size of a VARCHAR column can be altered', column_name USING ERRCODE = '0A000'; END IF;
  IF att.atthasdef THEN RAISE EXCEPTION 'cannot alter column "%": it has a default value', column_name USING ERRCODE = '0A000'; END IF;
  IF EXISTS (SELECT FROM jsonb_array_elements(coalesce(note -> 'keys', '[]')) k WHERE k -> 'columns' @> to_jsonb(att.attnum)) THEN
    RAISE EXCEPTION 'cannot alter column "%": it is part of a key', column_name USING ERRCODE = '0A000';
  END IF;
  IF note #>> ARRAY['encodings', att.attnum::text] IN ('bytedict', 'runlength', 'text255', 'text32k') THEN
    RAISE EXCEPTION 'cannot alter column "%" with encoding %', column_name, note #>> ARRAY['encodings', att.attnum::text] USING ERRCODE = '0A000';
  END IF;
  EXECUTE format('SELECT max(octet_length(%I)) FROM %s', column_name, rel) INTO longest;
  IF longest > size THEN RAISE EXCEPTION 'cannot reduce column "%" to % bytes: it holds a value of % bytes', column_name, size, longest USING ERRCODE = '22001'; END IF;
  EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE varchar(%s)', rel, column_name, size);
  -- after the type is the new one: with the old one each of these would be made again at once
  FOR stale IN SELECT conname FROM pg_constraint WHERE conrelid = rel AND conname LIKE format('rs\_bytes\_%s\_%%', att.attnum) AND conname NOT LIKE format('rs\_bytes\_%s\_%s\_%%', att.attnum, size) LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', rel, stale);
  END LOOP;
END $$;

-- Called with a constant, and immutable by name only: so it is asked once, while the MERGE is planned.
CREATE OR REPLACE FUNCTION pg_catalog.rs_is_table(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF (SELECT relkind FROM pg_class WHERE oid = $1::regclass) <> 'r' THEN RAISE EXCEPTION 'MERGE source must be a table, not a view' USING ERRCODE = '0A000'; END IF;
  RETURN true;
END $$;

CREATE OR REPLACE PROCEDURE pg_catalog.rs_append(target text, source text, option text) LANGUAGE plpgsql AS $$
DECLARE into_rel regclass := target::regclass; from_rel regclass := source::regclass; shared text; differing text; extra_source text; extra_target text; n bigint;
BEGIN
  PERFORM pg_internal.rs_own(into_rel), pg_internal.rs_own(from_rel);
  IF EXISTS (SELECT FROM pg_class WHERE oid IN (into_rel, from_rel) AND relpersistence = 't') THEN RAISE EXCEPTION 'ALTER TABLE APPEND needs permanent tables' USING ERRCODE = '0A000'; END IF;
  IF coalesce(rs_note(into_rel) ->> 'diststyle', 'AUTO') <> coalesce(rs_note(from_rel) ->> 'diststyle', 'AUTO') THEN RAISE EXCEPTION 'ALTER TABLE APPEND: distribution styles differ' USING ERRCODE = '0A000'; END IF;
  SELECT string_agg(quote_ident(t.attname), ', '), string_agg(t.attname, ', ') FILTER (WHERE t.atttypid <> s.atttypid OR t.atttypmod <> s.atttypmod OR t.attnotnull <> s.attnotnull)
    INTO shared, differing FROM pg_attribute t JOIN pg_attribute s ON s.attname = t.attname AND s.attrelid = from_rel AND s.attnum > 0 AND NOT s.attisdropped
    WHERE t.attrelid = into_rel AND t.attnum > 0 AND NOT t.attisdropped;
  SELECT string_agg(attname, ', ') INTO extra_source FROM pg_attribute s WHERE attrelid = from_rel AND attnum > 0 AND NOT attisdropped
    AND NOT EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = into_rel AND t.attname = s.attname AND NOT t.attisdropped);
  SELECT string_agg(attname, ', ') INTO extra_target FROM pg_attribute t WHERE attrelid = into_rel AND attnum > 0 AND NOT attisdropped
    AND NOT EXISTS (SELECT FROM pg_attribute s WHERE s.attrelid = from_rel AND s.attname = t.attname AND NOT s.attisdropped);
  IF differing IS NOT NULL THEN RAISE EXCEPTION 'ALTER TABLE APPEND: column definitions differ: %', differing USING ERRCODE = '0A000'; END IF;
  IF extra_source IS NOT NULL AND option <> 'IGNOREEXTRA' THEN RAISE EXCEPTION 'ALTER TABLE APPEND: source has columns the target has not: %', extra_source USING ERRCODE = '0A000'; END IF;
  IF extra_target IS NOT NULL AND option <> 'FILLTARGET' THEN RAISE EXCEPTION 'ALTER TABLE APPEND: target has columns the source has not: %', extra_target USING ERRCODE = '0A000'; END IF;
  EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM %s', into_rel, shared, shared, from_rel);
  GET DIAGNOSTICS n = ROW_COUNT;
  EXECUTE format('DELETE FROM %s', from_rel);
  RAISE INFO 'ALTER TABLE APPEND "%" from "%" is complete. Rows appended: %', target, source, n;
END $$;

-- GEOMETRY, GEOGRAPHY and HLLSKETCH: enough to keep them, to make them of text and to write them as text. A geometry is kept
-- as its EWKT with every coordinate as the shortest text of its double; a sketch as its JSON. Run at every change.
SET allow_system_table_mods = on;

DO $$
DECLARE t text; target record;
BEGIN
  FOREACH t IN ARRAY ARRAY['geometry', 'geography', 'hllsketch'] LOOP
    CONTINUE WHEN to_regtype('pg_catalog.' || t) IS NOT NULL;
    EXECUTE format('CREATE TYPE pg_catalog.%s', t);
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_in(cstring) RETURNS pg_catalog.%1$s LANGUAGE internal IMMUTABLE STRICT AS ''textin''', t);
    EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_out(pg_catalog.%1$s) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS ''textout''', t);
    EXECUTE format('CREATE TYPE pg_catalog.%1$s (INPUT = rs_%1$s_in, OUTPUT = rs_%1$s_out, INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended)', t);
    -- Neither casts to a text (r_CAST_function; HLLSKETCH's page names no cast). As for booleans: a function that is not there.
    FOR target IN SELECT * FROM (VALUES ('text'), ('varchar'), ('bpchar')) AS c(name) LOOP
      EXECUTE format('CREATE FUNCTION pg_catalog.rs_%1$s_of(pg_catalog.%2$s) RETURNS %1$s LANGUAGE sql IMMUTABLE RETURN NULL::%1$s', target.name, t);
      EXECUTE format('CREATE CAST (pg_catalog.%2$s AS %1$s) WITH FUNCTION pg_catalog.rs_%1$s_of(pg_catalog.%2$s)', target.name, t);
    END LOOP;
    UPDATE pg_cast SET castfunc = CASE t WHEN 'geometry' THEN 999011 WHEN 'geography' THEN 999012 ELSE 999013 END
      WHERE castsource = to_regtype('pg_catalog.' || t) AND casttarget IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype);
  END LOOP;
  IF to_regtype('pg_catalog.rs_spatial_text') IS NULL THEN
    CREATE DOMAIN pg_catalog.rs_spatial_text AS text CONSTRAINT rs_long_spatial CHECK (octet_length(VALUE) <= 65535);
    CREATE CAST (pg_catalog.geometry AS pg_catalog.geography) WITHOUT FUNCTION AS IMPLICIT;
    CREATE CAST (pg_catalog.geography AS pg_catalog.geometry) WITHOUT FUNCTION AS IMPLICIT;
  END IF;
END $$;

-- Between the two types and text, by PostgreSQL's own functions for single arguments of any type.
CREATE OR REPLACE FUNCTION pg_catalog.rs_spatial_out(anyelement) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT format(''%s'', $1)';
-- Writes every number with so many digits, and without the limit of a concatenation: a geometry may be larger than a text.
CREATE OR REPLACE FUNCTION pg_catalog.rs_spatial_numbers(text, integer) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE made text := ''; rest text := $1; found text; value double precision; at integer;
BEGIN
  LOOP
    found := substring(rest FROM '[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?');
    EXIT WHEN found IS NULL;
    at := strpos(rest, found);
    value := found::double precision;
    -- PostgreSQL makes a numeric of the first 15 digits of a double, rightly rounded.
    made := pg_catalog.rs_pg_concat(made, left(rest, at - 1), CASE WHEN $2 > 15 OR value = 0 THEN value::text
      ELSE trim_scale(round(value::numeric, $2 - 1 - floor(log(abs(value::numeric)))::integer))::text END);
    rest := substr(rest, at + length(found));
  END LOOP;
  RETURN pg_catalog.rs_pg_concat(made, rest);
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.rs_spatial_in(given text, srid text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE body text := upper(btrim(given)); depth integer;
BEGIN
  IF given IS NULL THEN RETURN NULL; END IF;
  body := regexp_replace(body, '\s+', ' ');
  body := regexp_replace(body, '\s*([(),])\s*', '$1');
  IF body !~ '^(POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION)( ?(Z|M|ZM))?( ?EMPTY|\([-+.,() 0-9A-Z]*\))$'
    OR length(replace(body, '(', '')) <> length(replace(body, ')', '')) THEN
    RAISE EXCEPTION 'Parse error - invalid geometry' USING ERRCODE = '22023', DETAIL = left(given, 200);
  END IF;
  RETURN pg_catalog.rs_pg_concat(CASE WHEN srid = '' OR srid = '0' THEN '' ELSE 'SRID=' || srid || ';' END, pg_catalog.rs_spatial_numbers(body, 17));
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.st_geomfromtext(text) RETURNS geometry LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN RETURN pg_catalog.rs_spatial_in($1, ''); END $$;
CREATE OR REPLACE FUNCTION pg_catalog.st_geomfromtext(text, integer) RETURNS geometry LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN RETURN pg_catalog.rs_spatial_in($1, $2::text); END $$;
CREATE OR REPLACE FUNCTION pg_catalog.st_geomfromewkt(text) RETURNS geometry LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN pg_catalog.rs_spatial_in(regexp_replace($1, '^\s*SRID=\d+;', '', 1, 'i'), coalesce(substring(upper($1) FROM '^\s*SRID=(\d+);'), ''));
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.st_geogfromtext(text) RETURNS geography LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN pg_catalog.rs_spatial_in(regexp_replace($1, '^\s*SRID=\d+;', '', 1, 'i'), coalesce(substring(upper($1) FROM '^\s*SRID=(\d+);'), '4326'));
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.st_point(double precision, double precision) RETURNS geometry LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN RETURN 'POINT(' || $1 || ' ' || $2 || ')'; END $$;
CREATE OR REPLACE FUNCTION pg_catalog.st_asewkt(geometry, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT
  RETURN textcat(coalesce(substring(pg_catalog.rs_spatial_out($1) FROM '^SRID=\d+;'), ''),
    pg_catalog.rs_spatial_numbers(pg_catalog.rs_pg_regexp_replace(pg_catalog.rs_spatial_out($1), '^SRID=\d+;', ''), $2))::pg_catalog.rs_spatial_text::text;
CREATE OR REPLACE FUNCTION pg_catalog.st_asewkt(geometry) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN pg_catalog.st_asewkt($1, 15);
CREATE OR REPLACE FUNCTION pg_catalog.st_asewkt(geography, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN pg_catalog.st_asewkt($1::geometry, $2);
CREATE OR REPLACE FUNCTION pg_catalog.st_asewkt(geography) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN pg_catalog.st_asewkt($1::geometry, 15);
CREATE OR REPLACE FUNCTION pg_catalog.st_astext(geometry) RETURNS text LANGUAGE sql IMMUTABLE STRICT
  RETURN pg_catalog.rs_spatial_numbers(pg_catalog.rs_pg_regexp_replace(pg_catalog.rs_spatial_out($1), '^SRID=\d+;', ''), 15)::pg_catalog.rs_spatial_text::text;
CREATE OR REPLACE FUNCTION pg_catalog.st_astext(geography) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN pg_catalog.st_astext($1::geometry);
CREATE OR REPLACE FUNCTION pg_catalog.st_srid(geometry) RETURNS integer LANGUAGE sql IMMUTABLE STRICT
  RETURN coalesce(substring(pg_catalog.rs_spatial_out($1) FROM '^SRID=(\d+);')::integer, 0);

-- How many coordinates a geometry's point has, and how many points there are: commas and brackets part them.
CREATE OR REPLACE FUNCTION pg_catalog.rs_spatial_points(text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT count(*)::integer FROM regexp_matches($1, '[-+.0-9eE]+(?: [-+.0-9eE]+)+', 'g') $$;
CREATE OR REPLACE FUNCTION pg_catalog.st_npoints(geometry) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT pg_catalog.rs_spatial_points(pg_catalog.rs_spatial_out($1)) $$;
CREATE OR REPLACE FUNCTION pg_catalog.st_npoints(geography) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT pg_catalog.rs_spatial_points(pg_catalog.rs_spatial_out($1)) $$;
CREATE OR REPLACE FUNCTION pg_catalog.st_ndims(geometry) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT coalesce(array_length(string_to_array((regexp_match(pg_catalog.rs_spatial_out($1), '[-+.0-9eE]+(?: [-+.0-9eE]+)+'))[1], ' '), 1), 2) $$;

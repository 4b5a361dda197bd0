-- Redshift's catalogue views over PostgreSQL's tables. Rows are limited to what the current user may see.
SET allow_system_table_mods = on;

DO $$
DECLARE view_name text;
BEGIN
  FOR view_name IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'v' AND (relname ~ '^(svv|stl|stv|sys|rs)_' OR relname = 'pg_table_def') LOOP
    EXECUTE format('DROP VIEW IF EXISTS pg_catalog.%I CASCADE', view_name);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pg_catalog.rs_owner(oid) RETURNS text LANGUAGE sql STABLE
  BEGIN ATOMIC SELECT CASE rolname WHEN 'postgres' THEN 'rdsdb' ELSE rolname::text END FROM pg_catalog.pg_roles WHERE oid = $1; END;
-- Type names as Redshift's views print them, without and with length.
CREATE OR REPLACE FUNCTION pg_catalog.rs_type(oid, integer) RETURNS text LANGUAGE sql STABLE
  RETURN CASE (SELECT typname FROM pg_catalog.pg_type WHERE oid = $1)
    WHEN 'varbyte' THEN 'binary varying' WHEN 'text' THEN 'character varying' WHEN 'super' THEN 'super' ELSE format_type($1, NULL) END
    || CASE WHEN $2 IS NULL THEN '' WHEN $1 IN (1042, 1043) AND $2 > 4 THEN '(' || $2 - 4 || ')' WHEN $1 IN (1043, 25) THEN '(65535)'
       WHEN $1 = 'varbyte'::regtype AND $2 > 4 THEN '(' || $2 - 4 || ')'
       WHEN $1 = 1700 AND $2 > 4 THEN '(' || (($2 - 4) >> 16 & 65535) || ',' || ($2 - 4 & 2047) || ')'
       WHEN $1 = 1700 THEN '(38,9)' ELSE '' END;

CREATE VIEW pg_catalog.rs_schemas AS
  SELECT n.oid, coalesce(l.full_name, n.nspname::text)::varchar(128) AS name, n.nspowner, n.nspacl
  FROM pg_catalog.pg_namespace n LEFT JOIN pg_internal.long_names l ON l.short = n.nspname
  WHERE n.nspname !~ '^pg_(toast|temp_)' AND n.nspname NOT IN ('pg_internal', 'pg_automv', 'pg_auto_copy', 'pg_mv', 'pg_s3', 'catalog_history')
    AND (has_schema_privilege(n.oid, 'USAGE') OR has_schema_privilege(n.oid, 'CREATE'))
  UNION ALL
  SELECT n.oid, n.nspname::varchar(128), n.nspowner, n.nspacl FROM pg_catalog.pg_namespace n
  WHERE n.nspname IN ('pg_internal', 'pg_automv', 'pg_auto_copy', 'pg_mv', 'pg_s3', 'catalog_history');

CREATE VIEW pg_catalog.rs_relations AS
  SELECT c.oid, s.name AS schema_name, coalesce(l.full_name, c.relname::text)::varchar(128) AS name, c.relkind AS kind, c.relowner, c.relacl,
    CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END::varchar(128) AS table_type,
    obj_description(c.oid, 'pg_class')::varchar(256) AS remarks, c.reltuples, pg_catalog.rs_note(c.oid) AS note
  FROM pg_catalog.pg_class c JOIN pg_catalog.rs_schemas s ON s.oid = c.relnamespace
  LEFT JOIN pg_internal.long_names l ON l.short = c.relname
  WHERE c.relkind IN ('r', 'v', 'm') AND NOT c.relispartition
    AND NOT (s.name = 'pg_catalog' AND c.relname LIKE 'rs\_%') AND s.name <> 'pg_internal'
    AND has_schema_privilege(s.oid, 'USAGE')
    AND (pg_has_role(c.relowner, 'USAGE') OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, REFERENCES, TRUNCATE') OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'));

-- Partitions name what a statement asks for, so that PostgreSQL looks at the columns of that relation alone.
CREATE VIEW pg_catalog.rs_columns AS
  SELECT r.oid, r.schema_name, r.name AS table_name, r.table_type, r.note, a.attnum, coalesce(l.full_name, a.attname::text)::varchar(128) AS name,
    row_number() OVER (PARTITION BY r.schema_name, r.name, a.attrelid ORDER BY a.attnum)::integer AS ordinal_position,
    CASE WHEN a.attidentity <> '' THEN CASE a.attidentity WHEN 'd' THEN '"default_identity"(' ELSE '"identity"(' END || a.attrelid || ', ' || a.attnum - 1 || ', ''' || q.seqstart || ',' || q.seqincrement || '''::text)'
      ELSE pg_get_expr(d.adbin, d.adrelid) END::varchar(4000) AS column_default,
    a.attnotnull AS not_null, a.atttypid, a.atttypmod, a.attacl,
    CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 4 THEN a.atttypmod - 4 WHEN a.atttypid IN (25, 1043) THEN 65535
      WHEN y.typname = 'varbyte' THEN greatest(a.atttypmod - 4, 0) END::integer AS length,
    CASE a.atttypid WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 1700 THEN CASE WHEN a.atttypmod > 4 THEN (a.atttypmod - 4) >> 16 & 65535 ELSE 38 END WHEN 700 THEN 24 WHEN 701 THEN 53 END::integer AS numeric_precision,
    CASE a.atttypid WHEN 21 THEN 0 WHEN 23 THEN 0 WHEN 20 THEN 0 WHEN 1700 THEN CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 & 2047 ELSE 9 END END::integer AS numeric_scale,
    col_description(a.attrelid, a.attnum)::varchar(256) AS remarks
  FROM pg_catalog.rs_relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN (pg_catalog.pg_depend p JOIN pg_catalog.pg_sequence q ON q.seqrelid = p.objid) ON p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype = 'i' AND p.classid = 'pg_catalog.pg_class'::regclass
  LEFT JOIN pg_internal.long_names l ON l.short = a.attname;

-- What a statement gets where it names PG_NAMESPACE, PG_CLASS, PG_TABLES or PG_VIEWS: names in full, and a materialized view is a view.
CREATE VIEW pg_catalog.rs_pg_namespace AS
  SELECT n.oid, coalesce(l.full_name, n.nspname::text)::varchar(128) AS nspname, n.nspowner, n.nspacl
  FROM pg_catalog.pg_namespace n LEFT JOIN pg_internal.long_names l ON l.short = n.nspname;
CREATE VIEW pg_catalog.rs_pg_class AS
  SELECT c.oid, coalesce(l.full_name, c.relname::text)::varchar(128) AS relname, c.relnamespace, c.reltype, c.relowner, c.relam, c.relfilenode, c.reltablespace,
    c.relpages, greatest(c.reltuples, 0) AS reltuples, c.relhasindex, CASE c.relkind WHEN 'm' THEN 'v' ELSE c.relkind END AS relkind, c.relnatts, c.relacl
  FROM pg_catalog.pg_class c LEFT JOIN pg_internal.long_names l ON l.short = c.relname;
CREATE VIEW pg_catalog.rs_pg_tables AS
  SELECT n.nspname AS schemaname, c.relname AS tablename, pg_get_userbyid(c.relowner) AS tableowner, NULL::name AS tablespace, c.relhasindex AS hasindexes, false AS hasrules, false AS hastriggers
  FROM pg_catalog.rs_pg_class c JOIN pg_catalog.rs_pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r';
CREATE VIEW pg_catalog.rs_pg_views AS
  SELECT n.nspname AS schemaname, c.relname AS viewname, pg_get_userbyid(c.relowner) AS viewowner, pg_catalog.rs_pg_get_viewdef(c.oid) AS definition
  FROM pg_catalog.rs_pg_class c JOIN pg_catalog.rs_pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v';

CREATE VIEW pg_catalog.svv_all_schemas AS
  SELECT current_database()::varchar(128) AS database_name, name AS schema_name, nspowner::integer AS schema_owner, 'local'::varchar(128) AS schema_type,
    array_to_string(nspacl, '~')::varchar(128) AS schema_acl, NULL::varchar(128) AS source_database, NULL::varchar(128) AS schema_option FROM pg_catalog.rs_schemas;
CREATE VIEW pg_catalog.svv_redshift_schemas AS
  SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option FROM pg_catalog.svv_all_schemas;
CREATE VIEW pg_catalog.rs_isolations AS
  SELECT d.oid, CASE WHEN 'default_transaction_isolation=serializable' = ANY (s.setconfig) THEN 'Serializable' ELSE 'Snapshot Isolation' END AS level
  FROM pg_catalog.pg_database d LEFT JOIN pg_catalog.pg_db_role_setting s ON s.setdatabase = d.oid AND s.setrole = 0;
CREATE VIEW pg_catalog.stv_db_isolation_level AS
  SELECT d.datname::text AS db_name, i.level AS isolation_level FROM pg_catalog.pg_database d JOIN pg_catalog.rs_isolations i ON i.oid = d.oid
  WHERE NOT d.datistemplate AND d.datname <> 'postgres';
CREATE VIEW pg_catalog.svv_redshift_databases AS
  SELECT datname::varchar(128) AS database_name, datdba::integer AS database_owner, 'local'::varchar(32) AS database_type,
    array_to_string(datacl, '~')::varchar(128) AS database_acl, NULL::varchar(128) AS database_options, i.level::varchar(128) AS database_isolation_level
  FROM pg_catalog.pg_database d JOIN pg_catalog.rs_isolations i ON i.oid = d.oid WHERE NOT datistemplate AND datname <> 'postgres';
CREATE VIEW pg_catalog.svv_all_tables AS
  SELECT current_database()::varchar(128) AS database_name, schema_name, name AS table_name, array_to_string(relacl, '~')::varchar(128) AS table_acl,
    table_type, remarks, pg_catalog.rs_owner(relowner)::varchar(128) AS owner FROM pg_catalog.rs_relations;
CREATE VIEW pg_catalog.svv_redshift_tables AS
  SELECT database_name, schema_name, table_name, table_type, table_acl, remarks, owner AS table_owner FROM pg_catalog.svv_all_tables;
CREATE VIEW pg_catalog.svv_tables AS
  SELECT current_database()::varchar(128) AS table_catalog, schema_name AS table_schema, name AS table_name,
    CASE table_type WHEN 'TABLE' THEN 'BASE TABLE' ELSE table_type END::varchar(128) AS table_type, remarks FROM pg_catalog.rs_relations;
CREATE VIEW pg_catalog.svv_all_columns AS
  SELECT current_database()::varchar(128) AS database_name, schema_name, table_name, name AS column_name, ordinal_position, column_default,
    CASE WHEN not_null THEN 'NO' ELSE 'YES' END::varchar(3) AS is_nullable, pg_catalog.rs_type(atttypid, NULL)::varchar(128) AS data_type,
    length AS character_maximum_length, numeric_precision, numeric_scale, remarks FROM pg_catalog.rs_columns;
CREATE VIEW pg_catalog.svv_columns AS
  SELECT database_name AS table_catalog, schema_name AS table_schema, table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
    character_maximum_length, numeric_precision, CASE WHEN data_type = 'numeric' THEN 10 WHEN numeric_precision IS NOT NULL THEN 2 END AS numeric_precision_radix,
    numeric_scale, CASE WHEN data_type LIKE 'time%' THEN 6 END AS datetime_precision, NULL::varchar(128) AS interval_type, NULL::varchar(128) AS interval_precision,
    NULL::varchar(128) AS character_set_catalog, NULL::varchar(128) AS character_set_schema, NULL::varchar(128) AS character_set_name,
    NULL::varchar(128) AS collation_catalog, NULL::varchar(128) AS collation_schema, NULL::varchar(128) AS collation_name, NULL::varchar(128) AS domain_name, remarks
  FROM pg_catalog.svv_all_columns;
CREATE VIEW pg_catalog.svv_redshift_columns AS
  SELECT current_database()::varchar(128) AS database_name, schema_name, table_name, name AS column_name, ordinal_position, pg_catalog.rs_type(atttypid, atttypmod)::varchar(128) AS data_type,
    column_default, CASE WHEN not_null THEN 'NO' ELSE 'YES' END::varchar(3) AS is_nullable, coalesce(note #>> ARRAY['encodings', attnum::text], 'none')::varchar(128) AS encoding,
    coalesce(note -> 'distkey' = to_jsonb(attnum), false) AS distkey,
    coalesce((SELECT n FROM jsonb_array_elements(note -> 'sortkeys') WITH ORDINALITY AS e(x, n) WHERE x = to_jsonb(attnum)), 0)::integer AS sortkey,
    array_to_string(attacl, '~')::varchar(128) AS column_acl, remarks FROM pg_catalog.rs_columns;

-- PG_TABLE_DEF shows the schemas of the search path only, temporary tables among them.
CREATE VIEW pg_catalog.pg_table_def AS
  SELECT n.nspname AS schemaname, coalesce(t.full_name, c.relname::text)::varchar(128) AS tablename, coalesce(l.full_name, a.attname::text)::varchar(128) AS "column",
    pg_catalog.rs_type(a.atttypid, a.atttypmod) AS type, coalesce(pg_catalog.rs_note(c.oid) #>> ARRAY['encodings', a.attnum::text], 'none')::varchar(32) AS encoding,
    coalesce(pg_catalog.rs_note(c.oid) -> 'distkey' = to_jsonb(a.attnum), false) AS distkey,
    coalesce((SELECT x.n FROM jsonb_array_elements(pg_catalog.rs_note(c.oid) -> 'sortkeys') WITH ORDINALITY AS x(e, n) WHERE x.e = to_jsonb(a.attnum)), 0)::integer AS sortkey,
    a.attnotnull AS "notnull"
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_internal.long_names t ON t.short = c.relname LEFT JOIN pg_internal.long_names l ON l.short = a.attname
  WHERE c.relkind IN ('r', 'v') AND n.nspname = ANY (current_schemas(true)) AND NOT (n.nspname = 'pg_catalog' AND c.relname LIKE 'rs\_%')
    AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, REFERENCES');

CREATE VIEW pg_catalog.svv_table_info AS
  SELECT current_database()::text AS database, schema_name::text AS schema, oid AS table_id, name::text AS "table", CASE WHEN note ? 'encodings' THEN 'Y' ELSE 'AUTO(ENCODE)' END AS encoded,
    CASE note ->> 'diststyle' WHEN 'KEY' THEN 'KEY(' || (SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = r.oid AND to_jsonb(attnum) = note -> 'distkey') || ')'
      WHEN 'ALL' THEN 'ALL' WHEN 'EVEN' THEN 'EVEN' ELSE 'AUTO(ALL)' END AS diststyle,
    coalesce((SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = r.oid AND to_jsonb(attnum) = note #> '{sortkeys,0}'), 'AUTO(SORTKEY)') AS sortkey1,
    (SELECT max(length) FROM pg_catalog.rs_columns c WHERE c.oid = r.oid) AS max_varchar, coalesce(jsonb_array_length(note -> 'sortkeys'), 0) AS sortkey_num,
    greatest(1, pg_total_relation_size(oid) / 1048576) AS size, 0.01::numeric(10,4) AS pct_used, 0::bigint AS empty, 0::numeric(5,2) AS unsorted, 0::numeric(5,2) AS stats_off,
    greatest(reltuples, pg_stat_get_live_tuples(oid))::numeric(38,0) AS tbl_rows, greatest(reltuples, pg_stat_get_live_tuples(oid))::numeric(38,0) AS estimated_visible_rows,
    NULL::text AS risk_event, NULL::numeric(12,2) AS vacuum_sort_benefit, NULL::timestamp AS create_time
  FROM pg_catalog.rs_relations r WHERE kind = 'r' AND schema_name NOT IN ('pg_catalog', 'information_schema') AND greatest(reltuples, pg_stat_get_live_tuples(oid)) > 0;

CREATE VIEW pg_catalog.rs_grants AS
  SELECT 'schema' AS of, n.name AS namespace_name, NULL::varchar AS relation_name, a.* FROM pg_catalog.rs_schemas n, aclexplode(n.nspacl) a
  UNION ALL SELECT 'relation', n.nspname, r.relname, a.* FROM pg_catalog.rs_pg_class r JOIN pg_catalog.rs_pg_namespace n ON n.oid = r.relnamespace, aclexplode(r.relacl) a WHERE r.relkind IN ('r', 'v') AND n.nspname !~ '^pg_|^information_schema$'
  UNION ALL SELECT 'database', d.datname::varchar, NULL, a.* FROM pg_catalog.pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE NOT datistemplate AND datname <> 'postgres';
CREATE VIEW pg_catalog.rs_identities AS
  SELECT g.of, g.namespace_name::text, g.relation_name::text, CASE g.privilege_type WHEN 'TEMPORARY' THEN 'TEMP' ELSE g.privilege_type END AS privilege_type, g.grantee::integer AS identity_id,
    coalesce(pg_catalog.rs_owner(g.grantee), 'public') AS identity_name,
    CASE WHEN g.grantee = 0 THEN 'public' WHEN u.rolcanlogin THEN 'user' ELSE 'group' END AS identity_type, g.is_grantable AS admin_option
  FROM pg_catalog.rs_grants g LEFT JOIN pg_catalog.pg_roles u ON u.oid = g.grantee
  WHERE (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) OR g.grantee = 0 OR pg_has_role(g.grantee, 'USAGE') OR pg_has_role(g.grantor, 'USAGE');
CREATE VIEW pg_catalog.svv_schema_privileges AS SELECT namespace_name, privilege_type, identity_id, identity_name, identity_type, admin_option FROM pg_catalog.rs_identities WHERE of = 'schema';
CREATE VIEW pg_catalog.svv_relation_privileges AS SELECT namespace_name, relation_name, privilege_type, identity_id, identity_name, identity_type, admin_option FROM pg_catalog.rs_identities WHERE of = 'relation';
CREATE VIEW pg_catalog.svv_database_privileges AS SELECT namespace_name AS database_name, privilege_type, identity_id, identity_name, identity_type, admin_option FROM pg_catalog.rs_identities WHERE of = 'database';
CREATE VIEW pg_catalog.svv_default_privileges AS
  SELECT n.nspname::text AS schema_name, CASE d.defaclobjtype WHEN 'r' THEN 'RELATION' WHEN 'f' THEN 'FUNCTION' ELSE 'PROCEDURE' END AS object_type, d.defaclrole::integer AS owner_id,
    pg_catalog.rs_owner(d.defaclrole) AS owner_name, 'user'::text AS owner_type, a.privilege_type, a.grantee::integer AS grantee_id, coalesce(pg_catalog.rs_owner(a.grantee), 'public') AS grantee_name,
    CASE WHEN a.grantee = 0 THEN 'public' WHEN u.rolcanlogin THEN 'user' ELSE 'group' END AS grantee_type, a.is_grantable AS admin_option
  FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a LEFT JOIN pg_catalog.pg_roles u ON u.oid = a.grantee
  WHERE a.grantee <> d.defaclrole AND ((SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) OR a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE') OR pg_has_role(d.defaclrole, 'USAGE'));
CREATE OR REPLACE VIEW pg_catalog.svv_user_info AS
  SELECT rolname::text AS user_name, oid::integer AS user_id, rolcreatedb AS createdb, rolsuper AS superuser, false AS catalog_update, rolconnlimit::text AS connection_limit,
    'RESTRICTED'::text AS syslog_access, NULL::timestamp AS last_ddl_ts, NULL::text AS session_timeout, NULL::text AS external_user_id
  FROM pg_catalog.pg_roles WHERE rolcanlogin AND (rolname = current_user OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user));
CREATE OR REPLACE VIEW pg_catalog.svv_external_schemas AS SELECT NULL::integer AS esoid, NULL::smallint AS eskind, NULL::text AS schemaname, NULL::integer AS esowner, NULL::text AS databasename, NULL::text AS esoptions WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svv_external_tables AS SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS tabletype, NULL::text AS location WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svv_external_columns AS SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS columnname, NULL::text AS external_type, NULL::integer AS columnnum WHERE false;

-- Read as a table, with a list of column names (the proxy makes their types these).
CREATE OR REPLACE FUNCTION pg_catalog.pg_get_late_binding_view_cols() RETURNS SETOF record LANGUAGE sql STABLE AS
  $$ SELECT schema_name::text, table_name::text, name::text, pg_catalog.rs_type(atttypid, atttypmod)::text, ordinal_position FROM pg_catalog.rs_columns WHERE note ->> 'late' = 'true' $$;

CREATE VIEW pg_catalog.svv_rls_relation AS
  SELECT current_database()::varchar(128) AS datname, schema_name AS relschema, name AS relname, table_type AS relkind, coalesce((note -> 'rls')::boolean, false) AS is_rls_on,
    coalesce((note -> 'rls')::boolean, false) AS is_rls_datashare_on
  FROM pg_catalog.rs_relations WHERE note ? 'rls' OR note ? 'rlsPolicies';
CREATE VIEW pg_catalog.svv_rls_policy AS SELECT name::varchar(128) AS polname, NULL::varchar AS polalias, NULL::varchar AS polatts, NULL::varchar AS polqual, true AS polenabled FROM pg_internal.policies WHERE kind = 'RLS';
CREATE VIEW pg_catalog.svv_masking_policy AS SELECT name::varchar(128) AS policy_name, NULL::varchar AS input_columns, NULL::varchar AS policy_expression FROM pg_internal.policies WHERE kind = 'MASKING';
CREATE VIEW pg_catalog.svv_attached_masking_policy AS
  SELECT (m ->> 'policy')::varchar(128) AS policy_name, schema_name, name AS table_name, table_type, NULL::varchar(128) AS grantor, 'public'::varchar(128) AS grantee, 'public'::varchar(128) AS grantee_type,
    0 AS priority, (m -> 'columns')::text::varchar AS input_columns, (m -> 'columns')::text::varchar AS output_columns
  FROM pg_catalog.rs_relations, jsonb_array_elements(coalesce(note -> 'masks', '[]')) m;

-- Keys: informational, from the notes.
CREATE VIEW pg_catalog.rs_constraint AS
  SELECT oid, conname, connamespace, contype, condeferrable, condeferred, conrelid, contypid, conindid, confrelid, conkey, confkey FROM pg_catalog.pg_constraint
    WHERE conname NOT LIKE 'rs\_bytes\_%' AND contype <> 'n'
  UNION ALL
  SELECT NULL::oid, (k ->> 'name')::name, c.relnamespace, (k ->> 'kind')::"char", false, false, c.oid, 0::oid, 0::oid, coalesce((k ->> 'target')::oid, 0::oid),
    (SELECT array_agg(x::smallint ORDER BY n) FROM jsonb_array_elements_text(k -> 'columns') WITH ORDINALITY AS e(x, n)),
    (SELECT array_agg(x::smallint ORDER BY n) FROM jsonb_array_elements_text(k -> 'refColumns') WITH ORDINALITY AS e(x, n))
  FROM pg_catalog.pg_description d JOIN pg_catalog.pg_class c ON c.oid = d.objoid, jsonb_array_elements(d.description::jsonb -> 'keys') k
  WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = -1;
GRANT SELECT ON pg_catalog.rs_constraint TO PUBLIC;
CREATE OR REPLACE VIEW information_schema.table_constraints AS
  SELECT current_database()::information_schema.sql_identifier AS constraint_catalog, n.nspname::information_schema.sql_identifier AS constraint_schema, k.conname::information_schema.sql_identifier AS constraint_name,
    current_database()::information_schema.sql_identifier AS table_catalog, n.nspname::information_schema.sql_identifier AS table_schema, c.relname::information_schema.sql_identifier AS table_name,
    CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'FOREIGN KEY' END::information_schema.character_data AS constraint_type,
    'NO'::information_schema.yes_or_no AS is_deferrable, 'NO'::information_schema.yes_or_no AS initially_deferred, 'NO'::information_schema.yes_or_no AS enforced, 'YES'::information_schema.yes_or_no AS nulls_distinct
  FROM pg_catalog.rs_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype IN ('p', 'u', 'f') AND (pg_has_role(c.relowner, 'USAGE') OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, REFERENCES'));
CREATE OR REPLACE VIEW information_schema.key_column_usage AS
  SELECT current_database()::information_schema.sql_identifier AS constraint_catalog, n.nspname::information_schema.sql_identifier AS constraint_schema, k.conname::information_schema.sql_identifier AS constraint_name,
    current_database()::information_schema.sql_identifier AS table_catalog, n.nspname::information_schema.sql_identifier AS table_schema, c.relname::information_schema.sql_identifier AS table_name,
    a.attname::information_schema.sql_identifier AS column_name, x.n::integer::information_schema.cardinal_number AS ordinal_position,
    CASE WHEN k.contype = 'f' THEN x.n::integer END::information_schema.cardinal_number AS position_in_unique_constraint
  FROM pg_catalog.rs_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
    unnest(k.conkey) WITH ORDINALITY AS x(attnum, n), pg_catalog.pg_attribute a
  WHERE a.attrelid = c.oid AND a.attnum = x.attnum AND k.contype IN ('p', 'u', 'f') AND (pg_has_role(c.relowner, 'USAGE') OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, REFERENCES'));

-- Loads: everyone sees the own ones, a superuser all.
CREATE OR REPLACE FUNCTION pg_catalog.rs_mine(integer) RETURNS boolean LANGUAGE sql STABLE
  RETURN (SELECT rolsuper OR oid = $1::oid FROM pg_catalog.pg_roles WHERE rolname = current_user);
GRANT SELECT ON pg_internal.load_errors, pg_internal.loads, pg_internal.load_files TO PUBLIC;
CREATE VIEW pg_catalog.stl_load_errors AS
  SELECT userid, slice, tbl, starttime, session, query, rpad(filename, 256)::char(256) AS filename, line_number, rpad(colname, 127)::char(127) AS colname, rpad(type, 10)::char(10) AS type,
    rpad(col_length, 10)::char(10) AS col_length, position, rpad(left(raw_line, 1024), 1024)::char(1024) AS raw_line, rpad(left(raw_field_value, 1024), 1024)::char(1024) AS raw_field_value,
    err_code, rpad(err_reason, 100)::char(100) AS err_reason, 0 AS is_partial, 0::bigint AS start_offset, NULL::bigint AS copy_job_id
  FROM pg_internal.load_errors WHERE pg_catalog.rs_mine(userid);
CREATE VIEW pg_catalog.stl_loaderror_detail AS
  SELECT userid, slice, session, query, filename, line_number, position AS field, colname, raw_field_value AS value, CASE WHEN raw_field_value IS NULL THEN 1 ELSE 0 END AS is_null,
    type, col_length FROM pg_internal.load_errors WHERE pg_catalog.rs_mine(userid);
CREATE VIEW pg_catalog.sys_load_error_detail AS
  SELECT userid AS user_id, query::bigint AS query_id, transaction_id, session AS session_id, current_database()::text AS database_name, tbl AS table_id, starttime AS start_time,
    filename::text AS file_name, line_number, colname::text AS column_name, type::text AS column_type, col_length::text AS column_length, position, err_code AS error_code, err_reason::text AS error_message
  FROM pg_internal.load_errors WHERE pg_catalog.rs_mine(userid);
CREATE VIEW pg_catalog.stl_load_commits AS
  SELECT userid, query, 0 AS slice, filename AS name, filename, 0::bigint AS byte_offset, lines_scanned, errors, curtime, status, file_format FROM pg_internal.load_files WHERE pg_catalog.rs_mine(userid);
CREATE VIEW pg_catalog.sys_load_history AS
  SELECT userid AS user_id, query::bigint AS query_id, session AS session_id, current_database()::text AS database_name, status, table_name, start_time, end_time,
    (extract(epoch FROM end_time - start_time) * 1000000)::bigint AS duration, data_source, file_format, loaded_rows, loaded_bytes, file_count AS source_file_count, error_count
  FROM pg_internal.loads WHERE pg_catalog.rs_mine(userid);

DO $$
DECLARE view_name text;
BEGIN
  FOR view_name IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'v' AND (relname ~ '^(svv|stl|stv|sys|rs)_' OR relname = 'pg_table_def') LOOP
    EXECUTE format('GRANT SELECT ON pg_catalog.%I TO PUBLIC', view_name);
  END LOOP;
END $$;
-- These are for superusers alone.
REVOKE SELECT ON pg_catalog.svv_table_info, pg_catalog.stv_db_isolation_level, pg_catalog.svv_rls_relation, pg_catalog.svv_rls_policy,
  pg_catalog.svv_masking_policy, pg_catalog.svv_attached_masking_policy FROM PUBLIC;

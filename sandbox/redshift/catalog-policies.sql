-- Policies of row-level security and dynamic data masking: their names, and in the notes of tables what protects them.
SET allow_system_table_mods = on;

CREATE TABLE IF NOT EXISTS pg_internal.policies (kind text, name text, PRIMARY KEY (kind, name));

-- Only superusers here: the role sys:secadmin, who may too on Redshift, is not emulated.
CREATE OR REPLACE FUNCTION pg_internal.rs_secadmin() RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
    RAISE EXCEPTION 'permission denied: only superusers and sys:secadmin may do this' USING ERRCODE = '42501';
  END IF;
END $$;

CREATE OR REPLACE PROCEDURE pg_catalog.rs_policy(action text, what text, change text) LANGUAGE plpgsql AS $$
DECLARE
  given jsonb := change::jsonb; policy text := given ->> 'name'; known boolean; key text := CASE what WHEN 'RLS' THEN 'rlsPolicies' ELSE 'masks' END;
  target text; rel regclass; note jsonb;
BEGIN
  PERFORM pg_internal.rs_secadmin();
  known := EXISTS (SELECT FROM pg_internal.policies p WHERE p.kind = what AND p.name = policy);
  IF action = 'CREATE' THEN
    IF known AND given ? 'exists' THEN RETURN; END IF;
    IF known THEN RAISE EXCEPTION '% policy "%" already exists', what, policy USING ERRCODE = '42710'; END IF;
    INSERT INTO pg_internal.policies VALUES (what, policy);
    RETURN;
  END IF;
  IF NOT known THEN
    IF given ? 'exists' THEN RETURN; END IF;
    RAISE EXCEPTION '% policy "%" does not exist', what, policy USING ERRCODE = '42704';
  END IF;
  IF action = 'DROP' THEN
    FOR rel IN SELECT d.objoid::regclass FROM pg_description d WHERE d.classoid = 'pg_class'::regclass AND d.objsubid = -1
        AND EXISTS (SELECT FROM jsonb_array_elements(coalesce(d.description::jsonb -> key, '[]')) m WHERE m ->> 'policy' = policy) LOOP
      IF NOT (given -> 'cascade')::boolean THEN
        RAISE EXCEPTION 'cannot drop % policy "%" because it is attached to relation "%"', what, policy, rel USING ERRCODE = '2BP01';
      END IF;
      CALL pg_internal.rs_detach(rel, key, policy);
    END LOOP;
    DELETE FROM pg_internal.policies p WHERE p.kind = what AND p.name = policy;
  ELSIF action IN ('ATTACH', 'DETACH') THEN
    FOREACH target IN ARRAY ARRAY(SELECT jsonb_array_elements_text(given -> 'tables')) LOOP
      rel := target::regclass;
      PERFORM pg_internal.rs_attnum(rel, c) FROM jsonb_array_elements_text(coalesce(given -> 'columns', '[]')) c;
      CALL pg_internal.rs_detach(rel, key, policy);
      IF action = 'ATTACH' THEN
        note := coalesce(rs_note(rel), '{}');
        PERFORM pg_internal.rs_set_note(rel, jsonb_set(note, ARRAY[key], coalesce(note -> key, '[]') || jsonb_build_object('policy', policy, 'columns', coalesce(given -> 'columns', '[]'))));
      END IF;
    END LOOP;
  END IF;
END $$;
CREATE OR REPLACE PROCEDURE pg_internal.rs_detach(rel regclass, key text, policy text) LANGUAGE plpgsql AS $$
DECLARE note jsonb := coalesce(rs_note(rel), '{}'); kept jsonb;
BEGIN
  SELECT jsonb_agg(m) INTO kept FROM jsonb_array_elements(coalesce(note -> key, '[]')) m WHERE m ->> 'policy' <> policy;
  PERFORM pg_internal.rs_set_note(rel, (note - key) || CASE WHEN kept IS NULL THEN '{}' ELSE jsonb_build_object(key, kept) END);
END $$;
CREATE OR REPLACE PROCEDURE pg_catalog.rs_row_level_security(target text, switched boolean) LANGUAGE plpgsql AS $$
DECLARE rel regclass := target::regclass; note jsonb := coalesce(rs_note(rel), '{}') - 'rls';
BEGIN
  PERFORM pg_internal.rs_secadmin();
  PERFORM pg_internal.rs_set_note(rel, note || CASE WHEN switched THEN '{"rls": true}' ELSE '{}' END::jsonb);
END $$;

-- Of the tables named by their quoted paths, those that are protected; with none given, whether the database has any.
CREATE OR REPLACE FUNCTION pg_catalog.rs_protected(paths text[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = -1
  WHERE d.description::jsonb ?| ARRAY['rls', 'masks'] AND (paths IS NULL OR c.oid IN (SELECT to_regclass(p)::oid FROM unnest(paths) p)) $$;

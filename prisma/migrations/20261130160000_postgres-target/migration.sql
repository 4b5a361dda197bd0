-- Where a PostgreSQL destination puts its rows is the destination's own; its credentials say only how to log in, so that
-- others can use them. Each statement changes nothing when it is run again.
UPDATE "destination" d
SET "config" = jsonb_build_object('tables', jsonb_build_object(
  'targetSchema', c."config"->>'targetSchema', 'targetTable', COALESCE(c."config"->>'targetTable', '')))
FROM "credential" c
WHERE c."id" = d."credential_id" AND d."kind" = 'postgres' AND NOT d."config" ? 'tables' AND c."config" ? 'targetSchema';

UPDATE "credential" SET "config" = "config" - 'targetSchema' - 'targetTable'
WHERE "kind" = 'postgres' AND "config" ? 'targetSchema';

-- a draft that was begun is asked for its connection again: the secret that is sealed in it has the old form
UPDATE "draft" SET "data" = "data" - 'connection' - 'verify', "sealed_secret" = NULL
WHERE "role" = 'destination' AND "kind" = 'postgres' AND "finished_as" IS NULL AND "data"->'connection'->'config' ? 'targetSchema';

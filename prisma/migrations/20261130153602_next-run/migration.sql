-- AlterTable: every schedule that is there is looked at once by the next worker
ALTER TABLE "connection" ADD COLUMN     "next_run_at" TIMESTAMP(3) DEFAULT timezone('UTC'::text, now());

-- only those that run by themselves are looked at, and only when they are due
CREATE INDEX "connection_next_run" ON "connection"("next_run_at") WHERE "enabled" AND "next_run_at" IS NOT NULL;

-- the job queue that was here before: what is due is found in run, source and destination. A schema of this name that
-- isn't that queue (pg-boss) is somebody else's
DO $$ BEGIN
  IF to_regclass('queue.job') IS NOT NULL AND to_regclass('queue.subscription') IS NOT NULL AND to_regclass('queue.version') IS NOT NULL THEN
    DROP SCHEMA "queue" CASCADE;
  END IF;
END $$;

-- AlterTable: every schedule that is there is looked at once by the next worker
ALTER TABLE "connection" ADD COLUMN     "next_run_at" TIMESTAMP(3) DEFAULT timezone('UTC'::text, now());

-- only those that run by themselves are looked at, and only when they are due
CREATE INDEX "connection_next_run" ON "connection"("next_run_at") WHERE "enabled" AND "next_run_at" IS NOT NULL;

-- the job queue that was here before: what is due is found in run, source and destination
DROP SCHEMA IF EXISTS "queue" CASCADE;

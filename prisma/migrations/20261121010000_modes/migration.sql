-- a key may be of several columns
ALTER TABLE "source" ADD COLUMN     "keys" TEXT[];
UPDATE "source" SET "keys" = ARRAY["key"];
ALTER TABLE "source" DROP COLUMN "key";

-- AlterTable
ALTER TABLE "connection" ADD COLUMN     "cursor_column" TEXT,
ADD COLUMN     "delete_percent" INTEGER NOT NULL DEFAULT 10,
ADD COLUMN     "look_back_min" INTEGER NOT NULL DEFAULT 60,
ADD COLUMN     "raw_numbers" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "sync_log_days" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "run" ADD COLUMN     "allowed_deletes" INTEGER,
ADD COLUMN     "deletes" INTEGER NOT NULL DEFAULT 0;

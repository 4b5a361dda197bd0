-- AlterTable
ALTER TABLE "source" ADD COLUMN     "check_ok" BOOLEAN,
ADD COLUMN     "checked_at" TIMESTAMP(3),
ADD COLUMN     "checks" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "columns" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "next_check_at" TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP;

-- AlterTable
ALTER TABLE "destination" ADD COLUMN     "check_ok" BOOLEAN,
ADD COLUMN     "checked_at" TIMESTAMP(3),
ADD COLUMN     "checks" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "next_check_at" TIMESTAMP(3);

-- CreateIndex
CREATE INDEX "source_next_check_at_idx" ON "source"("next_check_at");

-- CreateIndex
CREATE INDEX "destination_next_check_at_idx" ON "destination"("next_check_at");

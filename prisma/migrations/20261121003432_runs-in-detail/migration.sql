-- AlterTable
ALTER TABLE "run" ADD COLUMN     "away_since" TIMESTAMP(3),
ADD COLUMN     "beyond" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "only_keys" JSONB,
ADD COLUMN     "outages" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "run_stage" ADD COLUMN     "statements" JSONB NOT NULL DEFAULT '[]';

-- AlterTable
ALTER TABLE "rejected_row" ADD COLUMN     "sealed_payload" TEXT;

-- CreateIndex
CREATE INDEX "rejected_row_created_at_idx" ON "rejected_row"("created_at");

-- AlterTable
ALTER TABLE "source" ADD COLUMN     "sealed_unload" TEXT,
ADD COLUMN     "unload" JSONB;

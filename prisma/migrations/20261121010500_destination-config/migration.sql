-- AlterTable
ALTER TABLE "destination" ADD COLUMN     "config" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "sealed_secret" TEXT;

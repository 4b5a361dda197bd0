-- AlterTable
ALTER TABLE "credential" ADD COLUMN     "rotated_at" TIMESTAMP(3),
ADD COLUMN     "rotation" TEXT NOT NULL DEFAULT 'none',
ADD COLUMN     "sealed_other" TEXT;

-- CreateTable
CREATE TABLE "instance_secret" (
    "id" TEXT NOT NULL,
    "sealed_secret" TEXT NOT NULL,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "instance_secret_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "leftover" (
    "connection_id" UUID NOT NULL,
    "team_id" TEXT NOT NULL,
    "credential_id" UUID NOT NULL,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "next_try_at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "leftover_pkey" PRIMARY KEY ("connection_id")
);

-- AddForeignKey
ALTER TABLE "leftover" ADD CONSTRAINT "leftover_credential_id_fkey" FOREIGN KEY ("credential_id") REFERENCES "credential"("id") ON DELETE CASCADE ON UPDATE CASCADE;

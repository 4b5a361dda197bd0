-- CreateTable
CREATE TABLE "sign_in_change" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "what" TEXT NOT NULL,
    "ip" TEXT,
    "session_id" TEXT,
    "at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen_at" TIMESTAMP(3),

    CONSTRAINT "sign_in_change_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "sign_in_change_user_id_at_idx" ON "sign_in_change"("user_id", "at");

-- AddForeignKey
ALTER TABLE "sign_in_change" ADD CONSTRAINT "sign_in_change_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

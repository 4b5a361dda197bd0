-- CreateIndex
CREATE INDEX "audit_entry_team_id_actor_id_at_idx" ON "audit_entry"("team_id", "actor_id", "at");

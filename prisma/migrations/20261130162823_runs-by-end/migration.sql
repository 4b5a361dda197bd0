-- CreateIndex
CREATE INDEX "run_team_id_finished_at_idx" ON "run"("team_id", "finished_at");

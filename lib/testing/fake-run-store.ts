import type { Progress, RejectedRow, RunStore, Stage } from "@/lib/engine/store";
import type { Reached } from "@/lib/engine/settled";
import { invalidReasons, type Rejected } from "@/lib/connectors/contract/changes";

/** A run kept in memory; it outlives a worker, as the real one does. `before` may throw to make a write fail. */
export class FakeRunStore implements RunStore {
  stages: string[] = [];
  progresses: Progress[] = [];
  rejected = new Map<number, RejectedRow>();
  before: (method: keyof RunStore, argument?: unknown) => void = () => undefined;

  details: string[] = [];
  async stage(stage: Stage, status: "started" | "finished", detail?: string): Promise<void> {
    if (detail !== undefined) this.details.push(detail);
    this.before("stage", `${stage} ${status}`);
    this.stages.push(`${stage} ${status}`);
  }
  async progress(progress: Progress): Promise<void> {
    this.before("progress", progress);
    this.progresses.push(progress);
  }
  async reject(rows: RejectedRow[]): Promise<void> {
    this.before("reject", rows);
    for (const row of rows) if (!this.rejected.has(row.seq)) this.rejected.set(row.seq, row);
  }
  async checkpoint(): Promise<Reached & { rejected: number }> {
    this.before("checkpoint");
    return {
      seq: this.last?.checkpoint ?? 0,
      beyond: this.last?.beyond ?? [],
      rejected: this.last?.rejected ?? 0,
    };
  }
  async rejections(): Promise<(Rejected & { code: string | null })[]> {
    this.before("rejections");
    const invalid: readonly string[] = invalidReasons;
    return [...this.rejected.values()]
      .filter(({ code }) => !code || !invalid.includes(code))
      .map(({ seq, reason, code }) => ({ seq, reason, code: code ?? null }))
      .sort((a, b) => a.seq - b.seq);
  }
  get last(): Progress | undefined {
    return this.progresses.at(-1);
  }
}

// What was run: tests read it over the control API to see exactly which SQL reached the warehouse.

export interface LoggedStatement {
  id: number;
  at: string;
  user: string;
  database: string;
  sql: string;
  /** "running", "ok", or "SQLSTATE text" of the error. */
  outcome: string;
  ms: number | null;
}

/** Kept statements, and the length at which a text is cut: a bound on memory, not on what runs. */
const kept = 20_000;
const keptLength = 20_000;

export class StatementLog {
  private entries: LoggedStatement[] = [];
  private lastId = 0;

  start(user: string, database: string, sql: string): { finish(outcome: string): void } {
    const begun = performance.now();
    const entry: LoggedStatement = {
      id: ++this.lastId,
      at: new Date().toISOString(),
      user,
      database,
      sql: sql.length > keptLength ? `${sql.slice(0, keptLength)}…` : sql,
      outcome: "running",
      ms: null,
    };
    this.entries.push(entry);
    if (this.entries.length > kept * 1.2) this.entries = this.entries.slice(-kept);
    return {
      finish: (outcome) => {
        if (entry.ms !== null) return;
        entry.outcome = outcome;
        entry.ms = Math.round((performance.now() - begun) * 10) / 10;
      },
    };
  }

  after(id: number, limit = 1000): LoggedStatement[] {
    return this.entries.filter((entry) => entry.id > id).slice(0, limit);
  }

  /** Those that have not ended: also where their session was cut off. */
  running(): LoggedStatement[] {
    return this.entries.filter((entry) => entry.ms === null);
  }

  clear(): void {
    this.entries = [];
  }
}

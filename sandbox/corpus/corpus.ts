// The form of the corpus: statements of our own, each under the source of the fact that it shows.

/** Statements that make what the others of the same subject read. */
interface Subject {
  setup?: string[];
}

/** A statement, and the rows it must give where a source says so: columns joined by "|", NULL as NULL. */
type Accepted = [sql: string, ...rows: string[]];

/** A statement, and "SQLSTATE text" as the client gets it, or a pattern where no source gives the exact words. */
type Refused = [sql: string, error: string | RegExp];

/** Sources are pages of AWS's developer guide by their file name, or issues as owner/name #number. */
export interface AcceptedSubject extends Subject {
  accepted: Record<string, Accepted[]>;
}

export interface RefusedSubject extends Subject {
  refused: Record<string, Refused[]>;
}

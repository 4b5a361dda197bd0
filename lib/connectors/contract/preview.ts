// What a person sees of a table before choosing it. Isomorphic: pages show these.
import type { ColumnInfo } from "./catalog";
import type { CheckResult } from "./checks";

/** The wire's own text of one value; null is NULL. */
export type Cell = string | null;
export type Preview = {
  columns: ColumnInfo[];
  rows: Cell[][];
  /** For each row and column the bytes of the whole value where only its beginning is here, else 0; null: every value is whole. */
  cut: number[][] | null;
  /** Fewer rows than asked for, since what is shown has a limit of bytes. */
  fewerRows: boolean;
};

/** A look at a chosen table: whether it may be read, and if so its first rows. */
export type TableInspection = { check: CheckResult; preview: Preview | null };

/** One value of a row whose beginning is known: the row is found again by its key, and by how the value begins. */
export type CellRequest = {
  schema: string;
  table: string;
  column: string;
  begin: string;
  bytes: number;
  key: { column: string; value: string } | null;
};

/** What a run would make of a column as the key. */
export type KeyHealth = {
  rows: number;
  /** Rows with a key, each key counted once. */
  distinct: number;
  nullRows: number;
  /** Rows whose key is a text without characters: it identifies nobody. */
  emptyRows: number;
  duplicateKeys: number;
  /** All rows of those keys: none of them can be told from the others. */
  duplicateRows: number;
  /** Rows whose key is longer than what is kept. */
  longRows: number;
  examples: { key: string; rows: number }[];
  /** Each row has a key of its own: only then can deletes be found by it. */
  isUnique: boolean;
};

/** What a column holds. Counts are exact. */
export type ColumnProfile = {
  column: string;
  rows: number;
  nullRows: number;
  /** Null where values of the type can't be told apart by the warehouse. */
  distinct: number | null;
  min: Cell;
  max: Cell;
  longestBytes: number | null;
  top: { value: string; rows: number }[];
};

/** A system whose tables a person can look at before they choose one. */
export interface TablePreview {
  /** Never throws for what the system refuses: that is the check's outcome. */
  inspect(
    schema: string,
    table: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<TableInspection>;
  /** The whole of a value that a preview has cut; null when the row is gone or the value is too long to be read as text. */
  cell(request: CellRequest, signal: AbortSignal): Promise<Cell>;
  keyHealth(schema: string, table: string, keys: string[], signal: AbortSignal): Promise<KeyHealth>;
  profile(
    schema: string,
    table: string,
    column: string,
    signal: AbortSignal,
  ): Promise<ColumnProfile>;
}

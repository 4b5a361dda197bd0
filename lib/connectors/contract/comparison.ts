// Whether two tables hold the same rows.

/** All rows whose key's hash begins with `range`: how many, and a sum over their values. */
export type RowDigest = { range: string; rows: number; sum: string };

/** A system whose tables can be compared with those of another, and measured before they are loaded. */
export interface TableComparison {
  /** The longest text of each of these columns, in bytes. */
  longest(schema: string, table: string, columns: string[], signal: AbortSignal): Promise<number[]>;
  digest(
    schema: string,
    table: string,
    columns: string[],
    keys: string[],
    signal: AbortSignal,
  ): Promise<RowDigest[]>;
}

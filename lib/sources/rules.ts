import { identityColumns, IDENTITY_RULE } from "@/lib/connectors/redshift/spec";

/** The identity columns that a table has, best first; a table without any can't be a source. */
export const identityOf = (columns: readonly { name: string }[]): string[] => identityColumns.filter((wanted) => columns.some(({ name }) => name === wanted));

export const identityProblem = (columns: readonly { name: string }[]): string | null => (identityOf(columns).length ? null : IDENTITY_RULE);

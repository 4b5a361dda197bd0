// What a system has: schemas, tables and columns. Isomorphic: pages show these.
import type { ColumnKind } from "@/lib/event/encode";

type SchemaKind = "local" | "external" | "shared";

export const tableKinds = [
  "table",
  "view",
  "late-binding view",
  "materialized view",
  "external",
  "shared",
] as const;

export type TableKind = (typeof tableKinds)[number];

/** What may not be read says what grants it: the statement, exact, for the right object and user. */
type Access = { readable: boolean; owner?: string; grant?: string };

export type SchemaInfo = { name: string; kind: SchemaKind } & Access;
export type TableInfo = {
  schema: string;
  name: string;
  kind: TableKind;
  rowEstimate?: number;
} & Access;

/** Where a page of a listing ended; the next one follows it. */
export type CatalogCursor = { nearness: number; name: string };

/** What to list: names that hold `search`, the nearest first, after `after`. */
export type CatalogRequest = { search: string; after: CatalogCursor | null };
export type Page<T> = { items: T[]; next: CatalogCursor | null };

/** Somebody who makes tables in a schema: what they rebuild keeps a grant only when they are named in it. */
export type OwnerInfo = { schema: string; owner: string; tables: number };
export type ColumnInfo = {
  name: string;
  /** As the server writes it, e.g. `numeric(18,2)`. */
  type: string;
  /** How the wire's text becomes JSON. */
  kind: ColumnKind;
  /** Why the column can't be sent; absent where it can. */
  unusable?: string;
};

/** A system whose schemas and tables can be listed. */
export interface Catalog {
  /** A page of the schemas but the system's and our own; what may not be read is listed with `readable: false`. */
  schemas(request: CatalogRequest, signal: AbortSignal): Promise<Page<SchemaInfo>>;
  /** A page of a schema's tables and views, those that may not be read among them. */
  tables(schema: string, request: CatalogRequest, signal: AbortSignal): Promise<Page<TableInfo>>;
  owners(signal: AbortSignal): Promise<OwnerInfo[]>;
  columns(schema: string, table: string, signal: AbortSignal): Promise<ColumnInfo[]>;
}

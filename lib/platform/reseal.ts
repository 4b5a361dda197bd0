// Which key each secret in the config database is sealed with, and wrapping them anew after a rotation.
import { db } from "@/lib/platform/db";
import { messageOf } from "@/lib/platform/errors";
import { currentRing } from "@/lib/platform/key-ring";
import { rewrap } from "@/lib/platform/secret-box";

/** Where sealed secrets lie, and what each is bound to. A test holds this against the database's columns. */
export const sealedColumns = [
  { table: "credential", column: "sealed_secret", record: "id::text" },
  { table: "credential", column: "sealed_other", record: "id::text" },
  { table: "instance_secret", column: "sealed_secret", record: "id" },
  { table: "destination", column: "sealed_secret", record: "id::text" },
  { table: "source", column: "sealed_unload", record: "id::text" },
  { table: "draft", column: "sealed_secret", record: "id::text" },
  { table: "rejected_row", column: "sealed_payload", record: "run_id || ':' || seq" },
] as const;

const BATCH = 500;

/** How many secrets each key wraps, by key id. */
export async function keysInUse(): Promise<Map<string, number>> {
  const found = await db().$queryRawUnsafe<{ key: string; n: number }[]>(
    `SELECT key, sum(n)::int AS n FROM (${sealedColumns.map(({ table, column }) => `SELECT split_part(${column}, '.', 2) AS key, count(*) AS n FROM ${table} WHERE ${column} IS NOT NULL GROUP BY 1`).join(" UNION ALL ")}) t GROUP BY 1 ORDER BY 1`,
  );
  return new Map(found.map(({ key, n }) => [key, n]));
}

/**
 * Wraps every secret anew under the ring's first key, a few hundred at a time, while Tidegate runs: what is changed
 * meanwhile is left as it was changed, and looked at again. `failed` names what does not open, and why.
 */
export async function resealAll(): Promise<{ resealed: number; failed: string[] }> {
  const ring = currentRing();
  const failed = new Map<string, string>();
  let resealed = 0;
  for (const place of sealedColumns) {
    for (let from = "(0,0)"; ;) {
      const rows = await sealedOtherwise(place, ring[0].id, from);
      const last = rows.at(-1);
      if (!last) break;
      from = last.at;
      const wrapped = rows.flatMap(({ at, record, sealed }) => {
        try {
          return [{ at, sealed, next: rewrap(record, sealed, ring) }];
        } catch (error) {
          failed.set(`${place.table} ${record}`, messageOf(error));
          return [];
        }
      });
      resealed += await replace(place, wrapped);
    }
  }
  return { resealed, failed: [...failed].map(([what, why]) => `${what}: ${why}`) };
}

type Place = (typeof sealedColumns)[number];
type Sealed = { at: string; record: string; sealed: string };

/** What follows `from` and is not under this key. In the order of the table itself: what is rewritten moves to its end, and no longer matches. */
const sealedOtherwise = (
  { table, column, record }: Place,
  keyId: string,
  from: string,
): Promise<Sealed[]> =>
  db().$queryRawUnsafe(
    `SELECT ctid::text AS at, ${record} AS record, ${column} AS sealed FROM ${table} WHERE ctid > $1::tid AND ${column} IS NOT NULL AND split_part(${column}, '.', 2) <> $2 ORDER BY ctid LIMIT ${BATCH}`,
    from,
    keyId,
  );

const replace = (
  { table, column }: Place,
  wrapped: { at: string; sealed: string; next: string }[],
): Promise<number> =>
  db().$executeRawUnsafe(
    `UPDATE ${table} t SET ${column} = w.next FROM unnest($1::text[], $2::text[], $3::text[]) AS w(at, sealed, next) WHERE t.ctid = w.at::tid AND t.${column} = w.sealed`,
    wrapped.map(({ at }) => at),
    wrapped.map(({ sealed }) => sealed),
    wrapped.map(({ next }) => next),
  );

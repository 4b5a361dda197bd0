// One load into a table at a time, within this process: two would only meet as a conflict (1023) at their end.
const held = new Map<string, Promise<unknown>>();

/** Runs `work` once whoever holds the table before has let go of it. */
export async function holdTable<T>(table: string, work: () => Promise<T>): Promise<T> {
  const before = held.get(table) ?? Promise.resolve();
  const mine = before.then(work, work);
  held.set(table, mine);
  try {
    return await mine;
  } finally {
    if (held.get(table) === mine) held.delete(table);
  }
}

// How much one person, one team and one warehouse may have at once. Counted in each web process for itself: what is to be
// protected is that process, and the warehouse from it.
import { AsyncLocalStorage } from "node:async_hooks";
import { log } from "@/lib/platform/log";
import { spend } from "@/lib/platform/rate-limit";
import { ok, refusedFor, type Result } from "@/lib/platform/result";

const most = {
  /** Requests that use a warehouse: each logs in, and has a statement running. */
  "warehouse of person": 8,
  "warehouse of team": 24,
  /** By its host and port, whoever asks. */
  warehouse: 16,
  /** Live views: each is read for twice a second. */
  "stream of person": 10,
  "stream of team": 100,
} as const;
export type Place = keyof typeof most;

const taken = new Map<string, number>();
const RETRY_AFTER_S = 2;

const told: Record<Place, string> = {
  "warehouse of person": "You have asked the warehouse for much at once, and it is still busy.",
  "warehouse of team":
    "Your team has asked its warehouses for much at once, and they are still busy.",
  warehouse: "This warehouse or receiver is asked for much at this moment.",
  "stream of person": "You have many live views open. Close some.",
  "stream of team": "Your team has many live views open.",
};

/** Takes one of each, or none of them: gives what gives them back, or the refusal with the time to wait. */
export function takePlaces(wanted: readonly [Place, string][]): Result<() => void> {
  const keys = wanted.map(([place, whose]) => ({ place, key: `${place} ${whose}` }));
  const full = keys.find(({ place, key }) => (taken.get(key) ?? 0) >= most[place]);
  if (full) {
    log.warn({ limit: full.place }, "limit reached");
    return refusedFor(RETRY_AFTER_S, `${told[full.place]} Try again in ${RETRY_AFTER_S} seconds.`);
  }
  for (const { key } of keys) taken.set(key, (taken.get(key) ?? 0) + 1);
  let isGiven = false;
  return ok(() => {
    if (isGiven) return;
    isGiven = true;
    for (const { key } of keys) {
      const left = (taken.get(key) ?? 1) - 1;
      if (left > 0) taken.set(key, left);
      else taken.delete(key);
    }
  });
}

/** Who a request is for, and the places that it has taken so far. */
type Asking = { userId: string; teamId: string; places: Map<string, () => void> };
const asking = new AsyncLocalStorage<Asking>();

const leaveAll = ({ places }: Asking): void => {
  for (const leave of places.values()) leave();
};

type Asker = { userId: string; teamId: string };

/** Does what somebody asked for; what it takes of a warehouse is given back when it ends. */
export async function askedBy<T>({ userId, teamId }: Asker, work: () => Promise<T>): Promise<T> {
  const request: Asking = { userId, teamId, places: new Map() };
  try {
    return await asking.run(request, work);
  } finally {
    leaveAll(request);
  }
}

/** The same for what becomes known bit by bit. */
export async function* streamAskedBy<T>(
  { userId, teamId }: Asker,
  stream: AsyncIterable<T>,
): AsyncGenerator<T> {
  const request: Asking = { userId, teamId, places: new Map() };
  const elements = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await asking.run(request, () => elements.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await asking.run(request, async () => void (await elements.return?.()));
    leaveAll(request);
  }
}

/**
 * Before a warehouse or a receiver is used, by its host and port: takes a place for it, once a request, for as long as that
 * lasts, and counts the request. What a worker does is asked for by nobody, and has a limit of its own.
 */
export async function enterWarehouse(address: string): Promise<Result<null>> {
  const request = asking.getStore();
  if (!request || request.places.has(address)) return ok(null);
  const { userId, teamId, places } = request;
  const isFirst = places.size === 0;
  const wanted: [Place, string][] = [["warehouse", address]];
  if (isFirst) wanted.push(["warehouse of person", userId], ["warehouse of team", teamId]);
  const entered = takePlaces(wanted);
  if (!entered.ok) return entered;
  places.set(address, entered.value);
  if (!isFirst) return ok(null);
  const within = await spend("warehouse of person", userId);
  return within.ok ? spend("warehouse of team", teamId) : within;
}

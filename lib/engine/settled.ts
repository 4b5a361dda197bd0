/** Rows from … to, both included. */
export type Range = [from: number, to: number];

/** How far a run has come: everything up to `seq` is settled, and so is what lies beyond it in `beyond`, ascending and never adjacent. */
export type Reached = { seq: number; beyond: Range[] };

/** The same with the rows `from` … `to` settled too. */
export function settle({ seq, beyond }: Reached, from: number, to: number): Reached {
  if (to <= seq) return { seq, beyond };
  let joined: Range = [from, to];
  const apart = beyond.filter(([first, last]) => {
    const touches = first <= joined[1] + 1 && last >= joined[0] - 1;
    if (touches) joined = [Math.min(first, joined[0]), Math.max(last, joined[1])];
    return !touches;
  });
  if (joined[0] <= seq + 1) return { seq: joined[1], beyond: apart };
  const at = apart.findIndex(([first]) => first > joined[1]);
  return {
    seq,
    beyond: at < 0 ? [...apart, joined] : [...apart.slice(0, at), joined, ...apart.slice(at)],
  };
}

/** How many rows are settled. */
export const settledRows = ({ seq, beyond }: Reached): number =>
  beyond.reduce((sum, [from, to]) => sum + to - from + 1, seq);

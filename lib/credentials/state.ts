/**
 * While saved credentials are rotated there are two secrets. What logs in tries the present one, then the other, so no
 * run fails between the change in the warehouse and the change here.
 * none → next (another one waits to be taken over) → previous (it is taken over, the one before is kept until everything
 * that uses them has been verified) → none. Either can be given up: next → none, and previous swaps the two once more.
 */
const rotations = ["none", "next", "previous"] as const;
export type Rotation = (typeof rotations)[number];

export const isRotation = (text: string): text is Rotation =>
  (rotations as readonly string[]).includes(text);

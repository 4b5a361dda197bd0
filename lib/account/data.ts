import { createHash } from "node:crypto";
import { db } from "@/lib/platform/db";

export const hashOfToken = (token: string): string => createHash("sha256").update(token).digest("hex");

export const hasOwner = async (): Promise<boolean> => (await db().user.count()) > 0;

/** Whether this token opens the set-up page: it exists and no owner has been created with it. */
export const setupTokenIsGood = async (token: string): Promise<boolean> =>
  (await db().setupToken.count({ where: { tokenHash: hashOfToken(token) } })) > 0 && !(await hasOwner());

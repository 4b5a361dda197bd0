// What a user lacks for a table of another owner that it shall load into.
import { SyncError } from "@/lib/platform/errors";
import { isTrue } from "@/lib/connectors/redshift/catalog/catalog";
import { tableFacts } from "@/lib/connectors/redshift/catalog/catalog-sql";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { qualified } from "./load-sql";
import { identifier, literal } from "@/lib/connectors/redshift/quote";

const NEEDED = ["SELECT", "INSERT", "UPDATE", "DELETE"] as const;
/** The SQLSTATE of a refusal for want of rights: “permission denied for relation”, “must be owner of relation”. */
const DENIED = "42501";

const ownersOf = async (
  session: RedshiftSession,
  schema: string,
  table: string,
  signal: AbortSignal,
): Promise<{ owner: string; user: string } | null> => {
  const [[, owner] = []] = await session.query(tableFacts(schema, table), signal);
  const [[user] = []] = await session.query("SELECT current_user", signal);
  return owner && user && owner !== user ? { owner, user } : null;
};

const isDenied = (error: unknown): error is SyncError =>
  error instanceof SyncError && error.detail.code === DENIED;

/**
 * The refusal of a statement on a target table in words that help: what is missing, whose the table is, and the GRANT.
 * Any other error, and one of the user's own table, is given back as it is.
 */
export const explainRights = (
  session: RedshiftSession,
  schema: string,
  table: string,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> =>
  explained(error, async (denial) => rightsMissing(session, schema, table, denial, signal));

/** What was denied in other words. Where those can't be found, the denial itself: what is asked for them fails too, as on a lost connection. */
async function explained(
  error: unknown,
  explain: (denial: SyncError) => Promise<unknown>,
): Promise<unknown> {
  if (!isDenied(error)) return error;
  try {
    return await explain(error);
  } catch (failure) {
    if (failure instanceof SyncError) return error;
    throw failure;
  }
}

async function rightsMissing(
  session: RedshiftSession,
  schema: string,
  table: string,
  error: SyncError,
  signal: AbortSignal,
): Promise<unknown> {
  const who = await ownersOf(session, schema, table, signal);
  if (!who) return error;
  const target = qualified(schema, table);
  const [held = []] = await session.query(
    `SELECT ${NEEDED.map((right) => `has_table_privilege(current_user, ${literal(target)}, ${literal(right)})`).join(", ")}`,
    signal,
  );
  const missing = NEEDED.filter((_, index) => !isTrue(held[index]));
  if (missing.length === 0) return error;
  return new SyncError(
    `The user “${who.user}” lacks ${missing.join(", ")} on ${schema}.${table}, which belongs to “${who.owner}”.`,
    "user-fixable",
    {
      remedy: `As “${who.owner}” or a superuser, run:\nGRANT ${missing.join(", ")} ON ${target} TO ${identifier(who.user)};`,
      code: "TARGET_RIGHTS",
      serverText: error.detail.serverText,
    },
    { cause: error },
  );
}

/** The same for a change of the table's columns, which its owner alone may make: `changes` are the statements. */
export const explainOwner = (
  session: RedshiftSession,
  schema: string,
  table: string,
  changes: readonly string[],
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> =>
  explained(error, async (denial) => ownerNeeded(session, schema, table, changes, denial, signal));

async function ownerNeeded(
  session: RedshiftSession,
  schema: string,
  table: string,
  changes: readonly string[],
  error: SyncError,
  signal: AbortSignal,
): Promise<unknown> {
  const who = await ownersOf(session, schema, table, signal);
  if (!who) return error;
  return new SyncError(
    `The columns of ${schema}.${table} must change, which its owner “${who.owner}” alone may do.`,
    "user-fixable",
    {
      remedy: `As “${who.owner}” or a superuser, run:\n${changes.join(";\n")};\nor make the table this user's, so that later changes need nobody:\nALTER TABLE ${qualified(schema, table)} OWNER TO ${identifier(who.user)};`,
      code: "TARGET_OWNER",
      serverText: error.detail.serverText,
    },
    { cause: error },
  );
}

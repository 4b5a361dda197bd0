import type { Login } from "@/lib/connectors/contract/checks";
import { SyncError } from "@/lib/platform/errors";
import { checkConnection } from "@/lib/connectors/redshift/checks/checks";
import { openRedshift } from "./client";
import { alterPassword, passwordRule } from "@/lib/connectors/redshift/checks/permissions";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";

const STATEMENT_MS = 15_000;
const noSalt = new Uint8Array();

/** A saved login to Redshift. The new password travels as its MD5 hash, so that it stands in no log of statements. */
export const redshiftLogin = (config: RedshiftConfig, secret: RedshiftSecret): Login => ({
  check: (signal) => checkConnection(config, secret, signal),
  changePassword: async (next, signal) => {
    // a server that gets a hash can't tell
    const broken = passwordRule(next).filter(({ holds }) => !holds);
    if (broken.length > 0)
      throw new SyncError(
        `Redshift's rule for passwords: ${broken.map(({ text }) => text).join("; ")}.`,
        "user-fixable",
      );
    const session = await openRedshift(
      config,
      secret,
      { statementTimeoutMs: STATEMENT_MS, hide: [next] },
      signal,
    );
    try {
      await session.execute(
        alterPassword({ user: config.user, password: next, passwordForm: "md5", salt: noSalt }),
        signal,
      );
    } finally {
      await session.close();
    }
  },
});

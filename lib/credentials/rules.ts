import type { TunnelSecret } from "@/lib/connectors/ssh/spec";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";
import { ok, refused, type Result } from "@/lib/platform/result";

type Entered = { config: RedshiftConfig; password: string; ssh: TunnelSecret };
type Kept = { config: RedshiftConfig; secret: RedshiftSecret };

const sameConnection = (a: RedshiftConfig, b: RedshiftConfig): boolean => {
  // the pinned host key is found, not entered
  const entered = (config: RedshiftConfig) => JSON.stringify({ ...config, tunnel: { ...config.tunnel, hostKey: "" } });
  return entered(a) === entered(b);
};
const sameServer = ({ tunnel: a }: RedshiftConfig, { tunnel: b }: RedshiftConfig): boolean => a.use && b.use && a.host === b.host && a.port === b.port;

/**
 * The secrets after a form was filled in. A kept one goes only where it was entered for: else anyone who may edit could
 * point it at a host of their own. What is refused names the field to fill in again.
 */
export function secretAfter({ config, password, ssh }: Entered, kept: Kept | undefined): Result<RedshiftSecret> {
  if (!password && !kept) return refused("Enter the password.", "password");
  if (!password && kept && !sameConnection(kept.config, config)) return refused("Enter the password again: the connection has changed, and a kept password is sent only to where it was entered for.", "password");
  const base = { password: password || (kept?.secret.password ?? "") };
  if (!config.tunnel.use) return ok(base);
  if (ssh.privateKey) return ok({ ...base, tunnel: { ...ssh, password: "" } });
  if (ssh.password) return ok({ ...base, tunnel: { privateKey: "", passphrase: "", password: ssh.password } });
  if (!kept?.secret.tunnel) return refused("Enter a private key or a password for the SSH server.", "ssh.privateKey");
  if (!sameServer(kept.config, config) || kept.config.tunnel.user !== config.tunnel.user) return refused("Enter the private key or the password again: the SSH server has changed, and a kept one is sent only to where it was entered for.", "ssh.privateKey");
  return ok({ ...base, tunnel: ssh.passphrase ? { ...kept.secret.tunnel, passphrase: ssh.passphrase } : kept.secret.tunnel });
}

/** The config to save: a pinned host key stays with its server. */
export const configAfter = (config: RedshiftConfig, kept: RedshiftConfig | undefined): RedshiftConfig =>
  ({ ...config, tunnel: { ...config.tunnel, hostKey: kept && sameServer(kept, config) ? kept.tunnel.hostKey : "" } });

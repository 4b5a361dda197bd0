// The platform's own `fetch`, guarded: libraries that speak HTTP by themselves go out through here too.
import { Agent, buildConnector, setGlobalDispatcher } from "undici";
import { env } from "@/lib/platform/env";
import { guardedLookupOf } from "./guard";

const CONNECT_TIMEOUT_MS = 10_000;

/** Where Next asks itself, when an action or a redirect belongs to another page than the one asked. */
const isOwn = (host: string, port: number): boolean => port === env().PORT && host === ownHost();
const ownHost = (): string =>
  ["0.0.0.0", "::"].includes(env().BIND_HOST) ? "127.0.0.1" : env().BIND_HOST;

/** The OpenID provider: the operator has named it in a setting, wherever it is. */
function isProvider(host: string, port: number): boolean {
  const issuer = env().OIDC_ISSUER && new URL(env().OIDC_ISSUER ?? "");
  if (!issuer) return false;
  return (
    host === issuer.hostname.replace(/^\[|\]$/g, "") &&
    port === (Number(issuer.port) || (issuer.protocol === "https:" ? 443 : 80))
  );
}

/** A connector for undici that judges every address, of each hop of a redirect too. */
export const guardedConnector =
  (
    timeout: number,
    isExempt: (host: string, port: number) => boolean = () => false,
  ): buildConnector.connector =>
  (options, done) => {
    const { hostname, port: given, protocol } = options;
    const port = Number(given) || (protocol === "https:" ? 443 : 80);
    try {
      const host = hostname.replace(/^\[|\]$/g, "");
      const connect = buildConnector({
        timeout,
        ...(!isExempt(host, port) && { lookup: guardedLookupOf(host, port, "http") }),
      });
      connect(options, done);
    } catch (error) {
      done(error as Error, null);
    }
  };

/** Call once where a program starts. */
export const guardFetch = (): void =>
  setGlobalDispatcher(
    new Agent({
      connect: guardedConnector(
        CONNECT_TIMEOUT_MS,
        (host, port) => isOwn(host, port) || isProvider(host, port),
      ),
    }),
  );

import { loadInstanceSecret } from "@/lib/platform/instance-secret";
import { log } from "@/lib/platform/log";
import { guardFetch } from "@/lib/platform/network/fetch";

/** Before the web server takes a request. Without its database, or a key that it can seal with, it does not start: Next would go on. */
export async function register(): Promise<void> {
  guardFetch();
  try {
    await loadInstanceSecret();
  } catch (error) {
    log.fatal({ err: error }, "the web server could not start");
    process.exit(1);
  }
}

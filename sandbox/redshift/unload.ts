import type { UnloadOptions } from "./unload-options";
import type { Host } from "./host";
export async function runUnload(host: Host, options: UnloadOptions): Promise<string> { void host; void options; return "UNLOAD"; }

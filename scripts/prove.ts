// npm run prove -- --url redshift://user@host:5439/database (docs/prove.md)
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { messageOf } from "@/lib/platform/errors";
import { prove } from "./prove/main";
import { steps } from "./prove/steps";
import { root } from "./ready.mjs";

async function question(text: string, isHidden: boolean): Promise<string> {
  let isMuted = false;
  // readline writes each key that it reads
  const output = new Writable({
    write: (chunk, _, done) => {
      if (!isMuted) process.stdout.write(chunk);
      done();
    },
  });
  const reading = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY });
  try {
    const answer = reading.question(text);
    isMuted = isHidden;
    return await answer;
  } finally {
    reading.close();
    if (isHidden) process.stdout.write("\n");
  }
}

/** Hosts that stand in the command are meant: a warehouse in a private network needs no setting for its proof. */
function allowNamed(args: string[]): void {
  const named = args.flatMap((arg) => {
    const url = /:\/\/(?:[^/?#]*@)?(\[[^\]]+\]|[^/:?#]+)(?::(\d+))?/.exec(arg);
    return url?.[1] ? [url[2] ? `${url[1]}:${url[2]}` : url[1]] : [];
  });
  process.env.NETWORK_ALLOW = [process.env.NETWORK_ALLOW, ...named].filter(Boolean).join(",");
}

async function main(args: string[]): Promise<number> {
  if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
  process.env.LOG_LEVEL ??= "error";
  allowNamed(args);
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      console.log("Stopping: what was made is removed. Ctrl-C once more stops at once.");
      interrupted.abort(new Error("The proof was interrupted."));
      process.once(signal, () => process.exit(130));
    });
  const terminal = {
    env: process.env,
    print: (line: string) => console.log(line),
    ask: (text: string) => question(text, false),
    askSecret: async (text: string) => (process.stdin.isTTY ? question(text, true) : null),
  };
  return prove(args, steps, terminal, interrupted.signal, new Date());
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);

// The sandbox's command line: `tsx sandbox/main.ts` runs it, `tsx sandbox/main.ts load …` loads a file.
import { z } from "zod";
import { load } from "./load";
import { modes } from "./redshift/modes";
import { StartError } from "./state";
import { startSandbox } from "./sandbox";

const environment = z
  .object({
    SANDBOX_DIR: z.string().min(1).default(".data/sandbox"),
    SANDBOX_PORTS: z.enum(["stable", "free"]).default("stable"),
    SANDBOX_DEMO: z.enum(["0", "1"]).default("1"),
    SANDBOX_MODE: z.enum(modes).default("provisioned"),
    SANDBOX_STOP_WITH_PARENT: z.enum(["0", "1"]).default("0"),
  })
  .parse(process.env);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const options = {
  dir: environment.SANDBOX_DIR,
  ports: environment.SANDBOX_PORTS,
  demo: environment.SANDBOX_DEMO === "1",
  mode: environment.SANDBOX_MODE,
  progress: say,
};

async function serve(): Promise<void> {
  let stopping: Promise<void> | undefined;
  let close: (() => Promise<void>) | undefined;
  const stop = (code: number): void => {
    stopping ??= (async () => {
      await close?.();
      process.exit(code);
    })();
  };
  // A signal during the first start waits for it, so that PostgreSQL is never left behind.
  let early = false;
  const onSignal = (): void => (close ? stop(0) : void (early = true));
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  if (environment.SANDBOX_STOP_WITH_PARENT === "1")
    process.stdin.on("end", onSignal).on("close", onSignal).resume();

  const sandbox = await startSandbox(options);
  close = () => sandbox.close();
  sandbox.onFailure((message) => {
    process.stderr.write(`${message}\n`);
    stop(1);
  });
  if (early) return stop(0);
  say(`sandbox ready ${JSON.stringify(sandbox.endpoints)}`);
}

try {
  const [command, ...rest] = process.argv.slice(2);
  if (command === undefined) await serve();
  else if (command === "load") say(await load(rest, options));
  else
    throw new StartError(
      `unknown command "${command}": there is "load", or nothing to run the sandbox`,
    );
} catch (error) {
  process.stderr.write(
    error instanceof StartError
      ? `${error.message}\n`
      : `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}

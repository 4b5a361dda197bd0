// The programs that `npm start` and `npm run dev` run, and how they are stopped: each in its own process group, so
// that Ctrl-C reaches the supervisor alone, which then stops them in order.
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { passOn } from "./lines.mjs";
import { root } from "./ready.mjs";
import { STOP_WITH_STDIN } from "./with-parent.mjs";

export type Child = { name: string; pid: number; stop(): Promise<void> };

export type ChildOptions = {
  name: string;
  args: string[];
  env: Record<string, string | undefined>;
  /** Names of the variables that it gets of this process's environment; all unless it says. */
  inherits?: readonly string[];
  /** Resolves once a line of its output passes; that line is the value. */
  ready: (line: string) => boolean;
  /** Lines to show; the rest is dropped unless the child fails. */
  show?: (line: string) => boolean;
  /** Called when it ends although nobody stopped it. */
  onFailure: (sentence: string) => void;
};

const STOP_MS = 10_000;

/** Starts a child and waits until it says that it is up. Throws one sentence when it ends before that. */
export function startChild({
  name,
  args,
  env,
  inherits,
  ready,
  show = () => false,
  onFailure,
}: ChildOptions): Promise<{ child: Child; line: string }> {
  const running = spawn(process.execPath, args, {
    cwd: root,
    env: { ...inherited(inherits), ...STOP_WITH_STDIN, ...env },
    detached: true,
    // its stdin is closed by the kernel when this process ends, however it ends
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.stdin.on("error", () => undefined); // it may end first
  const tail: string[] = [];
  let stopping = false;
  let up = false;
  const exited = new Promise<string>((done) => {
    running.on("error", (error) => done(error.message));
    running.on("exit", (code, signal) => done(signal ? `signal ${signal}` : `code ${code}`));
  });
  const child: Child = {
    name,
    pid: running.pid ?? 0,
    stop: async () => {
      stopping = true;
      signalGroup(running, "SIGTERM");
      const late = setTimeout(() => signalGroup(running, "SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(late);
    },
  };
  return new Promise((resolve, reject) => {
    const failed = (how: string) =>
      `The ${name} ended (${how}).${tail.length ? ` It said:\n${tail.join("\n")}` : ""}`;
    const read = (line: string) => {
      tail.push(line);
      if (tail.length > 12) tail.shift();
      if (show(line)) passOn(name, line);
      if (!up && ready(line)) {
        up = true;
        resolve({ child, line });
      }
    };
    createInterface({ input: running.stdout }).on("line", read);
    createInterface({ input: running.stderr }).on("line", read);
    void exited.then((how) => {
      if (!up) reject(new Error(failed(how)));
      else if (!stopping) onFailure(failed(how));
    });
  });
}

const inherited = (names: readonly string[] | undefined): NodeJS.ProcessEnv =>
  names === undefined
    ? process.env
    : (Object.fromEntries(
        names.flatMap((name) =>
          process.env[name] === undefined ? [] : [[name, process.env[name]]],
        ),
      ) as NodeJS.ProcessEnv);

/** The child and whatever it started. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // it ended in this moment
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

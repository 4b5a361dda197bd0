import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { root } from "@/scripts/ready.mjs";

/** What the sink got since it was reset. */
export type Sent = { bytes: number; requests: number; refused: number };
/** How it answers: after `delay`, each `slowEvery`th after `slow` (ms), and with 429 when it has `capacity` at work. */
export type Answers = { delay?: number; slowEvery?: number; slow?: number; capacity?: number };
export type Sink = { url: string; reset(answers?: Answers): Promise<Sent>; stop(): void };

/** A receiver in a process of its own. */
export async function startSink(): Promise<Sink> {
  const child = spawn(process.execPath, ["bench/sink.mjs"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = `http://127.0.0.1:${/sink ready (\d+)/.exec(line)?.[1] ?? ""}`;
    const wanted = (answers: Answers) =>
      new URLSearchParams(
        Object.entries(answers).map(([name, value]) => [name, String(value)]),
      ).toString();
    return {
      url,
      stop: () => child.kill(),
      reset: async (answers = {}) =>
        (await (await fetch(`${url}/reset?${wanted(answers)}`)).json()) as Sent,
    };
  }
  throw new Error("The sink did not start.");
}

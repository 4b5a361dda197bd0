// Which process a number stands for. A pid that was written down may belong to somebody else by now, so nothing is
// signalled or believed until executable, folder and start time are the ones that were written down.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename } from "node:path";

export type Process = {
  pid: number;
  /** Differs between any two processes that have the same pid one after the other. */
  started: string;
  /** Milliseconds since 1970, to a second or two. */
  startedAt: number;
  /** The file that runs. Only the first word of the command line where the system does not say. */
  executable: string;
  /** The folder it runs in; undefined where the system does not say, or not to us. */
  folder: string | undefined;
  commandLine: string;
};

const hasProc = existsSync("/proc/self/stat");
/** The unit of start times in /proc, in all builds of Linux that Node runs on. */
const TICKS_A_SECOND = 100;

const orUndefined = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** The process with this pid; undefined where there is none, or only what is left of one. */
export function processAt(pid: number): Process | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return hasProc ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): Process | undefined {
  const stat = orUndefined(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat === undefined) return undefined;
  // the name in brackets may hold blanks and brackets itself
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", ticks = ""] = [fields[0], fields[19]];
  if (state === "Z" || state === "X") return undefined;
  const boot = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? "0";
  const bootId = orUndefined(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  const commandLine = (orUndefined(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "")
    .replaceAll("\0", " ")
    .trim();
  return {
    pid,
    started: `${bootId ?? boot}:${ticks}`,
    startedAt: (Number(boot) + Number(ticks) / TICKS_A_SECOND) * 1000,
    // an executable that was replaced meanwhile is called so
    executable: (
      orUndefined(() => readlinkSync(`/proc/${pid}/exe`)) ??
      commandLine.split(" ")[0] ??
      ""
    ).replace(/ \(deleted\)$/, ""),
    folder: orUndefined(() => readlinkSync(`/proc/${pid}/cwd`)),
    commandLine,
  };
}

function fromPs(pid: number): Process | undefined {
  const line = orUndefined(() =>
    execFileSync("ps", ["-p", String(pid), "-o", "lstart=,state=,command="], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "ignore"],
    }).trim(),
  );
  const [, started, state, commandLine] =
    /^(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(\S+)\s+(.*)$/s.exec(line ?? "") ?? [];
  if (!started || !state || commandLine === undefined || state.startsWith("Z")) return undefined;
  return {
    pid,
    started,
    startedAt: Date.parse(`${started} UTC`),
    executable: commandLine.split(" ")[0] ?? "",
    folder: undefined,
    commandLine,
  };
}

/** A process in two lines of a file, so that it is found again, and no other one in its place. */
export const written = (pid: number): string => `${pid}\n${processAt(pid)?.started ?? ""}\n`;

/** The process that `written` wrote down, if it still runs. Undefined for a file of a pid alone: that may be anybody. */
export function writtenProcess(text: string): Process | undefined {
  const [pid = "", started = ""] = text.split("\n");
  const found = processAt(Number(pid));
  return found && started !== "" && found.started === started ? found : undefined;
}

/** Programs of this name that run in `folder`, as PostgreSQL's do in their data folder. None where the system does not say. */
export function processesIn(folder: string, name: string): Process[] {
  if (!hasProc) return [];
  const real = orUndefined(() => realpathSync(folder));
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => processAt(Number(entry)) ?? [])
    .filter(({ folder: at, executable }) => at === real && basename(executable) === name);
}

const LOOK_MS = 25;

/** Whether the process ended within the time. */
export async function endedWithin(found: Process, ms: number): Promise<boolean> {
  for (const until = Date.now() + ms; ;) {
    if (processAt(found.pid)?.started !== found.started) return true;
    if (Date.now() > until) return false;
    await new Promise((wait) => setTimeout(wait, LOOK_MS));
  }
}

/** Signals exactly this process: nothing happens where another one has its pid by now. */
export function signal(found: Process, how: NodeJS.Signals): void {
  if (processAt(found.pid)?.started !== found.started) return;
  try {
    process.kill(found.pid, how);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

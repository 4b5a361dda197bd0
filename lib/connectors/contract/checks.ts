// What a verification finds, and how saved credentials are tried by themselves. Isomorphic: pages show these.

/** What to do: the step most likely to help, the statement that is missing, and what may be behind it, likeliest first. */
export type Remedy = {
  text: string;
  sql?: string;
  causes?: string[];
  /** The host key that an SSH server shows in place of the pinned one: to be trusted once a person says so. */
  hostKey?: string;
};

/** One part of a check. `warned`: it works, but somebody should know; `skipped` says because of what. */
export type CheckPart = {
  id: string;
  title: string;
  status: "passed" | "warned" | "failed" | "skipped";
  summary: string;
  /** The server's own text, secrets removed. */
  serverText?: string;
  remedy?: Remedy;
  /** The statement or request that was tried, secrets removed. */
  statement?: string;
  ms?: number;
};

/** One step of a verification. `failed` says what to do; `skipped` says because of what. */
export type CheckResult = {
  id: string;
  /** Exactly what the page shows, e.g. "Able to List Schema". */
  title: string;
  status: "passed" | "failed" | "skipped";
  /** Plain sentence: what was found, what failed, or why it was not run. */
  summary: string;
  /** The server's own text, secrets removed. */
  serverText?: string;
  remedy?: Remedy;
  /** The statement or request that was tried, secrets removed. */
  statement?: string;
  ms?: number;
  /** What it is made of, in order; each is added once it is known. */
  parts?: CheckPart[];
  /** The host key of an SSH server that was met for the first time: to be kept with the config. */
  firstHostKey?: string;
};

/** A check as far as it is known: told again with each part, the last time with its outcome. */
export type CheckUpdate = Omit<CheckResult, "status"> & {
  status: CheckResult["status"] | "running";
};

/** What saved credentials are by themselves, before they are part of a source or a destination. */
export type Login = {
  /** Whether they let in: the first checks of their kind. */
  check(signal: AbortSignal): AsyncIterable<CheckUpdate>;
  /** Sets another password for their own user, logged in as it. Throws a SyncError. Absent where only their issuer can. */
  changePassword?(next: string, signal: AbortSignal): Promise<void>;
};

import { readRun } from "@/lib/runs/loaders";

export const dynamic = "force-dynamic";

/** What the page of a run asks when somebody looks closer: rejected rows, what one was to be sent as, statements. */
export const POST = readRun;

import { expect, test, vi } from "vitest";
import { SyncError } from "./errors";

test("an error that another copy of the class made is one too: Next bundles the file several times", async () => {
  vi.resetModules();
  const copy = await import("./errors");
  expect(copy.SyncError).not.toBe(SyncError);
  const theirs = new copy.SyncError("The warehouse is away.", "transient");
  expect(theirs instanceof SyncError).toBe(true);
  expect(new SyncError("x", "terminal") instanceof copy.SyncError).toBe(true);
  for (const other of [new Error("x"), null, undefined, "SyncError", { name: "SyncError" }])
    expect((other as unknown) instanceof SyncError).toBe(false);
});

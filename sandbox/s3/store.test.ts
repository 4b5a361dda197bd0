import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { Store } from "./store";

test("a stop while a description is being written costs that object alone, and not every later start", async () => {
  const dir = mkdtempSync(join(tmpdir(), "store-"));
  try {
    const store = await Store.open(dir);
    await store.createBucket("bucket", "us-east-1");
    await store.put(
      "bucket",
      "kept",
      Object.assign(Readable.from([Buffer.from("whole")]), {
        headers: {},
      }) as unknown as IncomingMessage,
      { contentType: "text/plain", metadata: {} },
    );
    for (const name of ["cut.object.json.half", "buckets.json.half"])
      writeFileSync(join(dir, name), '{"id":"cu');
    writeFileSync(join(dir, "cut.bytes"), "bytes");
    const again = await Store.open(dir);
    expect([...again.bucket("bucket").objects.keys()]).toEqual(["kept"]);
    expect(
      readdirSync(dir).filter((name) => name.includes("half") || name.startsWith("cut")),
    ).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

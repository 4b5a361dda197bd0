import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSandbox, temporaryDir } from "@/scripts/services";

/** One sandbox for the warehouse tests, as the program it is; tests read its endpoints from the file named here. */
export default async function setup(): Promise<() => Promise<void>> {
  const { dir, remove } = temporaryDir("tidegate-sandbox-");
  const { child, endpoints } = await startSandbox({
    dir,
    ports: "free",
    demo: false,
    onFailure: (sentence) => {
      throw new Error(sentence);
    },
  });
  const file = join(dir, "for-tests.json");
  writeFileSync(file, JSON.stringify(endpoints), { mode: 0o600 });
  process.env.TIDEGATE_SANDBOX_ENDPOINTS = file;
  return async () => {
    await child.stop();
    remove();
  };
}

// A part of the benchmark `security` that needs a process of its own; prints one JSON value.
import { guardFetch } from "@/lib/platform/network/fetch";
import { injectEverywhere } from "@/lib/testing/injection";
import { grantLoading, openWarehouse } from "@/lib/testing/sandbox";
import { poisonResolver, spellings, startCanary, waysOut } from "@/lib/testing/ways-out";

/** Every spelling over each way out, with a resolver in an attacker's hands and a listener on all addresses of this machine. */
async function network() {
  guardFetch();
  const restore = poisonResolver();
  const canary = await startCanary();
  const rows = [];
  for (const [way, tryOut] of Object.entries(waysOut)) {
    const before = canary.connections();
    const outcomes = await Promise.all(spellings.map(({ host }) => tryOut(host, canary.port)));
    rows.push({
      way,
      spellings: spellings.length,
      refused: outcomes.filter((outcome) => outcome === "form" || outcome === "guard").length,
      connections: canary.connections() - before,
    });
  }
  await canary.close();
  restore();
  return rows;
}

async function injection() {
  const warehouse = await openWarehouse();
  await grantLoading(warehouse);
  const rows = await injectEverywhere(warehouse);
  await warehouse.drop();
  return rows;
}

const parts: Record<string, () => Promise<unknown>> = { network, injection };
const made = await parts[process.argv[2] ?? ""]?.();
process.stdout.write(JSON.stringify(made), () => process.exit(0));

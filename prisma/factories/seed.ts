import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { db } from "@/lib/platform/db";
import { makeConnection, makeCredential, makeDestination, makeMember, makeSource } from "./world";

const sandboxSchema = z.object({
  redshift: z.object({ host: z.string(), port: z.number(), database: z.string(), ca: z.string() }),
  events: z.object({ url: z.string() }),
  demo: z.object({ schema: z.string(), table: z.string(), user: z.string(), password: z.string() }),
});

/** A developer's world: an owner to sign in as, and the sandbox's people on their way to its event receiver. */
export async function seed(dataDir: string): Promise<string> {
  if ((await db().user.count()) > 0)
    return "There is an owner already: nothing was seeded. npm run db:reset begins anew.";
  const login = { email: "dev@example.com", password: "tidegate-dev-only" };
  const owner = await makeMember({ name: "Dev", ...login });
  const file = join(dataDir, "sandbox", "endpoints.json");
  if (!existsSync(file))
    return `Sign in as ${login.email} with ${login.password}. Start Tidegate once, then seed again after db:reset, to have the sandbox's people as a source.`;
  const { redshift, events, demo } = sandboxSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const credentialId = await makeCredential(owner.teamId, {
    name: "Sandbox",
    config: {
      host: redshift.host,
      port: redshift.port,
      database: redshift.database,
      user: demo.user,
      sslMode: "verify-full",
      caCertificate: redshift.ca,
    },
    secret: { password: demo.password },
  });
  const sourceId = await makeSource(owner.teamId, {
    name: "People",
    credentialId,
    schema: demo.schema,
    table: demo.table,
    columns: ["user_id", "email", "anonymous_id"],
  });
  const destinationId = await makeDestination(owner.teamId, {
    name: "Event receiver",
    config: { url: events.url },
  });
  await makeConnection(owner.teamId, { sourceId, destinationId });
  return `Sign in as ${login.email} with ${login.password}. “People” is connected to “Event receiver”.`;
}

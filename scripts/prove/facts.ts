// What kind of warehouse it is, as far as it reports. What it doesn't report is “not known”.
import { hostFacts } from "@/lib/connectors/redshift/session/endpoint";
import { literal } from "@/lib/connectors/redshift/quote";
import type { World } from "./world";

export type Facts = { name: string; value: string }[];

export async function factsOf(world: World): Promise<Facts> {
  const { host, database, iam, sslMode } = world.settings.login.config;
  const ask = async (sql: string): Promise<string> => {
    const rows = await world.asOwner(sql).catch(() => []);
    return rows[0]?.[0] || "not known";
  };
  const endpoint = hostFacts(host);
  // a Serverless workgroup refuses this view
  const nodes = await ask("SELECT COUNT(DISTINCT node) FROM stv_slices");
  const slices = await ask("SELECT COUNT(*) FROM stv_slices");
  const seen = nodes === "not known" ? "not known" : "provisioned";
  return [
    { name: "version", value: await ask("SELECT version()") },
    { name: "kind", value: endpoint?.deployment ?? seen },
    { name: "region", value: endpoint?.region ?? "not known" },
    { name: "nodes", value: nodes },
    { name: "slices", value: slices },
    {
      name: "isolation",
      value: await ask(
        `SELECT database_isolation_level FROM svv_redshift_databases WHERE database_name = ${literal(database)}`,
      ),
    },
    { name: "login", value: iam.use ? "IAM" : "password" },
    { name: "TLS", value: sslMode },
    { name: "bucket", value: bucketFact(world) },
  ];
}

function bucketFact({ settings: { staging } }: World): string {
  if (!staging) return "none";
  return staging.config.access === "role" ? "as a role" : "with access keys";
}

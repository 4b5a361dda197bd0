// A login without a password of one's own: AWS makes a user's temporary one for whoever its IAM lets. With client.ts of
// s3 the other file with AWS's SDK.
import { GetClusterCredentialsCommand, RedshiftClient } from "@aws-sdk/client-redshift";
import {
  GetCredentialsCommand,
  RedshiftServerlessClient,
} from "@aws-sdk/client-redshift-serverless";
import { messageOf } from "@/lib/platform/errors";
import { guardedAgents, NetworkRefused } from "@/lib/platform/network/guard";
import { hostFacts } from "./endpoint";
import { DriverError, type OwnCode } from "./errors";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";

/** The shortest that AWS gives; only the login needs it, a session goes on. */
const DURATION_S = 900;

export type TemporaryLogin = { user: string; password: string };

/**
 * Cluster or workgroup, and region: as the endpoint says, or as was entered for a name of one's own. Not with the
 * machine's own identity: whoever enters a host could else have a password of another cluster sent there.
 */
function target({ host, iam }: RedshiftConfig): {
  of: "cluster" | "workgroup";
  name: string;
  region: string;
} {
  const facts = hostFacts(host);
  if (facts)
    return {
      of: facts.deployment === "provisioned" ? "cluster" : "workgroup",
      name: facts.name,
      region: facts.region,
    };
  if (iam.accessKeyId === "")
    throw new DriverError(
      "IAM_OWN_NAME",
      "a host that is no endpoint, with the identity of this machine",
    );
  if (iam.name === "" || iam.region === "")
    throw new DriverError("IAM_UNNAMED", "no cluster or workgroup, or no region");
  return iam;
}

const codes: Record<string, OwnCode> = {
  CredentialsProviderError: "IAM_NO_IDENTITY",
  AccessDenied: "IAM_DENIED",
  AccessDeniedException: "IAM_DENIED",
  UnauthorizedOperation: "IAM_DENIED",
  ClusterNotFound: "IAM_NOT_FOUND",
  ClusterNotFoundFault: "IAM_NOT_FOUND",
  ResourceNotFoundException: "IAM_NOT_FOUND",
  InvalidClientTokenId: "IAM_KEY_UNKNOWN",
  UnrecognizedClientException: "IAM_KEY_UNKNOWN",
  SignatureDoesNotMatch: "IAM_SECRET_WRONG",
  InvalidSignatureException: "IAM_SECRET_WRONG",
  ExpiredToken: "IAM_EXPIRED",
  ExpiredTokenException: "IAM_EXPIRED",
};

/** User and password for one login. Throws a DriverError whose code errors.ts puts into words, or the signal's reason. */
export async function temporaryLogin(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  signal: AbortSignal,
): Promise<TemporaryLogin> {
  const { of, name, region } = target(config);
  const { accessKeyId } = config.iam;
  const options = {
    region,
    maxAttempts: 2,
    requestHandler: guardedAgents(),
    ...(accessKeyId && {
      credentials: { accessKeyId, secretAccessKey: secret.secretAccessKey ?? "" },
    }),
  };
  try {
    const login =
      of === "cluster"
        ? await ofCluster(name, config, options, signal)
        : await ofWorkgroup(name, config, options, signal);
    if (!login.user || !login.password)
      throw new DriverError("IAM_FAILED", "AWS answered without a user or a password");
    // the workgroup's user follows from the identity: the grants must name it
    if (of === "workgroup" && login.user !== config.user)
      throw new DriverError("IAM_OTHER_USER", login.user);
    return { user: login.user, password: login.password };
  } catch (error) {
    if (error instanceof DriverError || error instanceof NetworkRefused) throw error;
    signal.throwIfAborted();
    throw new DriverError(
      codes[error instanceof Error ? error.name : ""] ?? "IAM_FAILED",
      messageOf(error),
      { cause: error },
    );
  }
}

type Options = {
  region: string;
  maxAttempts: number;
  requestHandler: ReturnType<typeof guardedAgents>;
  credentials?: { accessKeyId: string; secretAccessKey: string };
};
type Given = { user: string | undefined; password: string | undefined };

async function ofCluster(
  name: string,
  { user, database }: RedshiftConfig,
  options: Options,
  signal: AbortSignal,
): Promise<Given> {
  const client = new RedshiftClient(options);
  try {
    const { DbUser, DbPassword } = await client.send(
      new GetClusterCredentialsCommand({
        ClusterIdentifier: name,
        DbUser: user,
        DbName: database,
        AutoCreate: false,
        DurationSeconds: DURATION_S,
      }),
      { abortSignal: signal },
    );
    return { user: DbUser, password: DbPassword };
  } finally {
    client.destroy();
  }
}

async function ofWorkgroup(
  name: string,
  { database }: RedshiftConfig,
  options: Options,
  signal: AbortSignal,
): Promise<Given> {
  const client = new RedshiftServerlessClient(options);
  try {
    const { dbUser, dbPassword } = await client.send(
      new GetCredentialsCommand({
        workgroupName: name,
        dbName: database,
        durationSeconds: DURATION_S,
      }),
      { abortSignal: signal },
    );
    return { user: dbUser, password: dbPassword };
  } finally {
    client.destroy();
  }
}

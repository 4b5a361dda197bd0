import { z } from "zod";
import { loadOptionsSchema, redshiftConfigSchema } from "@/lib/connectors/redshift/spec";
import { stagingConfigSchema, stagingSecretSchema } from "@/lib/connectors/s3/spec";
import { redshiftFieldsSchema } from "@/lib/credentials/schema";

const draftId = z.uuid();

export const destinationNameSchema = z
  .object({
    draftId,
    name: z
      .string()
      .trim()
      .min(1, "Give the destination a name.")
      .max(100, "Use at most 100 characters."),
    credentials: z.enum(["new", "existing"]),
    credentialId: z.string(),
  })
  .superRefine((step, context) => {
    if (step.credentials === "existing" && !z.uuid().safeParse(step.credentialId).success)
      context.addIssue({
        code: "custom",
        path: ["credentialId"],
        message: "Choose which credentials to use.",
      });
  });

/** The connection of a warehouse: its login, and the schema that the setup script grants. */
export const destinationLoginSchema = redshiftFieldsSchema.extend({
  draftId,
  targetSchema: loadOptionsSchema.shape.targetSchema,
});

/** Empty: keep the secret that is set. */
export const destinationStagingSchema = z.intersection(
  stagingConfigSchema,
  stagingSecretSchema.extend({ draftId }),
);

export const destinationTablesSchema = loadOptionsSchema.extend({ draftId });

/** Config and secret are judged by the spec of the draft's kind (lib/connectors/catalog.ts). */
export const destinationConnectionSchema = z.object({
  draftId,
  config: z.record(z.string(), z.unknown()),
  secret: z.record(z.string(), z.string()),
  /** Where rows go, of a kind that asks for it. */
  target: z.record(z.string(), z.string()).default({}),
});

/** With saved credentials only where rows go is missing. */
export const destinationTargetSchema = z.object({
  draftId,
  target: z.record(z.string(), z.string()),
});

export const destinationDraftIdSchema = z.object({ draftId });
export const startDestinationSchema = z.object({
  kind: z.string(),
  forSource: z.string().nullable(),
});
export const destinationIdSchema = z.object({ destinationId: z.uuid() });

export const destinationDraftSchema = z.object({
  /** The source that asked for it: it is connected at the end. */
  forSource: z.string().nullable().optional(),
  name: z
    .object({
      name: z.string(),
      credentials: z.enum(["new", "existing"]).default("new"),
      credentialId: z.string().default(""),
    })
    .optional(),
  connection: z
    .object({ config: z.record(z.string(), z.unknown()), secretSetAt: z.string() })
    .optional(),
  /** A warehouse's, where it has credentials of its own. */
  login: z
    .object({
      credentialName: z.string(),
      config: redshiftConfigSchema,
      passwordSetAt: z.string(),
      sshSecret: z.enum(["none", "key", "password"]),
    })
    .optional(),
  staging: z.object({ config: stagingConfigSchema, secretSetAt: z.string() }).optional(),
  /** Where rows go and what becomes of them, judged by the spec of the kind. */
  tables: z
    .looseObject({ targetSchema: z.string().optional(), targetTable: z.string().optional() })
    .optional(),
  areTablesSaved: z.boolean().optional(),
  verify: z.object({ of: z.string(), passed: z.boolean() }).optional(),
});
export type DestinationDraft = z.infer<typeof destinationDraftSchema>;

import { z } from "zod";
import type { ColumnInfo, Page, SchemaInfo, TableInfo } from "@/lib/connectors/contract/catalog";
import { syncModes, type DryRun } from "@/lib/connectors/contract/changes";
import type {
  Cell,
  ColumnProfile,
  KeyHealth,
  TableInspection,
} from "@/lib/connectors/contract/preview";
import type { StateTable } from "@/lib/connectors/contract/state";
import { redshiftConfigSchema, unloadConfigSchema } from "@/lib/connectors/redshift/spec";
import { stagingSecretSchema } from "@/lib/connectors/s3/spec";
import { redshiftFieldsSchema } from "@/lib/credentials/schema";
import type { ColumnKind } from "@/lib/event/encode";
import { mappingSchema } from "@/lib/event/mapping";
import { scheduleSchema } from "@/lib/schedule/schema";
import { checkResultsSchema } from "@/lib/verification/schema";

const draftId = z.uuid();

export const nameStepSchema = z
  .object({
    draftId,
    name: z
      .string()
      .trim()
      .min(1, "Give the source a name.")
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

export const connectionStepSchema = redshiftFieldsSchema.extend({ draftId });

const fingerprint = z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, "This is not a fingerprint.");
export const draftHostKeySchema = z.object({ draftId, hostKey: fingerprint });
export const sourceHostKeySchema = z.object({ sourceId: z.uuid(), hostKey: fingerprint });

export const draftOnlySchema = z.object({ draftId });
export const dataStepSchema = z.object({
  draftId,
  schema: z.string().min(1, "Choose a schema.").max(127),
  table: z.string().min(1, "Choose a table.").max(127),
});
/** A key of more columns is no key that anybody means. */
export const MAX_KEYS = 8;
const keysSchema = z.array(z.string().min(1).max(127)).min(1).max(MAX_KEYS);
export const columnsStepSchema = z.object({ draftId, mapping: mappingSchema, keys: keysSchema });
export const scheduleStepSchema = z.object({ draftId, schedule: scheduleSchema });
export const sourceIdSchema = z.object({ sourceId: z.uuid() });
/** The bucket for large reads. An empty secret keeps the one that is set. */
export const unloadSchema = z.intersection(
  unloadConfigSchema,
  stagingSecretSchema.extend({ sourceId: z.uuid() }),
);

const name = z.string().min(1).max(127);
/** A table to look into: one that is being chosen, or the one of a source. */
const subjectSchema = z.union([z.object({ draftId, schema: name, table: name }), sourceIdSchema]);
const listing = {
  draftId,
  search: z.string().max(127),
  after: z.object({ nearness: z.number().int(), name: z.string().max(127) }).nullable(),
};
/** What a page asks of the warehouse while a person looks around; nothing of it is stored. */
export const browseSchema = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("schemas"), ...listing }),
  z.object({ ask: z.literal("tables"), schema: name, ...listing }),
  z.object({ ask: z.literal("inspection"), of: subjectSchema }),
  z.object({ ask: z.literal("keyHealth"), of: subjectSchema, keys: keysSchema }),
  z.object({ ask: z.literal("profile"), of: subjectSchema, column: name }),
  z.object({
    ask: z.literal("dryRun"),
    sourceId: z.uuid(),
    connectionId: z.uuid().nullable(),
    destinationId: z.uuid(),
    mode: z.enum(syncModes),
    cursor: z.object({ column: name, lookBackMinutes: z.number().int().nonnegative() }).nullable(),
    rawNumbers: z.boolean(),
  }),
  z.object({ ask: z.literal("kept"), sourceId: z.uuid() }),
  z.object({
    ask: z.literal("cell"),
    of: subjectSchema,
    column: name,
    begin: z.string().max(5_000),
    bytes: z.number().int().nonnegative(),
    key: z.object({ column: name, value: z.string().max(5_000) }).nullable(),
  }),
]);
export type BrowseRequest = z.infer<typeof browseSchema>;
export type Subject = z.infer<typeof subjectSchema>;
/** The answer to each question. */
export type BrowseAnswers = {
  schemas: Page<SchemaInfo>;
  tables: Page<TableInfo>;
  inspection: TableInspection;
  keyHealth: KeyHealth;
  profile: ColumnProfile;
  dryRun: DryRun;
  kept: StateTable[];
  cell: Cell;
};

const columnKinds = [
  "integer",
  "bigint",
  "decimal",
  "float",
  "boolean",
  "timestamp",
  "timestamptz",
  "json",
  "text",
] as const satisfies readonly ColumnKind[];
export const columnInfoSchema: z.ZodType<ColumnInfo> = z.object({
  name: z.string(),
  type: z.string(),
  kind: z.enum(columnKinds),
  unusable: z.string().optional(),
});

/** What of a finished source its steps may change. */
export const editableSchema = z.object({
  name: z.string(),
  credentialId: z.string(),
  mapping: mappingSchema,
  schedule: scheduleSchema,
});
export type Editable = z.infer<typeof editableSchema>;

/** What the steps have saved so far. Secrets are not in it. */
export const sourceDraftSchema = z.object({
  /** The source that this draft changes, as it was when the change was begun. */
  editing: z.object({ sourceId: z.uuid(), before: editableSchema }).optional(),
  name: z
    .object({
      name: z.string(),
      credentials: z.enum(["new", "existing"]),
      credentialId: z.string(),
    })
    .optional(),
  connection: z
    .object({
      credentialName: z.string(),
      config: redshiftConfigSchema,
      passwordSetAt: z.string(),
      sshSecret: z.enum(["none", "key", "password"]).default("none"),
    })
    .optional(),
  /** `of` names what was verified: when the connection changes, the verification is open again. */
  verify: z.object({ of: z.string(), results: checkResultsSchema, at: z.string() }).optional(),
  data: z
    .object({ schema: z.string(), table: z.string(), columns: z.array(columnInfoSchema) })
    .optional(),
  columns: z.object({ mapping: mappingSchema, keys: keysSchema.optional() }).optional(),
  schedule: scheduleSchema.optional(),
});
export type SourceDraft = z.infer<typeof sourceDraftSchema>;

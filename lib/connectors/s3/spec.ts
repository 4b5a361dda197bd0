import { z } from "zod";

/** An access key's id and secret, as AWS makes them: nothing in them can end a literal. */
export const ACCESS_KEY = /^[A-Za-z0-9/+=]+$/;
export const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[A-Za-z0-9+=,.@_/-]+$/;

/** Where files lie on their way to a warehouse: the person's own bucket. */
export const stagingConfigSchema = z
  .object({
    bucket: z
      .string()
      .trim()
      .min(3, "Enter the name of the bucket.")
      .max(63, "A bucket's name has at most 63 characters.")
      .regex(
        /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/,
        "A bucket's name has lower case letters, digits, dots and hyphens only: leave out s3:// and what follows the name.",
      ),
    prefix: z
      .string()
      .trim()
      .max(512)
      .transform((prefix) => prefix.replace(/^\/+|\/+$/g, ""))
      .refine(
        (prefix) =>
          !/[\u0000-\u001f\u007f]/.test(prefix) &&
          !prefix.split("/").some((part) => part === "." || part === ".."),
        "A prefix is a path such as tidegate/loads.",
      ),
    region: z
      .string()
      .trim()
      .toLowerCase()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "Enter the bucket's region, such as eu-central-1."),
    /** Empty: AWS. */
    endpoint: z
      .string()
      .trim()
      .max(2048)
      .refine(
        (text) =>
          text === "" ||
          (URL.canParse(text) &&
            /^https?:$/.test(new URL(text).protocol) &&
            new URL(text).username === ""),
        "Enter a whole address that begins with https://, or leave it empty for AWS.",
      ),
    /** How COPY reads the files: as a role that the cluster assumes, or with the keys below. */
    access: z.enum(["role", "keys"]),
    roleArn: z.string().trim().max(2048),
    /** Who uploads; empty with a role: the keys that Tidegate's own machine has (environment, profile, instance role). */
    accessKeyId: z
      .string()
      .trim()
      .max(128)
      .refine(
        (id) => id === "" || ACCESS_KEY.test(id),
        "An access key id has letters and digits only.",
      ),
  })
  .superRefine(({ access, roleArn, accessKeyId }, context) => {
    if (access === "role" && !ROLE_ARN.test(roleArn))
      context.addIssue({
        code: "custom",
        path: ["roleArn"],
        message: "Enter the role's ARN, such as arn:aws:iam::123456789012:role/TidegateCopy.",
      });
    if (access === "keys" && accessKeyId === "")
      context.addIssue({
        code: "custom",
        path: ["accessKeyId"],
        message: "Enter the access key id.",
      });
  });
export type StagingConfig = z.infer<typeof stagingConfigSchema>;

export const stagingSecretSchema = z.object({
  secretAccessKey: z
    .string()
    .max(256)
    .refine(
      (secret) => secret === "" || ACCESS_KEY.test(secret),
      "A secret access key has letters, digits and / + = only.",
    ),
});
export type StagingSecret = z.infer<typeof stagingSecretSchema>;

export const stagingDefaults = {
  bucket: "",
  prefix: "tidegate",
  region: "",
  endpoint: "",
  access: "role",
  roleArn: "",
  accessKeyId: "",
} as const;

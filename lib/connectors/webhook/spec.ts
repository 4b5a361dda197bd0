import { z } from "zod";

/** Any HTTP endpoint of one's own. */
export const webhookConfigSchema = z.object({
  url: z
    .string()
    .trim()
    .min(1, "Enter the address that receives the events.")
    .max(2048)
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      "Enter a whole address that begins with https:// (or http://).",
    )
    .refine(
      (text) =>
        !URL.canParse(text) || (new URL(text).username === "" && new URL(text).password === ""),
      "Leave user and password out of the address; use a header.",
    ),
  /** `single`: one event a request. `batch`: `{"batch":[…]}`. */
  body: z.enum(["single", "batch"]),
  headerName: z
    .string()
    .trim()
    .max(128)
    .refine(
      (name) => name === "" || /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name),
      "A header name has letters, digits and dashes only.",
    )
    .refine(
      (name) => !/^(host|content-length|content-type|transfer-encoding|connection)$/i.test(name),
      "This header is set by Tidegate itself.",
    ),
});
export type WebhookConfig = z.infer<typeof webhookConfigSchema>;

export const webhookSecretSchema = z.object({
  headerValue: z
    .string()
    .max(4096)
    .regex(/^[^\r\n]*$/, "A header value is one line."),
});
export type WebhookSecret = z.infer<typeof webhookSecretSchema>;

export const webhookDefaults = { url: "", body: "single", headerName: "" } as const;

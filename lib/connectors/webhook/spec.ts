import { z } from "zod";
import { headerName, headerValue, httpUrl } from "@/lib/connectors/http/spec";

/** Any HTTP endpoint of one's own. */
export const webhookConfigSchema = z.object({
  url: httpUrl(
    "Enter the address that receives the events.",
    "Leave user and password out of the address; use a header.",
  ),
  /** `single`: one event a request. `batch`: `{"batch":[…]}`. */
  body: z.enum(["single", "batch"]),
  headerName,
});
export type WebhookConfig = z.infer<typeof webhookConfigSchema>;

export const webhookSecretSchema = z.object({ headerValue });
export type WebhookSecret = z.infer<typeof webhookSecretSchema>;

export const webhookDefaults = { url: "", body: "single", headerName: "" } as const;

import { z } from "zod";
import { httpUrl, visible } from "@/lib/connectors/http/spec";

/** A RudderStack data plane, or anything that speaks Segment's HTTP API: events go to `<url>/v1/batch`. */
export const trackingApiConfigSchema = z.object({
  url: httpUrl(
    "Enter the address of the data plane.",
    "Leave user and password out of the address.",
  ),
  /** RudderStack's data plane takes gzip; what else speaks this API may not, and then says so when it is verified. */
  compression: z.enum(["none", "gzip"]).default("none"),
});
export type TrackingApiConfig = z.infer<typeof trackingApiConfigSchema>;

export const trackingApiSecretSchema = z.object({
  writeKey: visible(
    z.string().trim().min(1, "Enter the write key of the source in your data plane.").max(512),
  ),
});
export type TrackingApiSecret = z.infer<typeof trackingApiSecretSchema>;

export const trackingApiDefaults = { url: "", compression: "none" } as const;

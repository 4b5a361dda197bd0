import { z } from "zod";

const httpUrl = z
  .string()
  .trim()
  .min(1, "Enter the address of the data plane.")
  .max(2048)
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    "Enter a whole address that begins with https:// (or http://).",
  )
  .refine(
    (text) =>
      !URL.canParse(text) || (new URL(text).username === "" && new URL(text).password === ""),
    "Leave user and password out of the address.",
  );

/** A RudderStack data plane, or anything that speaks Segment's HTTP API: events go to `<url>/v1/batch`. */
export const trackingApiConfigSchema = z.object({
  url: httpUrl,
  /** RudderStack's data plane takes gzip; what else speaks this API may not, and then says so when it is verified. */
  compression: z.enum(["none", "gzip"]).default("none"),
});
export type TrackingApiConfig = z.infer<typeof trackingApiConfigSchema>;

export const trackingApiSecretSchema = z.object({
  writeKey: z
    .string()
    .trim()
    .min(1, "Enter the write key of the source in your data plane.")
    .max(512),
});
export type TrackingApiSecret = z.infer<typeof trackingApiSecretSchema>;

export const trackingApiDefaults = { url: "", compression: "none" } as const;

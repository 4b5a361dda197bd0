import { z } from "zod";

/** Shared by every form that asks for an address. */
const emailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.email("Enter an e-mail address, such as you@example.com."));

export const MIN_PASSWORD = 12;
/** OWASP ASVS 6.2.1: length is what counts, and any character does. What is commonly used is refused on the server (rules.ts). */
const newPassword = z
  .string()
  .min(MIN_PASSWORD, `Use at least ${MIN_PASSWORD} characters.`)
  .max(128, "Use at most 128 characters.");
const knownPassword = z.string().min(1, "Enter your password.").max(128);
const personName = z
  .string()
  .trim()
  .min(1, "Enter your name.")
  .max(100, "Use at most 100 characters.");

export const createOwnerSchema = z.object({
  token: z.string().min(1).max(200),
  name: personName,
  email: emailSchema,
  password: newPassword,
});
export type CreateOwner = z.infer<typeof createOwnerSchema>;

export const signInSchema = z.object({ email: emailSchema, password: knownPassword });

/** The second step of signing in: the app's six digits, or a backup code. */
export const codeSchema = z.object({ code: z.string().trim().min(1, "Enter the code.").max(40) });

/** A new person who follows an invitation. */
export const joinAsNewSchema = z.object({
  token: z.string().min(1).max(200),
  name: personName,
  email: emailSchema,
  password: newPassword,
});
export type JoinAsNew = z.infer<typeof joinAsNewSchema>;
export const invitationTokenSchema = z.object({ token: z.string().min(1).max(200) });

export const renamePersonSchema = z.object({ name: personName });
export const changePasswordSchema = z.object({ currentPassword: knownPassword, newPassword });
export const endSessionSchema = z.object({ sessionId: z.string().min(1).max(100) });
export const passwordSchema = z.object({ password: knownPassword });
export const appCodeSchema = z.object({
  code: z
    .string()
    .trim()
    .regex(/^\d{6}$/, "Enter the six digits that the app shows."),
});
/** Empty where somebody has no password. */
export const ownPasswordSchema = z.object({ password: z.string().max(128) });
export const passkeyIdSchema = ownPasswordSchema.extend({
  passkeyId: z.string().min(1).max(100),
});

/** What a browser's authenticator answers: its shape alone, the WebAuthn library judges the rest. */
const text = z.string().max(100_000);
const answer = {
  id: text,
  rawId: text,
  type: z.literal("public-key"),
  clientExtensionResults: z.looseObject({}),
};
export const passkeyAnswerSchema = z.object({
  response: z.looseObject({
    ...answer,
    response: z.looseObject({ clientDataJSON: text, authenticatorData: text, signature: text }),
  }),
});
export const addPasskeySchema = z.object({
  response: z.looseObject({
    ...answer,
    response: z.looseObject({ clientDataJSON: text, attestationObject: text }),
  }),
  name: z.string().trim().min(1, "Give the passkey a name.").max(60, "Use at most 60 characters."),
});
export const oidcStartSchema = z.object({ next: z.string().max(300) });

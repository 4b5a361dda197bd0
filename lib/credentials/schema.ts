import { z } from "zod";

export const deleteCredentialSchema = z.object({ credentialId: z.uuid(), name: z.string() });

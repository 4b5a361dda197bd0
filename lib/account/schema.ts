import { z } from "zod";

const email = z.string().trim().toLowerCase().pipe(z.email("Enter an e-mail address, such as you@example.com."));

/** OWASP ASVS 6.2.1: length is what counts; better-auth's own limit is 128. */
const password = z.string().min(12, "Use at least 12 characters.").max(128, "Use at most 128 characters.");

export const createOwnerSchema = z.object({
  token: z.string().min(1).max(200),
  name: z.string().trim().min(1, "Enter your name.").max(100),
  email,
  password,
});
export type CreateOwner = z.infer<typeof createOwnerSchema>;

export const signInSchema = z.object({
  email,
  password: z.string().min(1, "Enter your password.").max(128),
});
export type SignIn = z.infer<typeof signInSchema>;

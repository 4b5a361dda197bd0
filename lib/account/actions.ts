"use server";
import { APIError } from "better-auth/api";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { createOwner } from "@/lib/account/mutations";
import { createOwnerSchema, signInSchema } from "@/lib/account/schema";
import { paths } from "@/lib/paths";
import { ok, refused } from "@/lib/platform/result";
import { auth } from "@/lib/web/auth";
import { definePublicAction } from "@/lib/web/define-action";

export const createOwnerAction = definePublicAction(createOwnerSchema, async (input) => {
  const created = await createOwner(input);
  if (!created.ok) return created;
  await auth().api.signInEmail({ body: { email: input.email, password: input.password }, headers: await headers() });
  return ok(null);
});

export const signInAction = definePublicAction(signInSchema, async ({ email, password }) => {
  try {
    await auth().api.signInEmail({ body: { email, password }, headers: await headers() });
    return ok(null);
  } catch (error) {
    // one sentence for both, so that it does not tell which addresses exist
    if (error instanceof APIError && error.statusCode === 401) return refused("The e-mail address or the password is wrong.");
    throw error;
  }
});

export async function signOutAction(): Promise<void> {
  await auth().api.signOut({ headers: await headers() });
  redirect(paths.signIn);
}

import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { SignInForm } from "@/components/account/sign-in-form";
import { paths } from "@/lib/paths";
import { currentActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage() {
  if (await currentActor()) redirect(paths.overview);
  return <SignInForm />;
}

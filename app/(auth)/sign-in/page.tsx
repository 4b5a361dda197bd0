import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { SignInForm } from "@/components/account/sign-in-form";
import { nextAfterSignIn } from "@/lib/account/rules";
import { paths } from "@/lib/paths";
import { providerName } from "@/lib/web/oidc";
import { currentStanding } from "@/lib/web/session";

export const metadata: Metadata = { title: "Sign in", referrer: "no-referrer" };

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { next: asked, refused } = await searchParams;
  const next = nextAfterSignIn(asked);
  if (await currentStanding()) redirect(next ?? paths.overview);
  return (
    <SignInForm
      next={next}
      provider={providerName()}
      refused={typeof refused === "string" ? refused : null}
    />
  );
}

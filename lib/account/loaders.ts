import "server-only";
import { headers } from "next/headers";
import { redirect, unstable_rethrow as rethrowNavigation } from "next/navigation";
import { personOfProvider } from "@/lib/account/mutations";
import { nextAfterSignIn } from "@/lib/account/rules";
import { auditPerson } from "@/lib/audit/mutations";
import { paths } from "@/lib/paths";
import { log } from "@/lib/platform/log";
import { auth } from "@/lib/web/auth";
import { definePublicRoute } from "@/lib/web/define-action";
import { providerAnswer } from "@/lib/web/oidc";
import { addressOf } from "@/lib/web/session";

/** Lets in whom the OpenID provider vouches for and Tidegate knows; everybody else is told so at the sign-in page. */
export const finishProviderSignIn = definePublicRoute(async (request) => {
  const ip = addressOf(await headers());
  try {
    const answer = await providerAnswer(request);
    if (!answer) redirect(`${paths.signIn}?refused=provider`);
    const person = await personOfProvider(answer.claims, ip);
    if (!person) {
      log.warn({ ip }, "sign-in by the provider of somebody who is not known here");
      redirect(`${paths.signIn}?refused=unknown`);
    }
    await auth().api.signInProven({ body: { userId: person.userId }, headers: await headers() });
    await auditPerson({ ...person, ip }, { action: "signed in", detail: { by: "provider" } });
    redirect(nextAfterSignIn(answer.next) ?? paths.overview);
  } catch (error) {
    rethrowNavigation(error);
    log.error({ err: error }, "sign-in by the provider");
    redirect(`${paths.signIn}?refused=provider`);
  }
});

import type { Metadata } from "next";
import { AppSetup } from "@/components/account/app-setup";
import { NameForm } from "@/components/account/name-form";
import { Passkeys } from "@/components/account/passkeys";
import { PasswordForm } from "@/components/account/password-form";
import { Sessions } from "@/components/account/sessions";
import { SignInChangeList } from "@/components/account/sign-in-changes";
import { PageHeader } from "@/components/shell/page-header";
import { Notice } from "@/components/ui/notice";
import { Section } from "@/components/ui/section";
import { listSessions, listSignInChanges, signInMethods } from "@/lib/account/data";
import { providerName } from "@/lib/web/oidc";
import { requirePerson } from "@/lib/web/session";

export const metadata: Metadata = { title: "Account" };

const notices = {
  "no-team": {
    title: "You are in no team",
    text: "You were removed, or have left. Ask an owner or admin for an invitation.",
  },
  "two-factor": {
    title: "Your team requires two-factor sign-in",
    text: "Set up an authenticator app below. The rest opens as soon as it is on.",
  },
} as const;

export default async function AccountPage() {
  const { person, refusal } = await requirePerson();
  const [methods, sessions, changes] = await Promise.all([
    signInMethods(person.userId),
    listSessions(person.userId),
    listSignInChanges(person.userId),
  ]);
  const notice = refusal && notices[refusal];
  return (
    <>
      <PageHeader title="Account" description={person.email} />
      {notice && (
        <Notice tone="warning" title={notice.title} className="mb-8 max-w-[40rem]">
          {notice.text}
        </Notice>
      )}
      <div className="max-w-[40rem]">
        <Section title="Name">
          <NameForm name={person.name} />
        </Section>
        {methods.hasPassword && (
          <Section
            title="Password"
            note="A change signs you out everywhere else, and removes your passkeys: add them again then."
          >
            <PasswordForm email={person.email} />
          </Section>
        )}
        {methods.hasPassword && (
          <Section
            title="Two-factor sign-in"
            note="After your password, sign-in asks for a code of an authenticator app."
          >
            <AppSetup isOn={methods.hasApp} />
          </Section>
        )}
        <Section
          title="Passkeys"
          note="Sign in with your fingerprint, face or security key, without a password. A passkey counts as both factors."
        >
          <Passkeys passkeys={methods.passkeys} hasPassword={methods.hasPassword} />
        </Section>
        {methods.hasProvider && (
          <Section
            title="Sign-in provider"
            note={`You can sign in with ${providerName() ?? "the provider, once it is set up again"}.`}
          />
        )}
        <Section title="Sessions" note="Where you are signed in.">
          <Sessions sessions={sessions} current={person.sessionId} />
        </Section>
        {changes.length > 0 && (
          <Section
            title="Changes of your sign-in"
            note="Of the last 90 days. If one wasn’t you, change your password."
          >
            <SignInChangeList changes={changes} />
          </Section>
        )}
      </div>
    </>
  );
}

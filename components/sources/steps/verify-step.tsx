"use client";
import { Button, Disclosure } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { PermissionsPanel } from "@/components/sources/permissions-panel";
import { TrustHostKey } from "@/components/sources/trust-host-key";
import { Notice } from "@/components/ui/notice";
import { CheckList, type ShownCheck } from "@/components/wizard/check-list";
import { CheckPath } from "@/components/wizard/check-path";
import { pathOf, type Stop } from "@/components/wizard/path-of";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { presentIn } from "@/lib/connectors/redshift/checks/permissions";
import { trustDraftHostKeyAction } from "@/lib/sources/actions";
import { ownersQuery, verificationQuery } from "@/lib/sources/queries";
import { canLogIn, needsSuperuser } from "@/lib/sources/steps";
import { allPassed, withCheck } from "@/lib/verification/rules";

/** The seed's three checks, before anything is known of them. */
export const sourceChecks: ShownCheck[] = [
  { id: "connection", title: "Verifying Connection", status: "running" },
  { id: "schemas", title: "Able to List Schema", status: "running" },
  { id: "state-schema", title: "Able to Access RudderStack Schema", status: "running" },
];

const tunnelStop: Stop = { label: "SSH tunnel", check: "connection", parts: ["tunnel"] };
const stops: Stop[] = [
  { label: "Name", check: "connection", parts: ["name"] },
  { label: "TCP", check: "connection", parts: ["tcp"] },
  { label: "TLS", check: "connection", parts: ["tls"] },
  { label: "Login", check: "connection", parts: ["login"] },
  { label: "Database", check: "connection", parts: ["database", "redshift"] },
  { label: "Schemas", check: "schemas", parts: ["list", "use"] },
  {
    label: "_rudderstack",
    check: "state-schema",
    parts: ["exists", "usage", "create", "tables", "write"],
  },
];

export function VerifyStep({
  draftId,
  user,
  hasTunnel,
  chosen,
}: {
  draftId: string;
  user: string;
  hasTunnel: boolean;
  chosen?: { schema: string; table: string };
}) {
  const { following, goTo } = useWizard();
  const { data = [], error, isFetching, refetch } = useQuery(verificationQuery(draftId));
  // the stream ends once the outcome is saved: until then the next step isn't open
  const passed = !isFetching && !error && allPassed(data);
  const known = data.reduce<ShownCheck[]>(withCheck, sourceChecks);
  const [opened, setOpened] = useState<boolean | null>(null); // null: open when something is missing
  const missing = !isFetching && needsSuperuser(data);
  const { data: owners } = useQuery(ownersQuery(draftId, !isFetching && canLogIn(data)));
  return (
    <StepColumns
      panel={
        <div className="flex flex-col gap-6">
          <section>
            <h2 className="font-medium">What is checked</h2>
            <p className="mt-2 text-sm text-muted">
              That Tidegate can reach your Redshift with these credentials, can read which schemas
              exist, and can keep the state of each sync in{" "}
              <code className="font-mono">_rudderstack</code>.
            </p>
            <p className="mt-2 text-sm text-muted">
              Nothing is written outside that schema. The table that is made there for the test is
              dropped again.
            </p>
          </section>
          <Disclosure isExpanded={opened ?? missing} onExpandedChange={setOpened}>
            <Disclosure.Heading>
              <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">
                {missing ? "What a superuser runs" : "Permissions script"} <Disclosure.Indicator />
              </Disclosure.Trigger>
            </Disclosure.Heading>
            <Disclosure.Content>
              <div className="pt-4">
                <PermissionsPanel user={user} chosen={chosen} has={presentIn(data)} owners={owners}>
                  {missing ? (
                    <p>
                      What these checks found missing, and what reading a table needs. A superuser
                      runs it in the database that you connect to.
                    </p>
                  ) : (
                    <p>
                      The checks don’t look at your tables. Where one can’t be read, a superuser
                      runs this in the database that you connect to.
                    </p>
                  )}
                </PermissionsPanel>
              </div>
            </Disclosure.Content>
          </Disclosure>
        </div>
      }
    >
      <CheckPath
        label="The way to the warehouse"
        stops={[
          { label: "You", state: "passed" },
          ...pathOf(hasTunnel ? [tunnelStop, ...stops] : stops, known),
        ]}
      />
      <CheckList
        label="Verifying Credentials"
        checks={error && !isFetching ? data.filter(({ status }) => status !== "running") : known}
      />
      {error && !isFetching && (
        <Notice tone="danger" className="mt-4">
          {error.message}
        </Notice>
      )}
      {!isFetching && (
        <TrustHostKey
          checks={data}
          trust={(hostKey) => trustDraftHostKeyAction({ draftId, hostKey })}
          onTrusted={() => void refetch()}
        />
      )}
      {!error && !isFetching && !passed && (
        <Notice tone="warning" className="mt-4">
          Fix the failed checks, then verify again. Nothing you entered is lost.
        </Notice>
      )}
      <WizardButtons
        nextDisabled={!passed}
        onNext={() => goTo(following)}
        extra={
          <Button variant="secondary" isDisabled={isFetching} onPress={() => void refetch()}>
            Verify again
          </Button>
        }
      />
    </StepColumns>
  );
}

"use client";
import { Button } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useState, useTransition } from "react";
import { SetupPanel } from "@/components/destinations/setup-panel";
import { Notice } from "@/components/ui/notice";
import { CheckList, type ShownCheck } from "@/components/wizard/check-list";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { connectorKinds } from "@/lib/connectors/catalog";
import { finishDestinationAction } from "@/lib/destinations/actions";
import { destinationVerificationQuery } from "@/lib/destinations/queries";
import { allPassed, withCheck } from "@/lib/verification/rules";

type Props = {
  draftId: string;
  kind: string;
  login: { user: string; database: string } | null;
  schema: string;
};

export function DestinationVerifyStep({ draftId, kind, login, schema }: Props) {
  const { following, goTo } = useWizard();
  const { data = [], error, isFetching, refetch } = useQuery(destinationVerificationQuery(draftId));
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const { takes = "events", checks = [] } = connectorKinds[kind]?.destination ?? {};
  const ahead = checks.map(([id, title]): ShownCheck => ({ id, title, status: "running" }));
  // the stream ends once the outcome is saved: until then the next step isn't open
  const passed = !isFetching && !error && allPassed(data);
  const known = data.reduce<ShownCheck[]>(withCheck, isFetching ? ahead : []);
  const next = () => {
    if (following !== "done") return goTo(following);
    start(async () => {
      const created = await finishDestinationAction({ draftId });
      if (created.ok) goTo("done");
      else setRefusal(created.reason);
    });
  };
  return (
    <StepColumns
      panel={
        <>
          {takes === "events" && <WhatIsSent />}
          {takes === "rows" && login && <WhatIsProven {...login} schema={schema} />}
          {takes === "rows" && !login && <WhatIsLoaded />}
        </>
      }
    >
      <CheckList label="Verifying Destination" checks={known} />
      {(refusal ?? error?.message) && !isFetching && (
        <Notice tone="danger" className="mt-4">
          {refusal ?? error?.message}
        </Notice>
      )}
      {!error && !isFetching && !passed && data.length > 0 && (
        <Notice tone="warning" className="mt-4">
          Fix the failed checks, then verify again. Nothing you entered is lost.
        </Notice>
      )}
      <WizardButtons
        nextDisabled={!passed}
        pending={pending}
        onNext={next}
        extra={
          <Button variant="secondary" isDisabled={isFetching} onPress={() => void refetch()}>
            Verify again
          </Button>
        }
      />
    </StepColumns>
  );
}

const WhatIsSent = () => (
  <section>
    <h2 className="font-medium">What is checked</h2>
    <p className="mt-2 text-sm text-muted">
      That the address answers, and that it accepts a test event. The event is marked as a test by
      Tidegate and belongs to no user of yours.
    </p>
  </section>
);

const WhatIsLoaded = () => (
  <section>
    <h2 className="font-medium">What is checked</h2>
    <p className="mt-2 text-sm text-muted">
      That the user can log in, and can load: two rows are put into a table of their own twice, in a
      transaction that is rolled back.
    </p>
  </section>
);

function WhatIsProven({
  user,
  database,
  schema,
}: {
  user: string;
  database: string;
  schema: string;
}) {
  return (
    <div className="flex flex-col gap-6">
      <section>
        <h2 className="font-medium">What is checked</h2>
        <p className="mt-2 text-sm text-muted">
          Each privilege, then a load of two rows from the first step to the last, by the user and
          the role that will do it. The rows hold what loads trip over: other scripts, quotes,
          lines, NULL and empty text.
        </p>
        <p className="mt-2 text-sm text-muted">
          Everything is made in one transaction that is rolled back; the files are removed, and that
          is looked at again.
        </p>
      </section>
      <SetupPanel user={user} database={database} schema={schema} />
    </div>
  );
}

"use client";
import { Button } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Notice } from "@/components/ui/notice";
import { CheckList } from "@/components/wizard/check-list";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { finishDestinationAction } from "@/lib/destinations/actions";
import { destinationVerificationQuery } from "@/lib/destinations/queries";
import { paths } from "@/lib/paths";

export function DestinationVerifyStep({ draftId }: { draftId: string }) {
  const router = useRouter();
  const { data, error, isFetching, refetch } = useQuery(destinationVerificationQuery(draftId));
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const passed = !isFetching && data !== undefined && data.every(({ status }) => status === "passed");
  const finish = () =>
    start(async () => {
      const created = await finishDestinationAction({ draftId });
      if (created.ok) router.push(paths.destinationStep(draftId, "done"));
      else setRefusal(created.reason);
    });
  return (
    <StepColumns panel={<section><h2 className="font-medium">What is checked</h2><p className="mt-2 text-sm text-muted">That the address answers, and that it accepts a test event. The event is marked as a test by Tidegate and belongs to no user of yours.</p></section>}>
      <CheckList label="Verifying Destination" checks={isFetching || !data ? [{ id: "reachable", title: "Reaching the destination", status: "running" }, { id: "accepts-event", title: "Test event accepted", status: "running" }] : data} />
      {(refusal ?? error?.message) && !isFetching && <Notice tone="danger" className="mt-4">{refusal ?? error?.message}</Notice>}
      <WizardButtons back={paths.destinationStep(draftId, "connection")} nextDisabled={!passed} pending={pending} onNext={finish} extra={<Button variant="secondary" isDisabled={isFetching} onPress={() => void refetch()}>Verify again</Button>} />
    </StepColumns>
  );
}

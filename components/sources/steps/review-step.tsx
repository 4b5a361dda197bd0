"use client";
import { Button } from "@heroui/react";
import { ArrowRight } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Notice } from "@/components/ui/notice";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { paths } from "@/lib/paths";
import { discardSourceDraftAction, saveEditAction } from "@/lib/sources/actions";
import type { ChangeGroup } from "@/lib/sources/rules";

/** What an edit changes and what each change means, before anything is saved. */
export function ReviewStep({
  draftId,
  sourceId,
  groups,
  problem,
}: {
  draftId: string;
  sourceId: string;
  groups: ChangeGroup[];
  problem: string | null;
}) {
  const router = useRouter();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const save = () =>
    start(async () => {
      setRefusal(null);
      const saved = await saveEditAction({ draftId });
      if (saved.ok) router.push(paths.source(saved.value));
      else setRefusal(saved.reason);
    });
  const discard = () =>
    start(async () => {
      await discardSourceDraftAction({ draftId });
      router.push(paths.source(sourceId));
    });
  return (
    <div className="max-w-[46rem]">
      {groups.length === 0 ? (
        <p className="rounded-xl border border-border bg-surface px-4 py-4 text-sm text-muted">
          Nothing is changed yet. Go to a step at the left and change it there.
        </p>
      ) : (
        <div className="flex flex-col gap-4">
          {groups.map(({ title, means, changes }) => (
            <section
              key={title}
              aria-label={title}
              className="rounded-xl border border-border bg-surface px-4 py-3.5"
            >
              <h2 className="font-medium">{title}</h2>
              <p className="mt-0.5 text-sm text-muted">{means}</p>
              <dl className="mt-3 divide-y divide-separator text-sm">
                {changes.map(({ what, from, to }) => (
                  <div
                    key={what}
                    className="grid gap-x-4 gap-y-0.5 py-1.5 sm:grid-cols-[minmax(0,14rem)_minmax(0,1fr)]"
                  >
                    <dt className="break-words text-muted">{what}</dt>
                    <dd className="flex min-w-0 flex-wrap items-center gap-x-2 break-all">
                      <del className="text-muted no-underline">{from}</del>
                      <ArrowRight aria-label="becomes" className="size-3.5 shrink-0 text-muted" />
                      <ins className="font-medium no-underline">{to}</ins>
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      )}
      {problem && (
        <Notice tone="danger" className="mt-4">
          {problem}
        </Notice>
      )}
      {refusal && (
        <Notice tone="danger" className="mt-4">
          {refusal}
        </Notice>
      )}
      <WizardButtons
        nextText="Save changes"
        nextDisabled={groups.length === 0 || problem !== null}
        pending={pending}
        onNext={save}
        extra={
          <Button variant="secondary" isDisabled={pending} onPress={discard}>
            Discard changes
          </Button>
        }
      />
    </div>
  );
}

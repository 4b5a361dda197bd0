"use client";
import { Button } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import type { Result } from "@/lib/platform/result";

/** The catalogue: groups of cards, one is chosen, "Next" starts. */
export function KindCatalogue({
  groups,
  start,
  hrefOf,
}: {
  groups: {
    title: string;
    kinds: { id: string; title: string; description: string; isDisabled?: boolean }[];
  }[];
  start: (kind: string) => Promise<Result<string>>;
  hrefOf: (draftId: string) => string;
}) {
  const router = useRouter();
  const [kind, setKind] = useState(
    groups.flatMap(({ kinds }) => kinds).find(({ isDisabled }) => !isDisabled)?.id ?? "",
  );
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, begin] = useTransition();
  const next = () =>
    begin(async () => {
      const started = await start(kind);
      if (started.ok) router.push(hrefOf(started.value));
      else setRefusal(started.reason);
    });
  return (
    <div className="flex max-w-[40rem] flex-col gap-6">
      {groups.map((group) => (
        <RadioCards
          key={group.title}
          label={group.title}
          value={kind}
          onChange={setKind}
          options={group.kinds.map(({ id, title, description, isDisabled }) => ({
            id,
            title,
            note: description,
            isDisabled,
          }))}
        />
      ))}
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div className="flex justify-end">
        <Button onPress={next} isPending={pending} isDisabled={kind === ""}>
          {pending ? "Starting" : "Next"}
        </Button>
      </div>
    </div>
  );
}

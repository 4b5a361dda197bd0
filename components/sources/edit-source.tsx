"use client";
import { Button } from "@heroui/react";
import { Pencil } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { May } from "@/components/shell/may";
import { Notice } from "@/components/ui/notice";
import { paths } from "@/lib/paths";
import { editSourceAction } from "@/lib/sources/actions";

/** Opens the steps of a finished source again. Nothing changes before the review. */
export function EditSource({ sourceId }: { sourceId: string }) {
  const router = useRouter();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const press = () =>
    start(async () => {
      setRefusal(null);
      const begun = await editSourceAction({ sourceId });
      if (begun.ok) router.push(paths.sourceStep(begun.value, "columns"));
      else setRefusal(begun.reason);
    });
  return (
    <May do="sources.edit">
      <Button variant="secondary" isPending={pending} onPress={press}>
        <Pencil aria-hidden className="size-4" />
        {pending ? "Opening" : "Edit source"}
      </Button>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
    </May>
  );
}

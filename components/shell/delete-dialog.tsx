"use client";
import { AlertDialog, Button, Input, Label, TextField } from "@heroui/react";
import { useState, useTransition, type ReactNode } from "react";
import { toast } from "sonner";
import { Notice } from "@/components/ui/notice";
import type { Result } from "@/lib/platform/result";

type Props = {
  what: string;
  name: string;
  breaks: ReactNode;
  remove: (typed: string) => Promise<Result<string | null>>;
  onDone: () => void;
  label?: string;
  /** What is done, and to whom. */ verb?: string;
  whom?: string;
  size?: "sm";
};

/** Deletes after the name was typed, and says beforehand what goes with it. What could not be deleted with it is said afterwards. */
export function DeleteDialog({
  what,
  name,
  breaks,
  remove,
  onDone,
  label = "Delete",
  verb = "Delete",
  whom = "it",
  size,
}: Props) {
  const [typed, setTyped] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const press = () =>
    start(async () => {
      const removed = await remove(typed);
      if (!removed.ok) return setRefusal(removed.reason);
      if (removed.value) toast.warning(removed.value);
      onDone();
    });
  return (
    <AlertDialog>
      <Button variant="danger-soft" size={size}>
        {label}
      </Button>
      <AlertDialog.Backdrop>
        <AlertDialog.Container>
          <AlertDialog.Dialog>
            <AlertDialog.Header>
              <AlertDialog.Heading>
                {verb} {what}
              </AlertDialog.Heading>
            </AlertDialog.Header>
            <AlertDialog.Body className="flex flex-col gap-4 text-sm">
              <div>{breaks}</div>
              <TextField value={typed} onChange={setTyped} fullWidth>
                <Label>
                  Type “{name}” to {verb.toLowerCase()} {whom}
                </Label>
                <Input autoComplete="off" spellCheck={false} />
              </TextField>
              {refusal && <Notice tone="danger">{refusal}</Notice>}
            </AlertDialog.Body>
            <AlertDialog.Footer>
              <Button slot="close" variant="ghost">
                {verb === "Delete" ? "Keep it" : "Cancel"}
              </Button>
              <Button
                variant="danger"
                isDisabled={typed !== name}
                isPending={pending}
                onPress={press}
              >
                {verb} {what}
              </Button>
            </AlertDialog.Footer>
          </AlertDialog.Dialog>
        </AlertDialog.Container>
      </AlertDialog.Backdrop>
    </AlertDialog>
  );
}

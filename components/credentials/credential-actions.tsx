"use client";
import { Button } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { toast } from "sonner";
import { DeleteDialog } from "@/components/shell/delete-dialog";
import { May } from "@/components/shell/may";
import { ButtonLink } from "@/components/ui/button-link";
import { deleteCredentialAction, testCredentialAction } from "@/lib/credentials/actions";
import { paths } from "@/lib/paths";

/** What can be done with saved credentials in the list. */
export function CredentialActions({
  credentialId,
  name,
  usedBy,
}: {
  credentialId: string;
  name: string;
  usedBy: string;
}) {
  const router = useRouter();
  return (
    <div className="flex justify-end gap-1.5">
      <May do="credentials.use">
        <TestCredential credentialId={credentialId} name={name} />
      </May>
      <May do="credentials.manage">
        <ButtonLink size="sm" variant="secondary" href={paths.rotateCredential(credentialId)}>
          Rotate
        </ButtonLink>
        <DeleteDialog
          size="sm"
          what="credentials"
          name={name}
          breaks={
            <p>
              {usedBy === "nothing"
                ? "Nothing uses them."
                : `Used by ${usedBy}: delete those first, or give them other credentials.`}
            </p>
          }
          remove={(typed) => deleteCredentialAction({ credentialId, name: typed })}
          onDone={() => router.refresh()}
        />
      </May>
    </div>
  );
}

/** Logs in, and says how that went; the list shows it too. */
export function TestCredential({ credentialId, name }: { credentialId: string; name: string }) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const press = () =>
    start(async () => {
      const tested = await testCredentialAction({ credentialId });
      const failed = tested.ok ? tested.value.find(({ status }) => status !== "passed") : undefined;
      if (!tested.ok) toast.error(tested.reason);
      else if (failed)
        toast.error(`“${name}”: ${failed.summary}`, { description: failed.remedy?.text });
      else toast.success(`“${name}” works.`, { description: tested.value.at(-1)?.summary });
      router.refresh();
    });
  return (
    <Button size="sm" variant="secondary" isPending={pending} onPress={press}>
      {pending ? "Testing" : "Test"}
    </Button>
  );
}

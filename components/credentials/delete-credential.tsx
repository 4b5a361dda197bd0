"use client";
import { useRouter } from "next/navigation";
import { DeleteDialog } from "@/components/shell/delete-dialog";
import { deleteCredentialAction } from "@/lib/credentials/actions";

export function DeleteCredential({ credentialId, name, usedBy }: { credentialId: string; name: string; usedBy: string }) {
  const router = useRouter();
  return <DeleteDialog what="credentials" name={name} breaks={<p>Used by {usedBy}.</p>} remove={(typed) => deleteCredentialAction({ credentialId, name: typed })} onDone={() => router.refresh()} />;
}

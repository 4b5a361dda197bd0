"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { Controller } from "react-hook-form";
import { Combo } from "@/components/ui/combo";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { useActionForm } from "@/components/ui/use-action-form";
import { connectAction } from "@/lib/connections/actions";
import { connectSchema } from "@/lib/connections/schema";
import { paths } from "@/lib/paths";

type End = { id: string; name: string; note?: string };

/** "Connect Destinations": which source goes to which destination. */
export function ConnectForm({ sources, destinations, sourceId }: { sources: End[]; destinations: End[]; sourceId: string }) {
  const router = useRouter();
  const only = destinations.length === 1 ? (destinations[0]?.id ?? "") : "";
  const { form, submit, pending, refusal } = useActionForm({ schema: connectSchema, defaultValues: { sourceId, destinationId: only }, action: connectAction, onDone: (id) => router.push(paths.connection(id)) });
  return (
    <Form onSubmit={submit} className="flex max-w-[40rem] flex-col gap-5">
      {([["sourceId", "Source", sources], ["destinationId", "Destination", destinations]] as const).map(([name, label, ends]) => (
        <Controller key={name} control={form.control} name={name} render={({ field, fieldState }) => (
          <Combo label={label} placeholder={`Choose a ${label.toLowerCase()}`} emptyText={`No ${label.toLowerCase()} matches.`} options={ends.map((end) => ({ id: end.id, title: end.name, note: end.note }))} value={field.value || null} onChange={field.onChange} error={fieldState.error?.message} />
        )} />
      ))}
      <p className="text-sm text-muted">The first run delivers every row; each later run delivers what is new or changed since.</p>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div className="flex justify-end"><SubmitButton pending={pending} pendingText="Connecting">Start syncing</SubmitButton></div>
    </Form>
  );
}

"use client";
import { Button, Form, Modal } from "@heroui/react";
import { UserPlus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/notice";
import { SelectField } from "@/components/ui/select-field";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { Time } from "@/components/ui/time";
import { useActionForm } from "@/components/ui/use-action-form";
import { inviteAction } from "@/lib/team/actions";
import { INVITATION_DAYS, inviteSchema } from "@/lib/team/schema";
import type { Role } from "@/lib/team/types";

const does: Record<Role, string> = {
  owner: "Owner: everything, also the team itself",
  admin: "Admin: members and credentials too",
  editor: "Editor: sets up and runs syncs, uses credentials",
  viewer: "Viewer: looks, changes nothing",
};

/** Makes a link to hand over: there is no mail server, so it is the person who sends it. */
export function Invite({ roles }: { roles: Role[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Modal isOpen={isOpen} onOpenChange={setOpen}>
      <Button>
        <UserPlus aria-hidden className="size-4" />
        Invite
      </Button>
      <Modal.Backdrop>
        <Modal.Container>
          <Modal.Dialog>
            <Modal.Header>
              <Modal.Heading>Invite to the team</Modal.Heading>
            </Modal.Header>
            {isOpen && <InviteForm roles={roles} onClose={() => setOpen(false)} />}
          </Modal.Dialog>
        </Modal.Container>
      </Modal.Backdrop>
    </Modal>
  );
}

function InviteForm({ roles, onClose }: { roles: Role[]; onClose: () => void }) {
  const router = useRouter();
  const [made, setMade] = useState<{ link: string; expiresAt: Date } | null>(null);
  const { form, submit, pending, refusal } = useActionForm({
    schema: inviteSchema,
    defaultValues: { email: "", role: roles.includes("editor") ? "editor" : roles[0] },
    action: inviteAction,
    onDone: (value) => {
      setMade(value);
      router.refresh();
    },
  });
  if (made) {
    return (
      <>
        <Modal.Body className="flex flex-col gap-3 text-sm">
          <p>
            Hand this link over yourself. It is shown this once, works once, and until{" "}
            <Time at={made.expiresAt} />.
          </p>
          <p
            aria-label="Invitation link"
            className="rounded-lg border border-border bg-surface-secondary px-3 py-2 font-mono text-xs break-all select-all"
          >
            {made.link}
          </p>
          <div>
            <CopyButton text={made.link} />
          </div>
        </Modal.Body>
        <Modal.Footer>
          <Button onPress={onClose}>Done</Button>
        </Modal.Footer>
      </>
    );
  }
  return (
    <Form onSubmit={submit} className="contents" aria-label="Invite">
      <Modal.Body className="flex flex-col gap-5">
        <TextField
          control={form.control}
          name="email"
          label="Email"
          type="email"
          autoFocus
          description={`Optional. With it, only that address can join. Either way the link works once, for ${INVITATION_DAYS} days.`}
        />
        <SelectField
          control={form.control}
          name="role"
          label="Role"
          options={roles.map((id) => ({ id, title: does[id] }))}
        />
        {refusal && <Notice tone="danger">{refusal}</Notice>}
      </Modal.Body>
      <Modal.Footer>
        <Button variant="ghost" onPress={onClose}>
          Cancel
        </Button>
        <SubmitButton pending={pending} pendingText="Making the link">
          Create link
        </SubmitButton>
      </Modal.Footer>
    </Form>
  );
}

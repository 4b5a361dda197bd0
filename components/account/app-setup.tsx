"use client";
import { Button, Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "sonner";
import { encode } from "uqr";
import { AskPassword } from "@/components/account/ask-password";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import {
  beginAppAction,
  endAppAction,
  finishAppAction,
  newBackupCodesAction,
} from "@/lib/account/actions";
import { appCodeSchema } from "@/lib/account/schema";

type Given = { uri: string; backupCodes: string[] };

/** Two-factor sign-in: turned on with a first code of the app, off with the password. */
export function AppSetup({ isOn }: { isOn: boolean }) {
  const router = useRouter();
  const [asks, setAsks] = useState<"on" | "off" | "codes" | null>(null);
  const [given, setGiven] = useState<Given | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  if (given)
    return (
      <FirstCode
        given={given}
        onDone={() => {
          setGiven(null);
          setAsks(null);
          toast.success("Two-factor sign-in is on.");
          router.refresh();
        }}
      />
    );
  if (codes)
    return (
      <BackupCodes
        codes={codes}
        onDone={() => {
          setCodes(null);
          setAsks(null);
        }}
      />
    );
  if (asks === "on")
    return (
      <AskPassword
        what="Set up an app"
        action={beginAppAction}
        onDone={setGiven}
        onCancel={() => setAsks(null)}
      />
    );
  if (asks === "codes")
    return (
      <AskPassword
        what="Make new backup codes"
        action={newBackupCodesAction}
        onDone={setCodes}
        onCancel={() => setAsks(null)}
      />
    );
  if (asks === "off")
    return (
      <AskPassword
        what="Turn off"
        action={endAppAction}
        onDone={() => {
          setAsks(null);
          toast.success("Two-factor sign-in is off.");
          router.refresh();
        }}
        onCancel={() => setAsks(null)}
      />
    );
  return (
    <div className="flex flex-wrap items-center gap-3">
      <p className="text-sm font-medium">{isOn ? "On" : "Off"}</p>
      {isOn ? (
        <>
          <Button variant="secondary" size="sm" onPress={() => setAsks("codes")}>
            New backup codes
          </Button>
          <Button variant="danger-soft" size="sm" onPress={() => setAsks("off")}>
            Turn off
          </Button>
        </>
      ) : (
        <Button variant="secondary" size="sm" onPress={() => setAsks("on")}>
          Set up an app
        </Button>
      )}
    </div>
  );
}

function FirstCode({ given, onDone }: { given: Given; onDone: () => void }) {
  const { form, submit, pending, refusal } = useActionForm({
    schema: appCodeSchema,
    defaultValues: { code: "" },
    action: finishAppAction,
    onDone,
  });
  const secret = new URL(given.uri).searchParams.get("secret") ?? "";
  return (
    <div className="flex flex-col gap-5 rounded-xl border border-border bg-surface p-4">
      <div className="flex flex-wrap gap-5">
        <Qr text={given.uri} label="QR code for your authenticator app" />
        <div className="min-w-0 flex-1 basis-56 text-sm">
          <p>Scan this with your authenticator app. Or type in the key:</p>
          <p aria-label="Key" className="mt-2 font-mono text-xs break-all select-all">
            {secret}
          </p>
          <CopyButton text={secret} label="Copy key" />
        </div>
      </div>
      <div>
        <h3 className="text-sm font-medium">Backup codes</h3>
        <p className="mt-0.5 mb-2 text-sm text-muted">
          Each works once, when your app is out of reach. They are shown this once: keep them where
          you keep your passwords.
        </p>
        <CodeList codes={given.backupCodes} />
      </div>
      <Form onSubmit={submit} className="flex flex-col gap-4" aria-label="First code">
        <TextField
          control={form.control}
          name="code"
          label="Code of the app"
          autoComplete="one-time-code"
          mono
        />
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <div>
          <SubmitButton pending={pending} pendingText="Checking">
            Turn on
          </SubmitButton>
        </div>
      </Form>
    </div>
  );
}

function BackupCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <div className="flex flex-col gap-3 rounded-xl border border-border bg-surface p-4">
      <p className="text-sm">
        Your new backup codes, shown this once. The old ones no longer work.
      </p>
      <CodeList codes={codes} />
      <div>
        <Button variant="secondary" size="sm" onPress={onDone}>
          I have kept them
        </Button>
      </div>
    </div>
  );
}

const CodeList = ({ codes }: { codes: string[] }) => (
  <>
    <ul aria-label="Backup codes" className="grid grid-cols-2 gap-x-6 gap-y-1 font-mono text-xs">
      {codes.map((code) => (
        <li key={code}>{code}</li>
      ))}
    </ul>
    <CopyButton text={codes.join("\n")} label="Copy codes" />
  </>
);

const QUIET_ZONE = 2;

/** Drawn here: the key goes to no other server. Black on white in either theme, as cameras expect it. */
function Qr({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: QUIET_ZONE });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      className="size-44 shrink-0 rounded-lg bg-white"
      shapeRendering="crispEdges"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}

"use client";
import { Button, Disclosure } from "@heroui/react";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { Code } from "@/components/ui/code";
import { RadioRow } from "@/components/ui/radio-row";
import { Cell, Table } from "@/components/ui/table";
import {
  generatePassword,
  requiredPrivileges,
  setupScript,
  undoSetupScript,
  type PasswordForm,
} from "@/lib/connectors/redshift/checks/permissions";

const passwordForms: { id: PasswordForm; title: string; note: string }[] = [
  { id: "clear", title: "As it is", note: "Whoever reads the script can log in." },
  { id: "md5", title: "MD5 hash", note: "The script can be mailed: it holds no password." },
  {
    id: "sha256",
    title: "SHA-256 hash",
    note: "As MD5, and harder to guess. Some other clients can’t log in then.",
  },
];

type Props = {
  user: string;
  database: string;
  schema: string;
  /** Where the password is typed; without it there is none to write. */
  password?: { typed: string; onGenerate: (password: string) => void };
};

/** What a superuser runs once so that rows can be loaded, written while one types, with the reason for each privilege. */
export function SetupPanel({ user, database, schema, password }: Props) {
  const [generated, setGenerated] = useState("");
  const [passwordForm, setPasswordForm] = useState<PasswordForm>("clear");
  const [salt] = useState(() => crypto.getRandomValues(new Uint8Array(32)));
  const typed = password?.typed ?? "";
  // one that was typed is not drawn on the screen: only one that was made here, or a hash
  const wish = {
    user,
    database,
    schema,
    salt,
    passwordForm,
    password: typed !== "" && (typed === generated || passwordForm !== "clear") ? typed : "",
  };
  const generate = () => {
    const made = generatePassword();
    setGenerated(made);
    password?.onGenerate(made);
  };
  return (
    <section aria-labelledby="setup-title" className="flex flex-col gap-3">
      <div>
        <h2 id="setup-title" className="font-medium">
          Setup script
        </h2>
        <p className="mt-1 text-sm text-muted">
          A superuser runs this in the database that rows go to, in this order. Leave out what is
          there already.
        </p>
      </div>
      {password && (
        <RadioRow
          label="Password in the script"
          options={passwordForms}
          value={passwordForm}
          onChange={setPasswordForm}
        />
      )}
      <Code language="sql" label="Setup script" text={setupScript(wish)} />
      {password && (
        <div>
          <Button size="sm" variant="secondary" onPress={generate}>
            <KeyRound aria-hidden className="size-4" />
            Generate password
          </Button>
        </div>
      )}
      <Fold title="Required privileges">
        <Table label="Required privileges" head={[{ title: "Privilege" }, { title: "Why" }]}>
          {requiredPrivileges.map(({ name, why }) => (
            <tr key={name}>
              <Cell className="font-medium">{name}</Cell>
              <Cell className="text-muted">{why}</Cell>
            </tr>
          ))}
        </Table>
      </Fold>
      <Fold title="Undo script">
        <Code language="sql" label="Undo script" text={undoSetupScript(wish)} />
      </Fold>
    </section>
  );
}

function Fold({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Disclosure>
      <Disclosure.Heading>
        <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">
          {title} <Disclosure.Indicator />
        </Disclosure.Trigger>
      </Disclosure.Heading>
      <Disclosure.Content>
        <div className="pt-2">{children}</div>
      </Disclosure.Content>
    </Disclosure>
  );
}

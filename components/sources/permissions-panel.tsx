"use client";
import { Button, Description, Disclosure, Input, Label, Switch, TextField } from "@heroui/react";
import { Check, Circle, Download, KeyRound } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Code } from "@/components/ui/code";
import { cn } from "@/components/ui/cn";
import { RadioRow } from "@/components/ui/radio-row";
import type { OwnerInfo } from "@/lib/connectors/contract/catalog";
import {
  generatePassword,
  nothingPresent,
  passwordRule,
  permissionsScript,
  readNames,
  undoScript,
  writeNames,
  type PasswordForm,
  type Permissions,
  type Present,
} from "@/lib/connectors/redshift/checks/permissions";

const passwordForms: { id: PasswordForm; title: string; note: string }[] = [
  { id: "clear", title: "As it is", note: "Whoever reads the script can log in." },
  {
    id: "md5",
    title: "MD5 hash",
    note: "The script can be mailed: it holds no password, though a short or common one can be guessed from its hash. Every client can log in.",
  },
  {
    id: "sha256",
    title: "SHA-256 hash",
    note: "The script can be mailed. Harder to guess than MD5, but some clients can’t log in to such a user. Tidegate can.",
  },
];

type Props = {
  user: string;
  /** Schema and table where they are chosen already. */
  chosen?: { schema: string; table: string };
  /** Where the password is typed; without it there is none to write. */
  password?: { typed: string; onGenerate: (password: string) => void };
  /** What a verification found to be there. */
  has?: Present;
  /** Who owns tables, once that is known. */
  owners?: OwnerInfo[];
  children: ReactNode;
};

/** The script a superuser runs, written while one types. A password made here stays in this page and in the form. */
export function PermissionsPanel({
  user,
  chosen,
  password,
  has = nothingPresent,
  owners = [],
  children,
}: Props) {
  const [generated, setGenerated] = useState("");
  const [passwordForm, setPasswordForm] = useState<PasswordForm>("clear");
  const [salt] = useState(() => crypto.getRandomValues(new Uint8Array(32)));
  const [wish, setWish] = useState({
    schema: chosen?.schema ?? "",
    table: chosen?.table ?? "",
    allTables: false,
    futureTables: false,
  });
  const [namedOwners, setNamedOwners] = useState<string | null>(null); // null: those that are known
  const typed = password?.typed ?? "";
  const known = knownOwners(owners, wish.schema, user);
  const permissions: Permissions = {
    ...wish,
    user,
    has,
    salt,
    passwordForm,
    owners: namedOwners === null ? known : readNames(namedOwners),
    // one that was typed is not drawn on the screen: only one that was made here, or a hash
    password: typed !== "" && (typed === generated || passwordForm !== "clear") ? typed : "",
  };
  const script = permissionsScript(permissions);
  const generate = () => {
    const made = generatePassword();
    setGenerated(made);
    password?.onGenerate(made);
  };
  return (
    <section aria-labelledby="permissions-title" className="flex flex-col gap-3">
      <div>
        <h2 id="permissions-title" className="font-medium">
          Permissions script
        </h2>
        <div className="mt-1 text-sm text-muted">{children}</div>
      </div>
      <div className="grid grid-cols-2 gap-3">
        <PanelField
          label="Script schema"
          placeholder="<YOUR_SCHEMA>"
          value={wish.schema}
          onChange={(schema) => setWish({ ...wish, schema })}
        />
        <PanelField
          label="Script table"
          placeholder="<YOUR_TABLE>"
          value={wish.table}
          onChange={(table) => setWish({ ...wish, table })}
        />
      </div>
      <Optional
        label="Grant all tables in the schema"
        isSelected={wish.allTables}
        onChange={(allTables) => setWish({ ...wish, allTables })}
        warning="Only if you’re okay with Tidegate being able to access the data in all the tables residing within this schema."
      />
      <Optional
        label="Grant future tables in the schema"
        isSelected={wish.futureTables}
        onChange={(futureTables) => setWish({ ...wish, futureTables })}
        warning="Only if you’re okay with Tidegate being able to access the data in all the future tables residing within this schema."
      />
      {wish.futureTables && (
        <PanelField
          label="Owners of future tables"
          placeholder="whoever runs the script"
          value={namedOwners ?? writeNames(known)}
          onChange={setNamedOwners}
          description={
            known.length > 0
              ? `${listed(known)} ${known.length === 1 ? "owns" : "own"} tables ${wish.schema.trim() ? `in ${wish.schema.trim()}` : "here"}. The grant covers only what the owners named in it make: a table that anybody else rebuilds, dbt for example, is missed.`
              : "With commas in between. Tables that somebody else makes or rebuilds, dbt for example, are covered only when their owner is named here."
          }
        />
      )}
      {password && (
        <RadioRow
          label="Password in the script"
          options={
            typed === ""
              ? passwordForms.map((form) => ({
                  ...form,
                  note: `${form.note} Type a password, or generate one.`,
                }))
              : passwordForms
          }
          value={passwordForm}
          onChange={setPasswordForm}
        />
      )}
      <Code language="sql" label="Permissions script" text={script} />
      <div className="flex flex-wrap gap-2">
        {password && (
          <Button size="sm" variant="secondary" onPress={generate}>
            <KeyRound aria-hidden className="size-4" />
            Generate password
          </Button>
        )}
        <Button size="sm" variant="ghost" onPress={() => save("tidegate-permissions.sql", script)}>
          <Download aria-hidden className="size-4" />
          Download
        </Button>
      </div>
      {typed !== "" && <PasswordRule password={typed} />}
      <Disclosure>
        <Disclosure.Heading>
          <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">
            Undo script <Disclosure.Indicator />
          </Disclosure.Trigger>
        </Disclosure.Heading>
        <Disclosure.Content>
          <Code
            className="mt-2"
            language="sql"
            label="Undo script"
            text={undoScript(permissions)}
          />
        </Disclosure.Content>
      </Disclosure>
    </section>
  );
}

/** Those who own tables of the schema, or of any while none is chosen; what the user itself makes it may read anyway. */
function knownOwners(owners: OwnerInfo[], schema: string, user: string): string[] {
  const wanted = schema.trim();
  return [
    ...new Set(
      owners
        .filter((each) => (wanted === "" || each.schema === wanted) && each.owner !== user.trim())
        .map(({ owner }) => owner),
    ),
  ];
}

const NAMED = 3;
const listed = (names: string[]): string => {
  const others = names.length - NAMED;
  return new Intl.ListFormat("en").format(
    others > 1 ? [...names.slice(0, NAMED), `${others} others`] : names,
  );
};
function PanelField({
  label,
  value,
  onChange,
  placeholder,
  description,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder: string;
  description?: string;
}) {
  return (
    <TextField value={value} onChange={onChange} fullWidth>
      <Label>{label}</Label>
      <Input
        placeholder={placeholder}
        className="font-mono"
        spellCheck={false}
        autoComplete="off"
      />
      {description && <Description>{description}</Description>}
    </TextField>
  );
}

function Optional({
  label,
  warning,
  isSelected,
  onChange,
}: {
  label: string;
  warning: string;
  isSelected: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <div>
      <Switch isSelected={isSelected} onChange={onChange} size="sm">
        <Switch.Content>
          <Switch.Control>
            <Switch.Thumb />
          </Switch.Control>
          {label}
        </Switch.Content>
      </Switch>
      {isSelected && <p className="mt-1 text-xs text-warning">{warning}</p>}
    </div>
  );
}

function PasswordRule({ password }: { password: string }) {
  return (
    <ul aria-label="Redshift’s rule" className="grid gap-0.5 text-xs">
      {passwordRule(password).map(({ text, holds }) => (
        <li
          key={text}
          className={cn("flex items-center gap-1.5", holds ? "text-success" : "text-muted")}
        >
          {holds ? (
            <Check aria-hidden className="size-3.5" />
          ) : (
            <Circle aria-hidden className="size-3.5" />
          )}
          {text}
          <span className="sr-only">{holds ? "(holds)" : "(does not hold)"}</span>
        </li>
      ))}
    </ul>
  );
}

function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}

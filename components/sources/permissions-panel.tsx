"use client";
import { Button, Description, Disclosure, Input, Label, Switch, TextField } from "@heroui/react";
import { Check, Circle, Download, KeyRound } from "lucide-react";
import { useState } from "react";
import { Code } from "@/components/ui/code";
import { cn } from "@/components/ui/cn";
import { generatePassword, passwordRule, permissionsScript, undoScript, type Permissions } from "@/lib/connectors/redshift/permissions";

/** The script a superuser runs, written while one types. A password made here stays in this page and in the form. */
export function PermissionsPanel({ user, password, onPassword }: { user: string; password: string; onPassword: (password: string) => void }) {
  const [generated, setGenerated] = useState("");
  const [wish, setWish] = useState({ schema: "", table: "", allTables: false, futureTables: false, owner: "" });
  // one that was typed is not drawn on the screen: only one that was made here is
  const permissions: Permissions = { ...wish, user, password: password !== "" && password === generated ? generated : "" };
  const script = permissionsScript(permissions);
  const generate = () => {
    const made = generatePassword();
    setGenerated(made);
    onPassword(made);
  };
  return (
    <section aria-labelledby="permissions-title" className="flex flex-col gap-3">
      <div>
        <h2 id="permissions-title" className="font-medium">Permissions script</h2>
        <p className="mt-1 text-sm text-muted">If the user does not exist yet, a superuser runs this in the database that you connect to, in this order. The name <code className="font-mono">_rudderstack</code> must stay as it is.</p>
      </div>
      <div className="grid grid-cols-2 gap-3">
        <PanelField label="Script schema" placeholder="<YOUR_SCHEMA>" value={wish.schema} onChange={(schema) => setWish({ ...wish, schema })} />
        <PanelField label="Script table" placeholder="<YOUR_TABLE>" value={wish.table} onChange={(table) => setWish({ ...wish, table })} />
      </div>
      <Optional label="Grant all tables in the schema" isSelected={wish.allTables} onChange={(allTables) => setWish({ ...wish, allTables })} warning="Only if you’re okay with Tidegate being able to access the data in all the tables residing within this schema." />
      <Optional label="Grant future tables in the schema" isSelected={wish.futureTables} onChange={(futureTables) => setWish({ ...wish, futureTables })} warning="Only if you’re okay with Tidegate being able to access the data in all the future tables residing within this schema." />
      {wish.futureTables && <PanelField label="Owner of future tables" placeholder="whoever runs the script" value={wish.owner} onChange={(owner) => setWish({ ...wish, owner })} description="Tables that somebody else makes or rebuilds, dbt for example, are covered only when their owner is named here." />}
      <Code language="sql" label="Permissions script" text={script} />
      <div className="flex flex-wrap gap-2">
        <Button size="sm" variant="secondary" onPress={generate}><KeyRound aria-hidden className="size-4" />Generate password</Button>
        <Button size="sm" variant="ghost" onPress={() => save("tidegate-permissions.sql", script)}><Download aria-hidden className="size-4" />Download</Button>
      </div>
      {password !== "" && <PasswordRule password={password} />}
      <Disclosure>
        <Disclosure.Heading>
          <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">Undo script <Disclosure.Indicator /></Disclosure.Trigger>
        </Disclosure.Heading>
        <Disclosure.Content>
          <Code className="mt-2" language="sql" label="Undo script" text={undoScript(permissions)} />
        </Disclosure.Content>
      </Disclosure>
    </section>
  );
}

function PanelField({ label, value, onChange, placeholder, description }: { label: string; value: string; onChange: (value: string) => void; placeholder: string; description?: string }) {
  return (
    <TextField value={value} onChange={onChange} fullWidth>
      <Label>{label}</Label>
      <Input placeholder={placeholder} className="font-mono" spellCheck={false} autoComplete="off" />
      {description && <Description>{description}</Description>}
    </TextField>
  );
}

function Optional({ label, warning, isSelected, onChange }: { label: string; warning: string; isSelected: boolean; onChange: (on: boolean) => void }) {
  return (
    <div>
      <Switch isSelected={isSelected} onChange={onChange} size="sm">
        <Switch.Content><Switch.Control><Switch.Thumb /></Switch.Control>{label}</Switch.Content>
      </Switch>
      {isSelected && <p className="mt-1 text-xs text-warning">{warning}</p>}
    </div>
  );
}

function PasswordRule({ password }: { password: string }) {
  return (
    <ul aria-label="Redshift’s rule" className="grid gap-0.5 text-xs">
      {passwordRule(password).map(({ text, holds }) => (
        <li key={text} className={cn("flex items-center gap-1.5", holds ? "text-success" : "text-muted")}>
          {holds ? <Check aria-hidden className="size-3.5" /> : <Circle aria-hidden className="size-3.5" />}
          {text}<span className="sr-only">{holds ? "(holds)" : "(does not hold)"}</span>
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

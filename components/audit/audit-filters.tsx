"use client";
import { useRouter } from "next/navigation";
import { useEffect, useState, useTransition, type ReactNode } from "react";
import { PlainInput } from "@/components/ui/plain-fields";
import { useDebounced } from "@/components/ui/use-debounced";
import { queryOf, type AuditFilter } from "@/lib/audit/schema";
import { auditResults, auditSubjects } from "@/lib/audit/types";
import { paths } from "@/lib/paths";

const SEARCH_MS = 300;

/** Search and filters; they stand in the address, and the server does the rest. */
export function AuditFilters({
  filter,
  actors,
}: {
  filter: AuditFilter;
  actors: { id: string; name: string }[];
}) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const [q, setQ] = useState(filter.q);
  const settled = useDebounced(q, SEARCH_MS);
  const show = (next: Partial<AuditFilter>) =>
    start(() =>
      router.replace(`${paths.audit}?${queryOf({ ...filter, q, ...next })}`, { scroll: false }),
    );
  useEffect(() => {
    if (settled.trim() !== filter.q)
      start(() =>
        router.replace(`${paths.audit}?${queryOf({ ...filter, q: settled.trim() })}`, {
          scroll: false,
        }),
      );
    // only what is typed starts a search: the rest does so when it is chosen
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled]);
  return (
    <search
      aria-label="Audit log"
      aria-busy={pending}
      className="mb-4 grid grid-cols-2 gap-3 text-sm md:grid-cols-[minmax(12rem,1fr)_repeat(5,auto)]"
    >
      <Field label="Search" wide>
        <PlainInput
          type="search"
          value={q}
          placeholder="Names, actions, addresses"
          onChange={(event) => setQ(event.target.value)}
        />
      </Field>
      <Field label="Who">
        <Choice
          value={filter.who}
          onChange={(who) => show({ who })}
          options={[
            ...actors.map(({ id, name }) => ({ id, title: name })),
            { id: "tidegate", title: "Tidegate itself" },
          ]}
        />
      </Field>
      <Field label="What">
        <Choice
          value={filter.what}
          onChange={(what) => show({ what: auditSubjects.find((each) => each === what) ?? "" })}
          options={auditSubjects.map((id) => ({ id, title: id }))}
        />
      </Field>
      <Field label="Result">
        <Choice
          value={filter.result}
          onChange={(result) =>
            show({ result: auditResults.find((each) => each === result) ?? "" })
          }
          options={auditResults.map((id) => ({ id, title: id }))}
        />
      </Field>
      <Field label="From (UTC)">
        <PlainInput
          type="date"
          defaultValue={filter.from}
          onChange={(event) => show({ from: event.target.value })}
        />
      </Field>
      <Field label="To (UTC)">
        <PlainInput
          type="date"
          defaultValue={filter.to}
          onChange={(event) => show({ to: event.target.value })}
        />
      </Field>
    </search>
  );
}

function Field({
  label,
  wide = false,
  children,
}: {
  label: string;
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <label className={wide ? "col-span-2 md:col-span-1" : undefined}>
      <span className="mb-1 block text-xs text-muted">{label}</span>
      {children}
    </label>
  );
}

function Choice({
  value,
  options,
  onChange,
}: {
  value: string;
  options: { id: string; title: string }[];
  onChange: (id: string) => void;
}) {
  return (
    <select
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className="h-[2.125rem] w-full rounded-lg md:max-w-44 border border-field-border bg-field px-2.5 text-field-foreground outline-accent"
    >
      <option value="">Any</option>
      {options.map(({ id, title }) => (
        <option key={id} value={id}>
          {title}
        </option>
      ))}
    </select>
  );
}

import { Search } from "lucide-react";

/** A search that lives in the address: it works before the page has woken up, and a found list can be sent on. */
export function SearchForm({
  action,
  label,
  value,
  keep = {},
}: {
  action: string;
  label: string;
  value: string;
  keep?: Record<string, string>;
}) {
  return (
    <form role="search" action={action} className="relative mb-4 max-w-md">
      {Object.entries(keep).map(([name, kept]) => (
        <input key={name} type="hidden" name={name} value={kept} />
      ))}
      <Search
        aria-hidden
        className="pointer-events-none absolute top-2.5 left-3 size-4 text-muted"
      />
      <input
        type="search"
        name="search"
        aria-label={label}
        placeholder={label}
        defaultValue={value}
        className="w-full rounded-lg border border-field-border bg-field py-2 pr-3 pl-9 text-sm text-field-foreground outline-accent placeholder:text-field-placeholder"
      />
    </form>
  );
}

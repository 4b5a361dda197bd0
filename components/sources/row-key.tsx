"use client";
import { Button, Disclosure } from "@heroui/react";
import { X } from "lucide-react";
import { Combo } from "@/components/ui/combo";
import { MAX_KEYS } from "@/lib/sources/schema";

/** Which columns together tell one row from every other: the identity column, unless one says otherwise. Fixed once the source is there. */
export function RowKey({
  columns,
  keys,
  isFixed,
  onChange,
}: {
  columns: readonly { name: string; type: string }[];
  keys: string[];
  isFixed: boolean;
  onChange: (keys: string[]) => void;
}) {
  const rest = columns.filter(({ name }) => !keys.includes(name));
  const list = (
    <ul aria-label="Row key" className="flex flex-wrap gap-2">
      {keys.map((name) => (
        <li
          key={name}
          className="flex max-w-full items-center gap-1 rounded-lg border border-border bg-surface py-1 pr-1 pl-2.5 font-mono text-xs"
        >
          <span className="min-w-0 break-all">{name}</span>
          {!isFixed && (
            <Button
              isIconOnly
              size="sm"
              variant="ghost"
              aria-label={`Remove ${name} from the row key`}
              isDisabled={keys.length === 1}
              onPress={() => onChange(keys.filter((key) => key !== name))}
            >
              <X aria-hidden className="size-3.5" />
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
  return (
    <Disclosure className="mb-5">
      <Disclosure.Heading>
        <Disclosure.Trigger className="flex w-auto max-w-full items-center gap-1 p-0 text-left text-sm text-muted hover:text-foreground">
          <span className="min-w-0 break-words">Row key: {keys.join(", ")}</span>{" "}
          <Disclosure.Indicator />
        </Disclosure.Trigger>
      </Disclosure.Heading>
      <Disclosure.Content>
        <div className="flex flex-col gap-3 px-1 pt-3 pb-1">
          <p className="text-sm text-muted">
            {isFixed
              ? "What was delivered is remembered by this key, so it stays as it is."
              : "These columns together tell a row from every other. A row without a value in one of them, or sharing all of them with another row, is rejected. The key can’t be changed later."}
          </p>
          {list}
          {!isFixed && keys.length < MAX_KEYS && (
            <div className="max-w-sm">
              <Combo
                key={keys.join("\n")}
                label="Add to the row key"
                placeholder="Choose a column"
                emptyText="No column matches."
                options={rest.map(({ name, type }) => ({ id: name, title: name, note: type }))}
                value={null}
                onChange={(name) => onChange([...keys, name])}
              />
            </div>
          )}
        </div>
      </Disclosure.Content>
    </Disclosure>
  );
}

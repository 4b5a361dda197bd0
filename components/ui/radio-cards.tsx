"use client";
import { Description, Label, Radio, RadioGroup } from "@heroui/react";
import { cn } from "@/components/ui/cn";

/** What can't be chosen says why, so it must be read: no fading. */
const DISABLED =
  "border-dashed bg-transparent text-muted data-[disabled=true]:opacity-100 [&[data-disabled=true]_*]:opacity-100";

/** A choice between few things, each a card with a sentence. */
export function RadioCards({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly { id: string; title: string; note?: string; isDisabled?: boolean }[];
  value: string;
  onChange: (id: string) => void;
}) {
  return (
    <RadioGroup value={value} onChange={onChange} className="flex flex-col gap-2">
      <Label>{label}</Label>
      {options.map(({ id, title, note, isDisabled }) => (
        <Radio
          key={id}
          value={id}
          isDisabled={isDisabled}
          className={cn(
            "w-full rounded-xl border border-border bg-surface px-4 py-3 data-[selected=true]:border-accent",
            isDisabled && DISABLED,
          )}
        >
          <Radio.Content>
            <Radio.Control>
              <Radio.Indicator />
            </Radio.Control>
            {title}
          </Radio.Content>
          {note && <Description className="pl-7">{note}</Description>}
        </Radio>
      ))}
    </RadioGroup>
  );
}

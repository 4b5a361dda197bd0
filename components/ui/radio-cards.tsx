"use client";
import { Description, Label, Radio, RadioGroup } from "@heroui/react";

/** A choice between few things, each a card with a sentence. */
export function RadioCards({ label, options, value, onChange }: { label: string; options: readonly { id: string; title: string; note?: string; isDisabled?: boolean }[]; value: string; onChange: (id: string) => void }) {
  return (
    <RadioGroup value={value} onChange={onChange} className="flex flex-col gap-2">
      <Label>{label}</Label>
      {options.map(({ id, title, note, isDisabled }) => (
        <Radio key={id} value={id} isDisabled={isDisabled} className="w-full rounded-xl border border-border bg-surface px-4 py-3 data-[selected=true]:border-accent">
          <Radio.Content>
            <Radio.Control><Radio.Indicator /></Radio.Control>
            {title}
          </Radio.Content>
          {note && <Description className="pl-7">{note}</Description>}
        </Radio>
      ))}
    </RadioGroup>
  );
}

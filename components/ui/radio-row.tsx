"use client";
import { Description, Label, Radio, RadioGroup } from "@heroui/react";

/** A choice between few short words side by side, with a sentence about the chosen one below. */
export function RadioRow<T extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly { id: T; title: string; note?: string }[];
  value: T;
  onChange: (id: T) => void;
}) {
  const chosen = options.find(({ id }) => id === value);
  return (
    <RadioGroup
      value={value}
      onChange={(id) => onChange(options.find((option) => option.id === id)?.id ?? value)}
      orientation="horizontal"
      className="flex flex-col gap-1.5"
    >
      <Label>{label}</Label>
      <div className="flex flex-wrap gap-x-5 gap-y-1.5">
        {options.map(({ id, title }) => (
          <Radio key={id} value={id}>
            <Radio.Content>
              <Radio.Control>
                <Radio.Indicator />
              </Radio.Control>
              {title}
            </Radio.Content>
          </Radio>
        ))}
      </div>
      {chosen?.note && <Description>{chosen.note}</Description>}
    </RadioGroup>
  );
}

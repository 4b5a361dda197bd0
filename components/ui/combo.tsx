"use client";
import { ComboBox, Description, FieldError, Input, Label, ListBox } from "@heroui/react";
import type { ReactNode } from "react";

export type Option = { id: string; title: string; note?: string; isDisabled?: boolean };

/** A list to choose from by typing. `note` stands at the right of an option. */
export function Combo({
  label,
  options,
  value,
  onChange,
  description,
  error,
  isDisabled = false,
  placeholder,
  emptyText,
}: {
  label: string;
  options: Option[];
  value: string | null;
  onChange: (id: string) => void;
  description?: ReactNode;
  error?: string;
  isDisabled?: boolean;
  placeholder?: string;
  emptyText: string;
}) {
  return (
    <ComboBox
      fullWidth
      menuTrigger="focus"
      allowsEmptyCollection
      isDisabled={isDisabled}
      isInvalid={error !== undefined}
      selectedKey={value}
      onSelectionChange={(key) => key !== null && onChange(String(key))}
      disabledKeys={options.filter((option) => option.isDisabled).map(({ id }) => id)}
      defaultItems={options}
    >
      <Label>{label}</Label>
      <ComboBox.InputGroup>
        <Input placeholder={placeholder} spellCheck={false} autoComplete="off" />
        <ComboBox.Trigger />
      </ComboBox.InputGroup>
      {description && <Description>{description}</Description>}
      <FieldError>{error}</FieldError>
      <ComboBox.Popover>
        <ListBox
          renderEmptyState={() => <p className="px-3 py-2 text-sm text-muted">{emptyText}</p>}
        >
          {(option: Option) => (
            <ListBox.Item id={option.id} textValue={option.title}>
              <span className="min-w-0 flex-1 break-all">{option.title}</span>
              {option.note && <span className="text-xs text-muted">{option.note}</span>}
              <ListBox.ItemIndicator />
            </ListBox.Item>
          )}
        </ListBox>
      </ComboBox.Popover>
    </ComboBox>
  );
}

"use client";
import { Checkbox } from "@heroui/react";
import type { ReactNode } from "react";

/** A checkbox; `label` is its name for screen readers where the text beside it stands elsewhere. */
export function CheckBox({
  label,
  isSelected,
  isIndeterminate = false,
  onChange,
  children,
}: {
  label?: string;
  isSelected: boolean;
  isIndeterminate?: boolean;
  onChange: (selected: boolean) => void;
  children?: ReactNode;
}) {
  return (
    <Checkbox
      isSelected={isSelected}
      isIndeterminate={isIndeterminate}
      onChange={onChange}
      aria-label={label}
    >
      <Checkbox.Content>
        <Checkbox.Control>
          <Checkbox.Indicator />
        </Checkbox.Control>
        {children}
      </Checkbox.Content>
    </Checkbox>
  );
}

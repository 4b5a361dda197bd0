"use client";
import { Description, FieldError, Label, ListBox, Select } from "@heroui/react";
import { Controller, type Control, type FieldPath, type FieldValues } from "react-hook-form";

/** One of a few options, in a react-hook-form form. */
export function SelectField<T extends FieldValues>({
  control,
  name,
  label,
  options,
  description,
}: {
  control: Control<T>;
  name: FieldPath<T>;
  label: string;
  options: readonly { id: string; title: string }[];
  description?: string;
}) {
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState }) => (
        <Select
          fullWidth
          selectedKey={field.value}
          onSelectionChange={(key) => field.onChange(String(key))}
          isInvalid={fieldState.invalid}
          name={field.name}
        >
          <Label>{label}</Label>
          <Select.Trigger onBlur={field.onBlur}>
            <Select.Value />
            <Select.Indicator />
          </Select.Trigger>
          {description && <Description>{description}</Description>}
          <FieldError>{fieldState.error?.message}</FieldError>
          <Select.Popover>
            <ListBox>
              {options.map(({ id, title }) => (
                <ListBox.Item key={id} id={id} textValue={title}>
                  {title}
                  <ListBox.ItemIndicator />
                </ListBox.Item>
              ))}
            </ListBox>
          </Select.Popover>
        </Select>
      )}
    />
  );
}

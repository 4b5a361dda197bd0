"use client";
import {
  Description,
  FieldError,
  Input,
  Label,
  TextArea,
  TextField as HeroTextField,
} from "@heroui/react";
import type { HTMLInputTypeAttribute, ReactNode } from "react";
import { Controller, type Control, type FieldPath, type FieldValues } from "react-hook-form";

type Props<T extends FieldValues> = {
  control: Control<T>;
  name: FieldPath<T>;
  label: string;
  description?: ReactNode;
  type?: HTMLInputTypeAttribute;
  placeholder?: string;
  autoComplete?: string;
  autoFocus?: boolean;
  multiline?: boolean;
  mono?: boolean;
  className?: string;
};

/** A labelled text field of a react-hook-form form, with its error below. */
export function TextField<T extends FieldValues>({
  control,
  name,
  label,
  description,
  type = "text",
  placeholder,
  autoComplete = "off",
  autoFocus = false,
  multiline = false,
  mono = false,
  className,
}: Props<T>) {
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState }) => (
        <HeroTextField
          name={field.name}
          type={type}
          value={field.value === undefined || field.value === null ? "" : String(field.value)}
          onChange={field.onChange}
          onBlur={field.onBlur}
          isInvalid={fieldState.invalid}
          validationBehavior="aria"
          autoComplete={autoComplete}
          autoFocus={autoFocus}
          fullWidth
          className={className}
        >
          <Label>{label}</Label>
          {multiline ? (
            <TextArea
              ref={field.ref}
              placeholder={placeholder}
              rows={4}
              className="font-mono text-xs"
            />
          ) : (
            <Input
              ref={field.ref}
              placeholder={placeholder}
              className={mono ? "font-mono" : undefined}
              spellCheck={false}
            />
          )}
          {description && <Description>{description}</Description>}
          <FieldError>{fieldState.error?.message}</FieldError>
        </HeroTextField>
      )}
    />
  );
}

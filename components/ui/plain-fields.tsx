import { Check } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "@/components/ui/cn";

// Fields for long lists: the browser's own, since hundreds of the rich ones mounted while one scrolls would miss frames.

/** A checkbox that looks like the others. */
export function PlainCheckBox({
  label,
  isSelected,
  isDisabled = false,
  onChange,
}: {
  label: string;
  isSelected: boolean;
  isDisabled?: boolean;
  onChange: (selected: boolean) => void;
}) {
  return (
    <span className="relative inline-flex size-4 shrink-0">
      <input
        type="checkbox"
        aria-label={label}
        checked={isSelected}
        disabled={isDisabled}
        onChange={(event) => onChange(event.target.checked)}
        className="peer size-4 cursor-pointer appearance-none rounded border border-field-border bg-field outline-offset-2 outline-accent checked:border-accent checked:bg-accent disabled:cursor-not-allowed disabled:opacity-50"
      />
      <Check
        aria-hidden
        strokeWidth={3}
        className="pointer-events-none absolute inset-0.5 hidden size-3 text-accent-foreground peer-checked:block"
      />
    </span>
  );
}

/** A text field that looks like the others. */
export function PlainInput({
  className,
  isInvalid = false,
  ...props
}: Omit<ComponentProps<"input">, "aria-invalid"> & { isInvalid?: boolean }) {
  return (
    <input
      {...props}
      aria-invalid={isInvalid || undefined}
      className={cn(
        "w-full rounded-lg border bg-field px-3 py-1.5 text-field-foreground outline-offset-0 outline-accent placeholder:text-field-placeholder disabled:opacity-60",
        isInvalid ? "border-danger" : "border-field-border",
        className,
      )}
    />
  );
}

"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useState, useTransition } from "react";
import { useForm, type DefaultValues, type FieldPath, type FieldValues } from "react-hook-form";
import type { z } from "zod";
import type { Result } from "@/lib/platform/result";

/**
 * A form whose schema is also its action's: the resolver judges while typing, the server judges again. A refusal of
 * the server goes to its field where it names one, else above the buttons.
 */
export function useActionForm<In extends FieldValues, Out, T>(options: {
  schema: z.ZodType<Out, In>;
  defaultValues: DefaultValues<In>;
  action: (input: In) => Promise<Result<T>>;
  onDone: (value: T) => void;
}) {
  const [pending, start] = useTransition();
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm<In, unknown, Out>({
    resolver: zodResolver(options.schema),
    defaultValues: options.defaultValues,
    // judged at the first Next, then while typing: an error that appears on leaving a field moves what one is about to press
    mode: "onSubmit",
    reValidateMode: "onChange",
  });
  const submit = form.handleSubmit(() => {
    setRefusal(null);
    start(async () => {
      const result = await options.action(form.getValues()).catch((): Result<T> => ({
        ok: false,
        reason: "Tidegate did not answer. Check your network, then try again.",
      }));
      if (result.ok) options.onDone(result.value);
      else if (result.field && form.getFieldState(result.field as FieldPath<In>))
        form.setError(
          result.field as FieldPath<In>,
          { message: result.reason },
          { shouldFocus: true },
        );
      else setRefusal(result.reason);
    });
  });
  return { form, submit, pending, refusal };
}

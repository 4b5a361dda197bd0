"use client";
import { Disclosure, Switch } from "@heroui/react";
import { Controller, useWatch, type Control, type FieldValues, type Path } from "react-hook-form";
import { SelectField } from "@/components/ui/select-field";
import { TextField } from "@/components/ui/text-field";
import type { SyncMode } from "@/lib/connectors/contract/changes";

/** What few people change. `cursors`: the columns to choose a cursor from; null where it can no longer be chosen. */
export function OptionFields<T extends FieldValues>({
  control,
  mode,
  cursors,
}: {
  control: Control<T>;
  mode: SyncMode;
  cursors: string[] | null;
}) {
  const name = (field: string) => field as Path<T>;
  const cursor = useWatch({ control, name: name("cursorColumn") });
  return (
    <Disclosure defaultExpanded={cursors === null}>
      <Disclosure.Heading>
        <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">
          Options <Disclosure.Indicator />
        </Disclosure.Trigger>
      </Disclosure.Heading>
      <Disclosure.Content>
        <div className="flex flex-col gap-5 px-1 pt-4 pb-1">
          {mode === "upsert" && cursors && (
            <SelectField
              control={control}
              name={name("cursorColumn")}
              label="Cursor column"
              options={[
                { id: "", title: "None: compare the whole table" },
                ...cursors.map((id) => ({ id, title: id })),
              ]}
              description="A column that grows with every change of a row, such as updated_at. Then only rows from its last value on are looked at, and once a day the whole table."
            />
          )}
          {mode === "upsert" && (cursors === null || cursor) && (
            <TextField
              control={control}
              name={name("lookBackMinutes")}
              label="Look back (minutes)"
              mono
              description="Rows that are committed late: so far before the cursor’s last value each run looks again. What it has delivered already is not sent again."
            />
          )}
          {mode === "mirror" && (
            <TextField
              control={control}
              name={name("deletePercent")}
              label="Stop when a run would delete more than (%)"
              mono
              description="Of the rows delivered so far. The run then asks before anything is sent."
            />
          )}
          <TextField
            control={control}
            name={name("syncLogDays")}
            label="Keep a sync log (days)"
            mono
            description="Writes what became of each row to a table in _rudderstack, for your own queries. 0: none."
          />
          <Controller
            control={control}
            name={name("rawNumbers")}
            render={({ field }) => (
              <Switch
                isSelected={field.value === true}
                onChange={field.onChange}
                onBlur={field.onBlur}
                size="sm"
              >
                <Switch.Content>
                  <Switch.Control>
                    <Switch.Thumb />
                  </Switch.Control>
                  Send long numbers as raw digits
                </Switch.Content>
              </Switch>
            )}
          />
          <p className="-mt-3 text-sm text-muted">
            Integers and decimals of more digits than a double keeps are sent as text, so that no
            receiver rounds them. Switch this on for receivers that read such numbers exactly.
          </p>
        </div>
      </Disclosure.Content>
    </Disclosure>
  );
}

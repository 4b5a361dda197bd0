"use client";
import { Label, ListBox, Select, Skeleton } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState, useTransition, type FormEvent } from "react";
import { ColumnMapping } from "@/components/sources/column-mapping";
import { JsonPreview } from "@/components/sources/json-preview";
import { KeyHealth } from "@/components/sources/key-health";
import { RowKey } from "@/components/sources/row-key";
import { Notice } from "@/components/ui/notice";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import { identityColumns } from "@/lib/connectors/redshift/spec";
import type { Mapping } from "@/lib/event/mapping";
import { defaultMapping } from "@/lib/event/rules";
import { saveColumnsAction } from "@/lib/sources/actions";
import { inspectionQuery } from "@/lib/sources/queries";
import { sourceMappingProblems } from "@/lib/sources/rules";

const NONE = "-";

export function ColumnsStep({
  draftId,
  schema,
  table,
  columns,
  saved,
  savedKeys,
  isKeyFixed,
}: {
  draftId: string;
  schema: string;
  table: string;
  columns: ColumnInfo[];
  saved: Mapping | null;
  savedKeys: string[] | null;
  isKeyFixed: boolean;
}) {
  const { goTo } = useWizard();
  const [mapping, setMapping] = useState(saved ?? defaultMapping(columns));
  const [row, setRow] = useState(0);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const of = useMemo(() => ({ draftId, schema, table }), [draftId, schema, table]);
  const { data: inspection, isFetching, error } = useQuery(inspectionQuery(of));
  const preview = inspection?.preview;
  /** Of 1,600 columns the event takes longer to write than a letter to type: the field comes first. */
  const settled = useDeferredValue(mapping);
  const problems = useMemo(() => sourceMappingProblems(settled, columns), [settled, columns]);
  const firstError = problems.find(({ severity }) => severity === "error")?.message ?? null;

  const [chosenKeys, setKeys] = useState(savedKeys);
  const identity = mapping.userId ?? mapping.anonymousId;
  const keys = chosenKeys ?? (identity ? [identity] : []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setRefusal(null);
    start(async () => {
      const result = await saveColumnsAction({ draftId, mapping, keys });
      if (result.ok) goTo(result.value);
      else setRefusal(result.reason);
    });
  };
  return (
    <StepColumns
      wide
      panel={
        <>
          {isFetching && !preview && (
            <div role="status" aria-label="Reading sample rows">
              <Skeleton className="h-80 w-full rounded-xl" />
            </div>
          )}
          {error && !isFetching && (
            <Notice tone="warning" title="No sample rows">
              {error.message}
            </Notice>
          )}
          {inspection && !preview && !isFetching && (
            <Notice tone="warning" title="No sample rows">
              {inspection.check.summary}
            </Notice>
          )}
          {preview && (
            <JsonPreview
              preview={preview}
              mapping={settled}
              problem={firstError}
              table={table}
              row={Math.min(row, Math.max(preview.rows.length - 1, 0))}
              onRow={setRow}
            />
          )}
        </>
      }
    >
      <form onSubmit={submit}>
        <UserIdSelect columns={columns} mapping={mapping} onChange={setMapping} />
        <RowKey columns={columns} keys={keys} isFixed={isKeyFixed} onChange={setKeys} />
        {keys.length > 0 && (
          <div className="mb-5">
            <KeyHealth of={of} keys={keys} />
          </div>
        )}
        <ColumnMapping
          columns={columns}
          sample={preview?.rows[row]}
          cut={preview?.cut?.[row]}
          mapping={mapping}
          problems={problems}
          onChange={setMapping}
        />
        {mapping.columns.length === 0 && (
          <Notice tone="danger" className="mt-4">
            Select at least one column.
          </Notice>
        )}
        {refusal && (
          <Notice tone="danger" className="mt-4">
            {refusal}
          </Notice>
        )}
        <WizardButtons pending={pending} nextDisabled={firstError !== null} />
      </form>
    </StepColumns>
  );
}

/** Which column becomes `userId`. An e-mail address only where it is chosen, or nothing else identifies. */
function UserIdSelect({
  columns,
  mapping,
  onChange,
}: {
  columns: ColumnInfo[];
  mapping: Mapping;
  onChange: (mapping: Mapping) => void;
}) {
  const present = identityColumns.filter(
    (name) => name !== "anonymous_id" && columns.some((column) => column.name === name),
  );
  const options = [
    ...present.map((name) => ({ id: name as string, title: name as string })),
    ...(mapping.anonymousId ? [{ id: NONE, title: "None: anonymous_id alone" }] : []),
  ];
  if (options.length < 2 && mapping.userId !== "email") return null;
  return (
    <div className="mb-5 max-w-sm">
      <Select
        fullWidth
        selectedKey={mapping.userId ?? NONE}
        onSelectionChange={(key) =>
          onChange({ ...mapping, userId: key === NONE ? null : String(key) })
        }
      >
        <Label>User ID</Label>
        <Select.Trigger>
          <Select.Value />
          <Select.Indicator />
        </Select.Trigger>
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
      <p className="mt-1 text-xs text-muted">
        The column whose value becomes the event’s <code className="font-mono">userId</code>, and
        that uniquely identifies each row.
      </p>
    </div>
  );
}

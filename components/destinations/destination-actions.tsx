"use client";
import { Button } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { DeleteDialog } from "@/components/shell/delete-dialog";
import { May } from "@/components/shell/may";
import { Notice } from "@/components/ui/notice";
import { CheckList } from "@/components/wizard/check-list";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import { deleteDestinationAction, testDestinationAction } from "@/lib/destinations/actions";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";

/** "Test" does again what the wizard did; its outcome stands below. */
export function TestDestination({
  destinationId,
  takes,
}: {
  destinationId: string;
  takes: "events" | "rows";
}) {
  const [results, setResults] = useState<CheckResult[] | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const press = () =>
    start(async () => {
      setRefusal(null);
      const tested = await testDestinationAction({ destinationId });
      if (tested.ok) setResults(tested.value);
      else setRefusal(tested.reason);
    });
  return (
    <section aria-labelledby="test" className="mb-8 max-w-[40rem]">
      <div className="mb-2 flex items-center justify-between">
        <h2 id="test" className="font-medium">
          Verification
        </h2>
        <May do="credentials.use">
          <Button size="sm" variant="secondary" isPending={pending} onPress={press}>
            {pending ? "Testing" : "Test"}
          </Button>
        </May>
      </div>
      {results && <CheckList label="Verifying Destination" checks={results} />}
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      {!results && !refusal && (
        <p className="text-sm text-muted">
          {takes === "rows"
            ? "Proves each privilege and loads two rows, which are rolled back, as when the destination was set up."
            : "Sends a test event, as when the destination was set up."}
        </p>
      )}
    </section>
  );
}

export function DeleteDestination({
  destinationId,
  name,
  connections,
}: {
  destinationId: string;
  name: string;
  connections: number;
}) {
  const router = useRouter();
  return (
    <May do="destinations.edit">
      <DeleteDialog
        what="destination"
        name={name}
        label="Delete destination"
        breaks={
          <p>
            {connections
              ? `It is used by ${plural(connections, "connection")}: delete those first.`
              : "Nothing is connected to it."}
          </p>
        }
        remove={(typed) => deleteDestinationAction({ destinationId, name: typed })}
        onDone={() => router.push(paths.destinations)}
      />
    </May>
  );
}

"use client";
import { AlertDialog, Button, Spinner } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useState, useTransition } from "react";
import { toast } from "sonner";
import { May } from "@/components/shell/may";
import { Notice } from "@/components/ui/notice";
import { Cell, Table } from "@/components/ui/table";
import { pruneConnectionAction } from "@/lib/connections/actions";
import type { StateTable } from "@/lib/connectors/contract/state";
import { bytes, count } from "@/lib/format";
import { keptQuery } from "@/lib/sources/queries";

const what: Record<StateTable["what"], string> = {
  state: "Sync position",
  snapshot: "Rows as they were delivered",
  delta: "Changes that a run is delivering",
  log: "Sync log",
};

/** What is kept in `_rudderstack` for a connection, with its size; counted when one asks, since a Serverless warehouse wakes for it. */
export function KeptState({ sourceId, connectionId }: { sourceId: string; connectionId: string }) {
  const [wanted, setWanted] = useState(false);
  const { data, error, isFetching, refetch } = useQuery(keptQuery(sourceId, wanted));
  const tables = data?.filter((table) => table.connectionId === connectionId) ?? [];
  const others = data?.filter((table) => table.connectionId === null) ?? [];
  return (
    <section aria-labelledby="kept" className="mb-8">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h2 id="kept" className="font-medium">
          Kept in _rudderstack
        </h2>
        <div className="flex gap-2">
          <Button
            size="sm"
            variant="secondary"
            isDisabled={isFetching}
            onPress={() => (wanted ? void refetch() : setWanted(true))}
          >
            {isFetching && (
              <>
                <Spinner size="sm" />
                Looking
              </>
            )}
            {!isFetching && (wanted ? "Look again" : "Look")}
          </Button>
          {tables.some((table) => table.what !== "state" && table.what !== "log") && (
            <May do="connections.edit">
              <Prune connectionId={connectionId} onDone={() => void refetch()} />
            </May>
          )}
        </div>
      </div>
      {!wanted && (
        <p className="text-sm text-muted">
          The warehouse itself remembers what was delivered, in tables of this connection.
        </p>
      )}
      {error && !isFetching && (
        <Notice tone="warning" title="It could not be read">
          {error.message}
        </Notice>
      )}
      {data && tables.length === 0 && <p className="text-sm text-muted">Nothing yet.</p>}
      {tables.length > 0 && (
        <Table
          label="Tables in _rudderstack"
          head={[
            { title: "Table" },
            { title: "What it holds" },
            { title: "Rows", numeric: true },
            { title: "Size", numeric: true },
          ]}
        >
          {tables.map((table) => (
            <tr key={table.name}>
              <Cell className="font-mono text-xs break-all">{table.name}</Cell>
              <Cell>{what[table.what]}</Cell>
              <Cell numeric>{count(table.rows)}</Cell>
              <Cell numeric>
                {table.bytes === null ? (
                  <span className="text-muted">not shown to this user</span>
                ) : (
                  bytes(table.bytes)
                )}
              </Cell>
            </tr>
          ))}
        </Table>
      )}
      {others.length > 0 && (
        <p className="mt-2 text-sm text-muted">
          {count(others.length)} more tables of Tidegate are there that belong to no connection of
          this source: of its other sources, of another installation, or left when a connection was
          deleted while the warehouse was away; the last are dropped by themselves within an hour of
          its return.
        </p>
      )}
    </section>
  );
}

function Prune({ connectionId, onDone }: { connectionId: string; onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const press = () =>
    start(async () => {
      const pruned = await pruneConnectionAction({ connectionId });
      if (!pruned.ok) return setRefusal(pruned.reason);
      setOpen(false);
      toast.success("Pruned. The next run delivers every row.");
      onDone();
    });
  return (
    <AlertDialog isOpen={isOpen} onOpenChange={setOpen}>
      <Button size="sm" variant="danger-soft">
        Prune
      </Button>
      <AlertDialog.Backdrop>
        <AlertDialog.Container>
          <AlertDialog.Dialog>
            <AlertDialog.Header>
              <AlertDialog.Heading>Prune what is kept</AlertDialog.Heading>
            </AlertDialog.Header>
            <AlertDialog.Body className="flex flex-col gap-4 text-sm">
              <p>
                The rows that were delivered are forgotten, which frees their space. The next run
                delivers every row again; deletes since the last run will not be noticed.
              </p>
              {refusal && <Notice tone="danger">{refusal}</Notice>}
            </AlertDialog.Body>
            <AlertDialog.Footer>
              <Button slot="close" variant="ghost">
                Keep it
              </Button>
              <Button variant="danger" isPending={pending} onPress={press}>
                Prune what is kept
              </Button>
            </AlertDialog.Footer>
          </AlertDialog.Dialog>
        </AlertDialog.Container>
      </AlertDialog.Backdrop>
    </AlertDialog>
  );
}

"use client";
import { useRouter } from "next/navigation";
import { DeleteDialog } from "@/components/shell/delete-dialog";
import { May } from "@/components/shell/may";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { deleteSourceAction } from "@/lib/sources/actions";

export function DeleteSource({
  sourceId,
  name,
  connections,
}: {
  sourceId: string;
  name: string;
  connections: number;
}) {
  const router = useRouter();
  return (
    <May do="sources.edit">
      <DeleteDialog
        what="source"
        name={name}
        label="Delete source"
        breaks={
          <p>
            {connections
              ? `It has ${plural(connections, "connection")}, which stop and are deleted with the record of their runs.`
              : "Nothing is connected to it."}{" "}
            Your table in Redshift and the saved credentials stay as they are.
          </p>
        }
        remove={(typed) => deleteSourceAction({ sourceId, name: typed })}
        onDone={() => router.push(paths.sources)}
      />
    </May>
  );
}

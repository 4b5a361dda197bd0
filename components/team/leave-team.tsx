"use client";
import { useRouter } from "next/navigation";
import { DeleteDialog } from "@/components/shell/delete-dialog";
import { paths } from "@/lib/paths";
import { leaveTeamAction } from "@/lib/team/actions";

export function LeaveTeam({ name }: { name: string }) {
  const router = useRouter();
  return (
    <DeleteDialog
      what="the team"
      verb="Leave"
      label="Leave the team"
      name={name}
      breaks={
        <p>
          You lose access to everything in {name} at once. What you set up stays. To come back you
          need a new invitation. The last owner can’t leave.
        </p>
      }
      remove={(typed) => leaveTeamAction({ name: typed })}
      onDone={() => {
        router.push(paths.overview);
        router.refresh();
      }}
    />
  );
}

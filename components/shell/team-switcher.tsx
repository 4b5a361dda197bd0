"use client";
import { Label, ListBox, Select } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { toast } from "sonner";
import { paths } from "@/lib/paths";
import type { Result } from "@/lib/platform/result";

/** Which of one's teams is looked at; leads to its overview, since the page one is on belongs to the other. */
export function TeamSwitcher({
  teams,
  current,
  change,
}: {
  teams: { id: string; name: string }[];
  current: string;
  change: (input: { teamId: string }) => Promise<Result<null>>;
}) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const choose = (teamId: string) =>
    start(async () => {
      if (teamId === current) return;
      const changed = await change({ teamId });
      if (!changed.ok) return void toast.error(changed.reason);
      router.push(paths.overview);
      router.refresh();
    });
  return (
    <Select
      fullWidth
      selectedKey={current}
      isDisabled={pending}
      onSelectionChange={(key) => choose(String(key))}
      className="px-2"
    >
      <Label className="sr-only">Team</Label>
      <Select.Trigger>
        <Select.Value className="truncate" />
        <Select.Indicator />
      </Select.Trigger>
      <Select.Popover>
        <ListBox>
          {teams.map(({ id, name }) => (
            <ListBox.Item key={id} id={id} textValue={name}>
              <span className="min-w-0 flex-1 truncate">{name}</span>
              <ListBox.ItemIndicator />
            </ListBox.Item>
          ))}
        </ListBox>
      </Select.Popover>
    </Select>
  );
}

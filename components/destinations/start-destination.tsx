"use client";
import { useMay } from "@/components/shell/may";
import { KindCatalogue } from "@/components/wizard/kind-catalogue";
import { connectorKinds } from "@/lib/connectors/catalog";
import { startDestinationAction } from "@/lib/destinations/actions";
import { paths } from "@/lib/paths";
import { holders } from "@/lib/team/rules";

const kinds = Object.values(connectorKinds).filter(({ roles }) => roles.includes("destination"));
const cards = kinds.flatMap(({ id, title, destination }) =>
  destination ? [{ id, title, ...destination }] : [],
);
const groups = [...new Set(cards.map(({ group }) => group))].map((title) => ({
  title,
  kinds: cards.filter(({ group }) => group === title),
}));

export function StartDestination({ forSource }: { forSource: string | null }) {
  const mayCreate = useMay("credentials.manage");
  // a warehouse can have saved credentials; any other asks for its own
  const shown = groups.map(({ title, kinds: inGroup }) => ({
    title,
    kinds: inGroup.map((kind) =>
      mayCreate || kind.target
        ? kind
        : {
            ...kind,
            isDisabled: true,
            description: `Ask ${holders("credentials.manage")} of the team: it asks for credentials, which are theirs to enter.`,
          },
    ),
  }));
  return (
    <KindCatalogue
      groups={shown}
      start={(kind) => startDestinationAction({ kind, forSource })}
      hrefOf={(draftId) => paths.destinationStep(draftId, "name")}
    />
  );
}

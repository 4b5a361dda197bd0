"use client";
import { KindCatalogue } from "@/components/wizard/kind-catalogue";
import { connectorKinds } from "@/lib/connectors/catalog";
import { startDestinationAction } from "@/lib/destinations/actions";
import { paths } from "@/lib/paths";

const kinds = Object.values(connectorKinds).filter(({ roles }) => roles.includes("destination"));
const cards = kinds.flatMap(({ id, title, destination }) => (destination ? [{ id, title, ...destination }] : []));
const groups = [...new Set(cards.map(({ group }) => group))].map((title) => ({ title, kinds: cards.filter(({ group }) => group === title) }));

export function StartDestination({ forSource }: { forSource: string | null }) {
  return <KindCatalogue groups={groups} start={(kind) => startDestinationAction({ kind, forSource })} hrefOf={(draftId) => paths.destinationStep(draftId, "name")} />;
}

"use client";
import { KindCatalogue } from "@/components/wizard/kind-catalogue";
import { connectorKinds } from "@/lib/connectors/catalog";
import { paths } from "@/lib/paths";
import { startSourceAction } from "@/lib/sources/actions";

const kinds = Object.values(connectorKinds).filter(({ roles }) => roles.includes("source"));
const groups = [...new Set(kinds.map(({ group }) => group))].map((title) => ({
  title,
  kinds: kinds.filter(({ group }) => group === title),
}));

export function StartSource() {
  return (
    <KindCatalogue
      groups={groups}
      start={(kind) => startSourceAction({ kind })}
      hrefOf={(draftId) => paths.sourceStep(draftId, "name")}
    />
  );
}

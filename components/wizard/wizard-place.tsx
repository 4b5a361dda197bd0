"use client";
import { useRouter } from "next/navigation";
import { createContext, useContext, type ReactNode } from "react";

type Place = {
  /** The address below which each step has its own. */
  base: string;
  /** Where “Back” leads. */
  back: string;
  /** The step after this one. */
  following: string;
};

const WizardPlace = createContext<Place | null>(null);

/** Where a step is in its wizard: the order is known to the page alone. */
export function WizardPlaceProvider({ children, ...place }: Place & { children: ReactNode }) {
  return <WizardPlace value={place}>{children}</WizardPlace>;
}

/** How a step leaves: an action answers with the step that comes next. */
export function useWizard(): { back: string; following: string; goTo: (step: string) => void } {
  const router = useRouter();
  const place = useContext(WizardPlace);
  if (!place) throw new Error("A step of a wizard is shown in a WizardFrame.");
  const { base, back, following } = place;
  return { back, following, goTo: (step) => router.push(`${base}/${step}`) };
}

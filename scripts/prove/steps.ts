// All steps, in the order in which they are run.
import type { Step } from "./step";
import { catalogueSteps } from "./steps-catalogue";
import { changeSteps } from "./steps-changes";
import { loadSteps } from "./steps-load";
import { loginSteps } from "./steps-login";
import { permissionSteps } from "./steps-permissions";
import { sessionSteps } from "./steps-sessions";
import { unloadSteps } from "./steps-unload";
import { valueSteps } from "./steps-values";

export const steps: readonly Step[] = [
  ...loginSteps,
  ...catalogueSteps,
  ...valueSteps,
  ...changeSteps,
  ...sessionSteps,
  ...unloadSteps,
  ...loadSteps,
  ...permissionSteps,
];

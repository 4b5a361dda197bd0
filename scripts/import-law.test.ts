import { expect, test } from "vitest";
import { objection } from "./import-law.mjs";

test.each([
  ["lib/platform/log.ts", "@/lib/sources/data"],
  ["lib/engine/run.ts", "@/lib/connectors/redshift/source"],
  ["lib/engine/run.ts", "@/lib/runs/mutations"],
  ["lib/connectors/redshift/source.ts", "@/lib/credentials/secrets"],
  ["lib/connectors/redshift/source.ts", "pg"],
  ["lib/sources/data.ts", "@/lib/web/session"],
  ["lib/sources/data.ts", "next/headers"],
  ["lib/jobs/handlers/run-sync.ts", "@/lib/sources/actions"],
  ["lib/sources/actions.ts", "@/lib/worker/main"],
  ["components/ui/button.tsx", "@/lib/paths"],
  ["components/wizard/frame.tsx", "@/lib/sources/steps"],
  ["components/sources/grid.tsx", "@/lib/sources/data"],
  ["components/sources/grid.tsx", "@/lib/platform/db"],
  ["app/(console)/page.tsx", "@/lib/engine/run"],
  ["app/(console)/page.tsx", "@/lib/sources/mutations"],
  ["sandbox/main.ts", "@/lib/platform/log"],
  ["lib/sources/actions.ts", "@prisma/client"],
  ["lib/sources/actions.ts", "@/sandbox/sandbox"],
  ["lib/sources/data.ts", "../drafts/data"],
  ["e2e/first-light.spec.ts", "@/lib/platform/db"],
])("%s may not import %s", (file, specifier) => {
  expect(objection(file, specifier)).toEqual(expect.any(String));
});

test.each([
  ["lib/sources/data.ts", "@/lib/platform/db"],
  ["lib/sources/actions.ts", "@/lib/web/define-action"],
  ["lib/connectors/redshift/session/client.ts", "pg"],
  ["lib/engine/run.ts", "@/lib/connectors/contract/rows"],
  ["lib/jobs/handlers/run-sync.ts", "@/lib/engine/run"],
  ["components/sources/grid.tsx", "@/lib/event/identify"],
  ["components/sources/grid.tsx", "@/lib/sources/actions"],
  ["app/(console)/page.tsx", "@/lib/sources/data"],
  ["lib/sources/data.ts", "zod"],
  ["lib/sources/rules.ts", "./schema"],
])("%s may import %s", (file, specifier) => {
  expect(objection(file, specifier)).toBeUndefined();
});

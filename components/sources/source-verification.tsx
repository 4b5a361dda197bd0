"use client";
import { Button } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { May } from "@/components/shell/may";
import { sourceChecks } from "@/components/sources/steps/verify-step";
import { TrustHostKey } from "@/components/sources/trust-host-key";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { CheckList, type ShownCheck } from "@/components/wizard/check-list";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import { trustSourceHostKeyAction } from "@/lib/sources/actions";
import { sourceVerificationQuery } from "@/lib/sources/queries";
import { withCheck } from "@/lib/verification/rules";

const allChecks: ShownCheck[] = [
  ...sourceChecks,
  { id: "table", title: "SELECT on the chosen table", status: "running" },
];

/** How the last verification of a source ended, and “Verify again”, which tells each check as it becomes known. */
export function SourceVerification({
  sourceId,
  checks,
  checkedAt,
}: {
  sourceId: string;
  checks: CheckResult[];
  checkedAt: Date | null;
}) {
  const router = useRouter();
  const { data, error, isFetching, isSuccess, refetch } = useQuery(
    sourceVerificationQuery(sourceId),
  );
  const isOver = isSuccess && !isFetching;
  useEffect(() => {
    if (isOver) router.refresh();
  }, [isOver, router]);
  const known: ShownCheck[] =
    isFetching || data ? (data ?? []).reduce<ShownCheck[]>(withCheck, allChecks) : checks;
  return (
    <section aria-labelledby="verification" className="mb-8">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h2 id="verification" className="font-medium">
          Verification
        </h2>
        <span className="flex items-center gap-3 text-sm text-muted">
          {checkedAt && !isFetching && (
            <span>
              Verified <Time at={checkedAt} as="relative" />
            </span>
          )}
          <May do="credentials.use">
            <Button
              size="sm"
              variant="secondary"
              isDisabled={isFetching}
              onPress={() => void refetch()}
            >
              Verify again
            </Button>
          </May>
        </span>
      </div>
      {error && !isFetching && (
        <Notice tone="danger" className="mb-2">
          {error.message}
        </Notice>
      )}
      {known.length > 0 ? (
        <CheckList label="Verifying Credentials" checks={known} />
      ) : (
        <p className="text-sm text-muted">
          Not verified yet. A worker does it within seconds, and every few hours from then on.
        </p>
      )}
      {!isFetching && (
        <May do="credentials.manage">
          <TrustHostKey
            checks={data ?? checks}
            trust={(hostKey) => trustSourceHostKeyAction({ sourceId, hostKey })}
            onTrusted={() => void refetch()}
          />
        </May>
      )}
    </section>
  );
}

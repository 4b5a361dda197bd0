"use client";
import { Button } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { May } from "@/components/shell/may";
import { Notice } from "@/components/ui/notice";
import { Section } from "@/components/ui/section";
import { CheckList, type ShownCheck } from "@/components/wizard/check-list";
import { unloadTestQuery } from "@/lib/sources/queries";
import { withCheck } from "@/lib/verification/rules";

const ahead: ShownCheck[] = [
  ["connection", "Connection"],
  ["bucket", "Bucket"],
  ["unload", "UNLOAD to S3"],
  ["read", "Read from S3"],
  ["clean-up", "Clean up"],
].map(([id = "", title = ""]) => ({ id, title, status: "running" }));

/** “Test”: two rows that bite go to the bucket and come back, by the identities that will do it. */
export function UnloadTest({ sourceId }: { sourceId: string }) {
  const { data, error, isFetching, refetch } = useQuery(unloadTestQuery(sourceId));
  const known =
    isFetching || data ? (data ?? []).reduce<ShownCheck[]>(withCheck, isFetching ? ahead : []) : [];
  return (
    <div className="max-w-[40rem]">
      <Section
        title="Test"
        note="Two rows are unloaded to the bucket as it is saved, read back, compared and removed."
        action={
          <May do="credentials.use">
            <Button
              size="sm"
              variant="secondary"
              isDisabled={isFetching}
              onPress={() => void refetch()}
            >
              {isFetching ? "Testing" : "Test"}
            </Button>
          </May>
        }
      >
        {known.length > 0 && <CheckList label="Verifying Unload Bucket" checks={known} />}
        {error && !isFetching && <Notice tone="danger">{error.message}</Notice>}
      </Section>
    </div>
  );
}

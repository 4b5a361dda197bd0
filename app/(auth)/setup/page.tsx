import type { Metadata } from "next";
import { CreateOwnerForm } from "@/components/account/create-owner-form";
import { Notice } from "@/components/ui/notice";
import { setupTokenIsGood } from "@/lib/account/data";

export const metadata: Metadata = { title: "Create the owner account", referrer: "no-referrer" };

export default async function SetupPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { token } = await searchParams;
  if (typeof token !== "string" || !(await setupTokenIsGood(token))) {
    return (
      <Notice tone="danger" title="This set-up link does not work">
        It has been used, or a newer one was printed. Use the link from the last start of Tidegate,
        or{" "}
        <a className="text-accent underline" href="/sign-in">
          sign in
        </a>
        .
      </Notice>
    );
  }
  return <CreateOwnerForm token={token} />;
}

"use client";
import { PolicyTabs } from "@/components/destinations/policy-tabs";
import {
  bucketPolicy,
  copyPolicy,
  terraform,
  trustPolicy,
  uploadPolicy,
} from "@/lib/connectors/s3/permissions";
import type { StagingConfig } from "@/lib/connectors/s3/spec";

type Wish = Pick<StagingConfig, "bucket" | "prefix" | "region" | "access" | "roleArn">;

/** The policies to paste, with the names filled in while one types. */
export function StagingPanel(wish: Wish) {
  const isRole = wish.access === "role";
  const texts = [
    {
      id: "upload",
      title: "Upload",
      note: "Of the user or role that Tidegate uploads as.",
      text: uploadPolicy(wish),
    },
    ...(isRole
      ? [
          {
            id: "copy",
            title: "Role",
            note: "Permissions of the role that COPY reads as: it reads, and nothing else.",
            text: copyPolicy(wish),
          },
          {
            id: "trust",
            title: "Trust",
            note: "Trust policy of that role: Redshift may assume it. Then attach the role to the cluster or workgroup.",
            text: trustPolicy(),
          },
        ]
      : []),
    {
      id: "bucket",
      title: "Bucket",
      note: isRole
        ? "The bucket’s own policy: needed where the role belongs to another account."
        : "The bucket’s own policy: nobody reads or writes without encryption.",
      text: bucketPolicy(wish),
    },
    {
      id: "terraform",
      title: "Terraform",
      note: "All of it, with a rule that forgets files after a week.",
      text: terraform(wish),
    },
  ];
  return <PolicyTabs texts={texts} />;
}

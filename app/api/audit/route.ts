import { exportAudit } from "@/lib/audit/loaders";

export const dynamic = "force-dynamic";

/** The audit log as CSV, filtered as the page is. */
export const GET = exportAudit;

import { browse } from "@/lib/sources/loaders";

export const dynamic = "force-dynamic";

/** What pages ask of a warehouse while one looks around. A body rather than an address: names go into no log. */
export const POST = browse;

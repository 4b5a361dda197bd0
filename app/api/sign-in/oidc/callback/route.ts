import { finishProviderSignIn } from "@/lib/account/loaders";

export const dynamic = "force-dynamic";

/** Where the OpenID provider sends people back to. */
export const GET = finishProviderSignIn;

"use client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { ThemeProvider } from "next-themes";
import { useState, type ReactNode } from "react";
import { RouterProvider } from "react-aria-components";
import { Toaster } from "sonner";

/** `nonce`: for the script that sets the theme before anything is drawn. */
export function Providers({ children, nonce }: { children: ReactNode; nonce: string | undefined }) {
  const router = useRouter();
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } },
      }),
  );
  return (
    <ThemeProvider
      attribute={["class", "data-theme"]}
      defaultTheme="system"
      disableTransitionOnChange
      nonce={nonce}
    >
      <RouterProvider navigate={router.push}>
        <QueryClientProvider client={client}>{children}</QueryClientProvider>
      </RouterProvider>
      <Toaster position="bottom-right" closeButton theme="system" />
    </ThemeProvider>
  );
}

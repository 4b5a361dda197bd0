"use client";
import { Button, Drawer } from "@heroui/react";
import { Menu } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Logo } from "@/components/shell/logo";
import { Navigation } from "@/components/shell/navigation";

/** The frame of the console: navigation at the left, a sheet on phones. */
export function Frame({
  switcher,
  account,
  children,
}: {
  switcher?: ReactNode;
  account: ReactNode;
  children: ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col gap-6 border-r border-border px-3 py-4 md:flex">
        <div className="px-2">
          <Logo />
        </div>
        {switcher}
        <div className="flex-1 overflow-y-auto">
          <Navigation />
        </div>
        {account}
      </aside>
      <header className="flex items-center justify-between border-b border-border px-4 py-3 md:hidden">
        <Logo />
        <Drawer isOpen={isOpen} onOpenChange={setOpen}>
          <Button isIconOnly variant="ghost" aria-label="Open navigation">
            <Menu aria-hidden className="size-5" />
          </Button>
          <Drawer.Backdrop>
            <Drawer.Content placement="left">
              <Drawer.Dialog aria-label="Navigation" className="flex w-72 flex-col gap-6 p-4">
                <Logo />
                {switcher}
                <div className="flex-1">
                  <Navigation onNavigate={() => setOpen(false)} />
                </div>
                {account}
              </Drawer.Dialog>
            </Drawer.Content>
          </Drawer.Backdrop>
        </Drawer>
      </header>
      <Content>{children}</Content>
    </div>
  );
}

/** The frame for somebody whom no team lets in: there is nowhere to go but their account. */
export function BareFrame({ account, children }: { account: ReactNode; children: ReactNode }) {
  return (
    <div className="min-h-dvh">
      <header className="flex items-center justify-between border-b border-border px-4 py-3 md:px-9">
        <Logo />
        {account}
      </header>
      <Content>{children}</Content>
    </div>
  );
}

const Content = ({ children }: { children: ReactNode }) => (
  <main id="content" tabIndex={-1} className="min-w-0 px-4 py-6 outline-none md:px-9 md:py-7">
    {children}
  </main>
);

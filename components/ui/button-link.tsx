import { buttonVariants, type ButtonVariants } from "@heroui/styles";
import Link from "next/link";
import type { ReactNode } from "react";

/** A link that looks like a button: for going somewhere, where a button is for doing something. */
export function ButtonLink({
  href,
  children,
  variant = "primary",
  size,
}: {
  href: string;
  children: ReactNode;
  variant?: ButtonVariants["variant"];
  size?: ButtonVariants["size"];
}) {
  return (
    <Link href={href} className={buttonVariants({ variant, size })}>
      {children}
    </Link>
  );
}

"use client";
import { createContext, useContext, type ReactNode } from "react";
import { may, type Permission } from "@/lib/team/rules";
import type { Role } from "@/lib/team/types";

const RoleContext = createContext<Role>("viewer");

/** Tells the views below which role looks at them. The server judges every request by itself. */
export function RoleProvider({ role, children }: { role: Role; children: ReactNode }) {
  return <RoleContext value={role}>{children}</RoleContext>;
}

export const useMay = (permission: Permission): boolean => may(useContext(RoleContext), permission);

/** Shows a control to those who may use it. */
export function May({
  do: permission,
  children,
  otherwise = null,
}: {
  do: Permission;
  children: ReactNode;
  otherwise?: ReactNode;
}) {
  return useMay(permission) ? children : otherwise;
}

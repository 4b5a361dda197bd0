"use client";
import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** False on the server and in the first paint, true from then on: for what only the browser knows (zone, theme). */
export const useInBrowser = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );

"use client";
import { useInBrowser } from "@/components/ui/use-in-browser";
import { clock, dateTime, relative, utc } from "@/lib/format";

/** A time in the viewer's zone, UTC on hover. The server doesn't know that zone, so it writes UTC and the browser mends it. */
export function Time({ at, as = "date" }: { at: Date; as?: "date" | "relative" | "clock" }) {
  const inBrowser = useInBrowser();
  const local = {
    date: dateTime,
    clock,
    relative: (time: Date) => relative(time, new Date()),
  };
  const text = inBrowser ? local[as](at) : utc(at);
  return (
    <time dateTime={at.toISOString()} title={utc(at)} className="whitespace-nowrap">
      {text}
    </time>
  );
}

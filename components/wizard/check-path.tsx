import { X } from "lucide-react";
import { cn } from "@/components/ui/cn";
import type { StopState } from "@/components/wizard/path-of";

const looks: Record<StopState, { word: string; dot: string; line: string; label: string }> = {
  passed: { word: "passed", dot: "size-2.5 bg-success", line: "bg-success", label: "text-muted" },
  failed: {
    word: "broken",
    dot: "size-4 bg-danger text-danger-foreground",
    line: "bg-danger",
    label: "font-medium text-danger",
  },
  skipped: {
    word: "not used",
    dot: "size-2.5 inset-ring-2 inset-ring-success",
    line: "bg-success",
    label: "text-muted",
  },
  running: {
    word: "being looked at",
    dot: "size-2.5 bg-accent ring-4 ring-accent/30",
    line: "bg-border",
    label: "text-foreground",
  },
  waiting: {
    word: "not known yet",
    dot: "size-2.5 bg-border",
    line: "bg-border",
    label: "text-muted",
  },
};

function caption(stops: readonly { label: string; state: StopState }[]): string {
  const broken = stops.find(({ state }) => state === "failed");
  if (broken) return `Broken at ${broken.label}`;
  const running = stops.find(({ state }) => state === "running");
  return running ? `Looking at ${running.label}` : "";
}

/**
 * The way from here to the far end, lit as far as it is known, the broken link in red. Where the labels would collide,
 * only the one that matters stands under the line.
 */
export function CheckPath({
  label,
  stops,
}: {
  label: string;
  stops: readonly { label: string; state: StopState }[];
}) {
  return (
    <div className="@container mb-5">
      <ol aria-label={label} className="flex">
        {stops.map(({ label: name, state }, at) => {
          const look = looks[state];
          return (
            <li key={name} className="relative flex min-w-0 flex-1 flex-col items-center">
              {at > 0 && (
                <span
                  aria-hidden
                  className={cn(
                    "absolute top-[7px] right-1/2 mr-3 h-0.5 w-[calc(100%-1.5rem)] transition-colors",
                    look.line,
                  )}
                />
              )}
              <span aria-hidden className="grid size-4 place-items-center">
                <span
                  className={cn("grid place-items-center rounded-full transition-colors", look.dot)}
                >
                  {state === "failed" && <X className="size-3" strokeWidth={3} />}
                </span>
              </span>
              <span
                className={cn(
                  "mt-1 whitespace-nowrap @max-xl:sr-only",
                  stops.length > 8 ? "text-[11px] leading-4 tracking-tight" : "text-xs",
                  look.label,
                )}
              >
                {name}
              </span>
              <span className="sr-only">: {look.word}</span>
            </li>
          );
        })}
      </ol>
      <p
        aria-hidden
        className={cn(
          "mt-1.5 min-h-5 text-sm @xl:hidden",
          stops.some(({ state }) => state === "failed") ? "font-medium text-danger" : "text-muted",
        )}
      >
        {caption(stops)}
      </p>
    </div>
  );
}

"use client";
import { Fragment, memo, useEffect, useRef, useState, type ReactNode } from "react";
import { CopyButton } from "@/components/ui/copy-button";
import { cn } from "@/components/ui/cn";

const SQL_WORDS =
  /\b(CREATE|USER|WITH|PASSWORD|SCHEMA|GRANT|REVOKE|ALL|PRIVILEGES|ON|TABLES?|IN|TO|FROM|USAGE|SELECT|ALTER|DEFAULT|FOR|DROP|DATABASE|TEMPORARY|IF|NOT|EXISTS|LIMIT)\b/g;
const JSON_PARTS =
  /("(?:[^"\\]|\\.)*")(\s*:)?|\b(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\b|\b(true|false|null)\b/g;

/** Text cut at the matches of a pattern, each match coloured. */
function paint(
  text: string,
  pattern: RegExp,
  colour: (match: RegExpExecArray) => ReactNode,
): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(at, match.index), <Fragment key={match.index}>{colour(match)}</Fragment>);
    at = match.index + match[0].length;
  }
  return [...parts, text.slice(at)];
}

const sql = (text: string) =>
  text.split("\n").map((line, n) => (
    <Fragment key={n}>
      {n > 0 && "\n"}
      {line.trimStart().startsWith("--") ? (
        <span className="text-muted">{line}</span>
      ) : (
        paint(line, SQL_WORDS, ([word]) => <span className="text-[var(--code-key)]">{word}</span>)
      )}
    </Fragment>
  ));

const json = (text: string) =>
  paint(text, JSON_PARTS, ([whole, string, colon, number]) => {
    if (string && colon)
      return (
        <>
          <span className="text-muted">{string}</span>
          {colon}
        </>
      );
    if (string) return <span className="text-[var(--code-key)]">{string}</span>;
    return <span className="text-[var(--code-number)]">{number ?? whole}</span>;
  });

const CHUNK_LINES = 60;

/** Long JSON in pieces: only those in sight are coloured, and of all only those whose text has changed are drawn anew. */
function LongJson({ text }: { text: string }) {
  const lines = text.split("\n");
  const chunks = Array.from({ length: Math.ceil(lines.length / CHUNK_LINES) }, (_, n) =>
    lines.slice(n * CHUNK_LINES, (n + 1) * CHUNK_LINES).join("\n"),
  );
  return chunks.map((chunk, n) => (
    <JsonChunk key={n} text={n < chunks.length - 1 ? `${chunk}\n` : chunk} />
  ));
}

const JsonChunk = memo(function JsonChunk({ text }: { text: string }) {
  const block = useRef<HTMLSpanElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), {
      rootMargin: "200px",
    });
    if (block.current) watch.observe(block.current);
    return () => watch.disconnect();
  }, []);
  return (
    <span
      ref={block}
      className="block [contain-intrinsic-size:auto_75rem] [content-visibility:auto]"
    >
      {isNear ? json(text) : text}
    </span>
  );
});

const LONG = 20_000;

/** SQL or JSON, highlighted, scrolling by itself, copied in one click. */
export function Code({
  text,
  language,
  title,
  label,
  copy = true,
  className,
}: {
  text: string;
  language: "sql" | "json";
  title?: ReactNode;
  label: string;
  copy?: boolean;
  className?: string;
}) {
  return (
    <figure
      aria-label={label}
      className={cn(
        "overflow-hidden rounded-xl border border-border bg-surface-secondary",
        className,
      )}
    >
      {(title || copy) && (
        <figcaption className="flex items-center justify-between gap-3 py-1 pr-1 pl-3.5 text-xs text-muted">
          <span>{title}</span>
          {copy && <CopyButton text={text} />}
        </figcaption>
      )}
      <pre
        tabIndex={0}
        aria-label={label}
        className="max-h-[34rem] overflow-auto px-3.5 pt-1 pb-3 font-mono text-xs leading-5 break-words whitespace-pre-wrap outline-accent"
      >
        {language === "sql" && sql(text)}
        {language === "json" && (text.length > LONG ? <LongJson text={text} /> : json(text))}
      </pre>
    </figure>
  );
}

"use client";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import { parseJson, type JsonNode } from "@/components/ui/parse-json";

const MORE = 100;

/** JSON that opens level by level; a long level shows its first hundred until one asks for more. Null for what isn't JSON. */
export function JsonTree({ text, label }: { text: string; label: string }) {
  const root = parseJson(text);
  if (!root) return null;
  return (
    <div
      role="group"
      aria-label={label}
      className="max-h-80 overflow-auto font-mono text-xs leading-5"
    >
      <Node node={root} isOpenAtFirst />
    </div>
  );
}

const sizeOf = (node: JsonNode): string => {
  if (node.kind === "array") return `[${node.items.length}]`;
  return node.kind === "object" ? `{${node.entries.length}}` : "";
};

function Node({
  name,
  node,
  isOpenAtFirst = false,
}: {
  name?: string;
  node: JsonNode;
  isOpenAtFirst?: boolean;
}) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const [shown, setShown] = useState(MORE);
  const key = name !== undefined && <span className="text-muted">{name}: </span>;
  if (node.kind === "scalar")
    return (
      <div className="pl-5 break-all">
        {key}
        <Scalar text={node.text} />
      </div>
    );
  const children: [string, JsonNode][] =
    node.kind === "object" ? node.entries : node.items.map((item, at) => [String(at), item]);
  return (
    <div>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex min-h-[24px] min-w-[24px] items-center gap-1 rounded outline-accent hover:bg-surface-tertiary"
      >
        {isOpen ? (
          <ChevronDown aria-hidden className="size-4" />
        ) : (
          <ChevronRight aria-hidden className="size-4" />
        )}
        <span>
          {key}
          <span className="text-muted">{sizeOf(node)}</span>
        </span>
      </button>
      {isOpen && (
        <div className="ml-2 border-l border-separator pl-2">
          {children.slice(0, shown).map(([child, value], at) => (
            <Node key={at} name={child} node={value} />
          ))}
          {children.length > shown && (
            <button
              type="button"
              onClick={() => setShown(shown + MORE)}
              className="min-h-[24px] pl-5 text-accent underline outline-accent"
            >
              {children.length - shown} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Scalar({ text }: { text: string }) {
  return (
    <span className={text.startsWith('"') ? "text-[var(--code-key)]" : "text-[var(--code-number)]"}>
      {text}
    </span>
  );
}

"use client";
import { Button, Input, Label, Popover, TextField } from "@heroui/react";
import { Download, Undo2, Upload } from "lucide-react";
import { useRef, useState } from "react";
import {
  exportMapping,
  groupUnder,
  importMapping,
  stripPrefix,
  toCamelCase,
  toSnakeCase,
} from "@/lib/event/keys";
import type { Mapping } from "@/lib/event/mapping";
import { plural } from "@/lib/format";

/** Changes of all selected keys at once, each undone by one press; a mapping as a file, out and in. */
export function KeyTools({
  columns,
  mapping,
  onChange,
}: {
  columns: readonly { name: string }[];
  mapping: Mapping;
  onChange: (mapping: Mapping) => void;
}) {
  const [past, setPast] = useState<Mapping[]>([]);
  const [news, setNews] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const change = (next: Mapping, text: string) => {
    setPast([...past, mapping]);
    setNews(text);
    onChange(next);
  };
  const undo = () => {
    const before = past.at(-1);
    if (!before) return;
    setPast(past.slice(0, -1));
    setNews("Undone.");
    onChange(before);
  };
  const read = async (chosen: File) => {
    const imported = importMapping(await chosen.text(), columns, mapping);
    if (!imported)
      return setNews("This file is no mapping that was exported here. Nothing was changed.");
    change(
      imported.mapping,
      `${plural(imported.mapping.columns.length, "column")} taken from the file.${imported.missing.length ? ` This table has no ${imported.missing.join(", ")}.` : ""}`,
    );
  };
  const save = () => {
    const address = URL.createObjectURL(
      new Blob([exportMapping(mapping)], { type: "application/json" }),
    );
    Object.assign(document.createElement("a"), { href: address, download: "mapping.json" }).click();
    URL.revokeObjectURL(address);
  };
  return (
    <div className="mb-3">
      <div
        role="group"
        aria-label="Change all selected keys"
        className="flex flex-wrap items-center gap-1"
      >
        <Button
          size="sm"
          variant="ghost"
          onPress={() => change(toCamelCase(mapping), "Keys written in camelCase.")}
        >
          camelCase
        </Button>
        <Button
          size="sm"
          variant="ghost"
          onPress={() => change(toSnakeCase(mapping), "Keys written in snake_case.")}
        >
          snake_case
        </Button>
        <Asked
          title="Strip prefix"
          label="Prefix to strip"
          placeholder="cust_"
          onDone={(text) => change(stripPrefix(mapping, text), `“${text}” taken off.`)}
        />
        <Asked
          title="Group under"
          label="Group"
          placeholder="address"
          onDone={(text) => change(groupUnder(mapping, text), `Keys nested under “${text}”.`)}
        />
        <Button size="sm" variant="ghost" isDisabled={past.length === 0} onPress={undo}>
          <Undo2 aria-hidden className="size-4" />
          Undo
        </Button>
        <Button size="sm" variant="ghost" onPress={() => file.current?.click()}>
          <Upload aria-hidden className="size-4" />
          Import
        </Button>
        <Button size="sm" variant="ghost" onPress={save}>
          <Download aria-hidden className="size-4" />
          Export
        </Button>
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          aria-label="Mapping file"
          tabIndex={-1}
          className="sr-only"
          onChange={(event) => {
            const [chosen] = event.target.files ?? [];
            if (chosen) void read(chosen);
            event.target.value = ""; // the same file may be chosen again
          }}
        />
      </div>
      <p role="status" className="px-2 text-xs text-muted">
        {news}
      </p>
    </div>
  );
}

/** A button that asks for one text first. */
function Asked({
  title,
  label,
  placeholder,
  onDone,
}: {
  title: string;
  label: string;
  placeholder: string;
  onDone: (text: string) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  return (
    <Popover isOpen={isOpen} onOpenChange={setOpen}>
      <Button size="sm" variant="ghost">
        {title}
      </Button>
      <Popover.Content>
        <Popover.Dialog aria-label={title}>
          <form
            className="flex items-end gap-2 p-1"
            onSubmit={(event) => {
              event.preventDefault();
              event.stopPropagation(); // it stands inside the form of the step, as React sees it
              if (text.trim() === "") return;
              onDone(text.trim());
              setOpen(false);
            }}
          >
            <TextField value={text} onChange={setText} autoFocus>
              <Label>{label}</Label>
              <Input
                placeholder={placeholder}
                className="font-mono"
                spellCheck={false}
                autoComplete="off"
              />
            </TextField>
            <Button type="submit" size="sm" isDisabled={text.trim() === ""}>
              Apply
            </Button>
          </form>
        </Popover.Dialog>
      </Popover.Content>
    </Popover>
  );
}

"use client";
import { ComboBox, Description, Input, Label, ListBox, ListBoxLoadMoreItem } from "@heroui/react";
import { Lock } from "lucide-react";
import { useState, type ReactNode } from "react";
import { cn } from "@/components/ui/cn";

/** `badge` says what it is; a disabled option is greyed, and `remark` says why in words to copy from elsewhere on the page. */
export type SearchOption = {
  id: string;
  title: string;
  badge?: string;
  note?: string;
  isDisabled?: boolean;
  remark?: string;
};

/**
 * A list that is searched and paged by whoever has it: what is typed goes out through `onSearch`, the next page is
 * asked for when the end is scrolled into view. While it is closed it shows what is chosen.
 */
export function SearchCombo({
  label,
  options,
  value,
  onChange,
  onSearch,
  isLoading,
  hasMore,
  onMore,
  isDisabled = false,
  placeholder,
  description,
  emptyText,
}: {
  label: string;
  options: SearchOption[];
  value: string | null;
  onChange: (id: string) => void;
  onSearch: (text: string) => void;
  isLoading: boolean;
  hasMore: boolean;
  onMore: () => void;
  isDisabled?: boolean;
  placeholder?: string;
  description?: ReactNode;
  emptyText: string;
}) {
  /** What is being typed; null while nothing is. */
  const [typed, setTyped] = useState<string | null>(null);
  const search = (text: string) => {
    // the text of what is chosen is no search: opening the list shows everything
    if (text === (typed ?? value ?? "")) return;
    setTyped(text);
    onSearch(text.trim());
  };
  const close = () => {
    setTyped(null);
    onSearch("");
  };
  return (
    <ComboBox
      fullWidth
      menuTrigger="focus"
      allowsEmptyCollection
      allowsCustomValue // else what is chosen is cleared when the page of options at hand hasn't got it
      isDisabled={isDisabled}
      selectedKey={value}
      inputValue={typed ?? value ?? ""}
      onInputChange={search}
      onOpenChange={(isOpen) => {
        if (!isOpen) close();
      }}
      onSelectionChange={(key) => {
        if (key === null) return;
        onChange(String(key));
        close();
      }}
      disabledKeys={options.filter((option) => option.isDisabled).map(({ id }) => id)}
      items={options}
    >
      <Label>{label}</Label>
      <ComboBox.InputGroup>
        <Input placeholder={placeholder} spellCheck={false} autoComplete="off" onBlur={close} />
        <ComboBox.Trigger />
      </ComboBox.InputGroup>
      {description && <Description>{description}</Description>}
      <ComboBox.Popover placement="bottom start" className="max-w-[min(40rem,calc(100vw-2rem))]">
        <ListBox
          className="max-h-96 overflow-y-auto"
          renderEmptyState={() => (
            <p className="px-3 py-2 text-sm text-muted">{isLoading ? "Reading" : emptyText}</p>
          )}
        >
          {[
            ...options.map((option) => (
              <ListBox.Item key={option.id} id={option.id} textValue={option.title}>
                <span className="min-w-0 flex-1">
                  <span className="flex items-baseline gap-2">
                    {option.isDisabled && (
                      <Lock aria-hidden className="size-3.5 shrink-0 self-center" />
                    )}
                    <span className="min-w-0 flex-1 break-all">{option.title}</span>
                    {option.badge && (
                      <span
                        className={cn(
                          "shrink-0 rounded px-1.5 text-xs text-muted",
                          "bg-surface-tertiary",
                        )}
                      >
                        {option.badge}
                      </span>
                    )}
                  </span>
                  {option.note && <span className="block text-xs text-muted">{option.note}</span>}
                  {option.remark && (
                    <span className="block font-mono text-xs break-all text-muted">
                      {option.remark}
                    </span>
                  )}
                </span>
                <ListBox.ItemIndicator />
              </ListBox.Item>
            )),
            ...(hasMore
              ? [
                  <ListBoxLoadMoreItem
                    key="more"
                    isLoading={isLoading}
                    onLoadMore={onMore}
                    className="px-3 py-1.5 text-xs text-muted"
                  >
                    Reading more
                  </ListBoxLoadMoreItem>,
                ]
              : []),
          ]}
        </ListBox>
      </ComboBox.Popover>
    </ComboBox>
  );
}

"use client";
import { Tabs } from "@heroui/react";
import { Code } from "@/components/ui/code";

export type Policy = { id: string; title: string; note: string; text: string };

/** Texts to paste into AWS, one tab each. */
export function PolicyTabs({ texts }: { texts: readonly Policy[] }) {
  return (
    <section aria-labelledby="policies">
      <h2 id="policies" className="mb-2 font-medium">
        Policies
      </h2>
      <Tabs className="w-full">
        <Tabs.ListContainer className="overflow-x-auto">
          <Tabs.List aria-label="Policies">
            {texts.map(({ id, title }) => (
              <Tabs.Tab key={id} id={id}>
                {title}
                <Tabs.Indicator />
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </Tabs.ListContainer>
        {texts.map(({ id, title, note, text }) => (
          <Tabs.Panel key={id} id={id} className="pt-3">
            <p className="mb-2 text-sm text-muted">{note}</p>
            <Code
              language={id === "terraform" ? "sql" : "json"}
              label={id === "terraform" ? "Terraform" : `${title} policy`}
              text={text}
            />
          </Tabs.Panel>
        ))}
      </Tabs>
    </section>
  );
}

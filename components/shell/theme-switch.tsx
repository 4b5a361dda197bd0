"use client";
import { Button } from "@heroui/react";
import { Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { useInBrowser } from "@/components/ui/use-in-browser";

const order = ["system", "light", "dark"] as const;
const looks = {
  system: { icon: Monitor, text: "Theme: as the system" },
  light: { icon: Sun, text: "Theme: light" },
  dark: { icon: Moon, text: "Theme: dark" },
} as const;

/** Steps through system, light and dark. What is stored is known in the browser only, so the server draws "system". */
export function ThemeSwitch() {
  const { theme, setTheme } = useTheme();
  const inBrowser = useInBrowser();
  const current = inBrowser ? (order.find((name) => name === theme) ?? "system") : "system";
  const { icon: Icon, text } = looks[current];
  return (
    <Button
      isIconOnly
      variant="ghost"
      size="sm"
      aria-label={text}
      onPress={() => setTheme(order[(order.indexOf(current) + 1) % order.length] ?? "system")}
    >
      <Icon aria-hidden className="size-4" />
    </Button>
  );
}

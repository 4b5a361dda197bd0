export function Logo() {
  return (
    <span className="flex items-center gap-2.5 font-semibold text-foreground">
      <svg viewBox="0 0 32 32" className="size-6" aria-hidden>
        <rect width="32" height="32" rx="8" fill="var(--accent)" />
        <path
          d="M6 11.500c2.500-2.400 4.200-2.400 6.700 0s4.200 2.400 6.600 0 4.200-2.400 6.700 0M6 17c2.500-2.400 4.200-2.400 6.700 0s4.200 2.400 6.600 0 4.200-2.400 6.700 0M6 22.500c2.500-2.400 4.200-2.400 6.700 0s4.200 2.400 6.600 0 4.200-2.400 6.700 0"
          fill="none"
          stroke="var(--accent-foreground)"
          strokeWidth="2"
          strokeLinecap="round"
        />
      </svg>
      Tidegate
    </span>
  );
}

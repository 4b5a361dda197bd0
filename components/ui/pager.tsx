import { ButtonLink } from "@/components/ui/button-link";
import { count } from "@/lib/format";

/** The way through a list whose page is in the address; nothing where all of it is here. */
export function Pager({
  page,
  size,
  total,
  href,
}: {
  page: number;
  size: number;
  total: number;
  href: (page: number) => string;
}) {
  const last = Math.max(1, Math.ceil(total / size));
  if (last === 1) return null;
  const from = (page - 1) * size + 1;
  return (
    <nav aria-label="Pages" className="mt-4 flex flex-wrap items-center gap-3 text-sm text-muted">
      <span className="flex-1 tabular-nums">
        {count(from)} to {count(Math.min(page * size, total))} of {count(total)}
      </span>
      {page > 1 && (
        <ButtonLink variant="secondary" href={href(page - 1)}>
          Previous
        </ButtonLink>
      )}
      {page < last && (
        <ButtonLink variant="secondary" href={href(page + 1)}>
          Next
        </ButtonLink>
      )}
    </nav>
  );
}

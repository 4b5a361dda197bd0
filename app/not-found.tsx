import { ButtonLink } from "@/components/ui/button-link";
import { paths } from "@/lib/paths";

export default function NotFound() {
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-4 px-5">
      <h1 className="text-2xl font-semibold tracking-tight">There is nothing here</h1>
      <p className="text-sm text-muted">
        The address is wrong, what was here has been deleted, or it belongs to another team.
      </p>
      <div>
        <ButtonLink href={paths.overview}>Go to the overview</ButtonLink>
      </div>
    </main>
  );
}

"use client";

/** Shown when even the frame of the pages fails, so it leans on nothing: no styles, no components. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body>
        <main>
          <title>Tidegate</title>
          <h1>This page could not be shown</h1>
          <p>
            Something failed on our side. Nothing was changed.
            {error.digest && ` Its number in Tidegate's log is ${error.digest}.`}
          </p>
          <form action="/">
            <button>Try again</button>
          </form>
        </main>
      </body>
    </html>
  );
}

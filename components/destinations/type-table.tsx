import { Cell, Table } from "@/components/ui/table";
import { postgresTypes, redshiftTypes } from "@/lib/connectors/redshift/spec";

/** How types become columns of the target. */
export function TypeTable() {
  return (
    <section aria-labelledby="types">
      <h2 id="types" className="font-medium">
        Types
      </h2>
      <p className="mt-1 mb-2 text-sm text-muted">
        Every Redshift type stays what it is. A table that is there already keeps its types, and a
        column is only ever made wider.
      </p>
      <Mapping label="From Redshift" types={redshiftTypes} />
      <p className="mt-2 text-xs text-muted">
        Names are folded to lower case. Lengths of texts count bytes.
      </p>
      <details className="mt-3 text-sm">
        <summary className="cursor-pointer text-muted hover:text-foreground">
          From PostgreSQL
        </summary>
        <div className="mt-2">
          <Mapping label="From PostgreSQL" types={postgresTypes} />
        </div>
      </details>
    </section>
  );
}

function Mapping({
  label,
  types,
}: {
  label: string;
  types: readonly { from: string; to: string }[];
}) {
  return (
    <Table label={label} head={[{ title: "Source" }, { title: "Target" }]}>
      {types.map(({ from, to }) => (
        <tr key={from}>
          <Cell className="font-mono text-xs">{from}</Cell>
          <Cell className="font-mono text-xs">{to}</Cell>
        </tr>
      ))}
    </Table>
  );
}

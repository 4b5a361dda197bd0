/** Whom a firewall must let in. Tidegate runs where you run it, so the addresses are yours. */
export function AddressHelp({ port }: { port: number }) {
  return (
    <section aria-labelledby="allow-list" className="mt-6">
      <h2 id="allow-list" className="font-medium">
        IP allow-list
      </h2>
      <p className="mt-1 text-sm text-muted">
        Tidegate is self-hosted: there are no addresses of ours to allow. Allow the public address
        that this machine goes out with, on port {port}, in the inbound rules of the warehouse’s
        security group. With several machines, or behind a NAT gateway, that is each machine’s or
        the gateway’s.
      </p>
      <p className="mt-1 text-sm text-muted">
        Through an SSH server (Advanced), allow that server instead. In the same network (VPC),
        allow the machine’s private address or its security group.
      </p>
    </section>
  );
}

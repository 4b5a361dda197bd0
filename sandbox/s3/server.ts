import { FaultRules, type S3Deny, type S3Fault } from "../faults";
export class S3Server {
  readonly faults = new FaultRules<S3Fault>();
  denied: S3Deny[] = [];
  requests(): unknown[] { return []; }
  static async start(options: { dir: string; port: number; region: string; bucket: string; log: unknown; keys: Map<string, { secret: string; identity: string }> }): Promise<S3Server> { void options; return new S3Server(); }
  async close(): Promise<void> { return; }
}

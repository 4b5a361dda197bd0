// The control API: how tests and demos look into the sandbox and order faults.
import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { z } from "zod";
import type { EventReceiver } from "./events";
import {
  eventFaultsSchema,
  redshiftFaultsSchema,
  redshiftSettingsSchema,
  s3DenySchema,
  s3FaultsSchema,
} from "./faults";
import { modesSchema } from "./redshift/modes";
import type { RedshiftServer } from "./redshift/server";
import type { S3Server } from "./s3/server";

export interface Controlled {
  redshift: RedshiftServer;
  s3: S3Server;
  events: EventReceiver;
}

type Handler = (url: URL, body: unknown) => unknown;

function databaseIn(url: URL): string {
  const database = url.searchParams.get("database");
  if (!database) throw new Error("?database= must name a database");
  return database;
}

function routes({ redshift, s3, events }: Controlled): Record<string, Handler> {
  return {
    "GET /statements": (url) =>
      redshift.statements.after(Number(url.searchParams.get("after") ?? 0) || 0),
    "GET /statements/running": () => redshift.statements.running(),
    "DELETE /statements": () => redshift.statements.clear(),
    "GET /redshift/faults": () => redshift.faults.list(),
    "GET /redshift/faults/used": () => redshift.faults.used(),
    // ?user= leaves the rules of other users alone, so that tests can run beside each other
    "PUT /redshift/faults": (url, body) => {
      const user = url.searchParams.get("user");
      redshift.faults.set(
        redshiftFaultsSchema.parse(body),
        user === null ? undefined : (rule) => rule.user === user,
      );
    },
    "GET /redshift/settings": () => redshift.settings,
    "PUT /redshift/settings": (_, body) =>
      void (redshift.settings = redshiftSettingsSchema.parse(body)),
    "GET /redshift/modes": (url) => redshift.modesOf(databaseIn(url)),
    "PUT /redshift/modes": (url, body) =>
      redshift.setModes(databaseIn(url), modesSchema.parse(body)),
    "POST /redshift/drop-sessions": () => redshift.dropSessions(),
    "PUT /s3/faults": (_, body) => s3.faults.set(s3FaultsSchema.parse(body)),
    "PUT /s3/deny": (_, body) => void (s3.denied = s3DenySchema.parse(body)),
    "GET /s3/objects": () => s3.objects(),
    "GET /s3/requests/running": () => s3.running(),
    "GET /s3/requests": () => s3.requests(),
    "PUT /events/faults": (_, body) => events.faults.set(eventFaultsSchema.parse(body)),
  };
}

export async function startControl(
  controlled: Controlled,
  token: string,
  port: number,
): Promise<Server> {
  const handlers = routes(controlled);
  const expected = Buffer.from(`Bearer ${token}`);
  const server = createServer((request, response) => {
    const reply = (status: number, body: unknown): void => {
      response
        .writeHead(status, { "content-type": "application/json" })
        .end(JSON.stringify(body ?? {}));
    };
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      return reply(401, { error: "wrong or missing bearer token" });
    const url = new URL(request.url ?? "/", "http://sandbox");
    const handler = handlers[`${request.method} ${url.pathname}`];
    if (!handler) return reply(404, { error: `no ${request.method} ${url.pathname}` });
    readJson(request)
      .then(async (body) => reply(200, await handler(url, body)))
      .catch((error: unknown) =>
        reply(400, { error: error instanceof z.ZodError ? z.prettifyError(error) : String(error) }),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text ? JSON.parse(text) : undefined;
}

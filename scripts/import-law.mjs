// The import law: which part of the house may know which. A law that only a document states does not exist, so this
// is an ESLint rule (eslint.config.mjs switches it on), and import-law.test.ts shows that it bites.

const domains =
  "(account|audit|connections|credentials|destinations|drafts|runs|schedule|sources|team|verification)";
const publicFace = `lib/${domains}/(schema|types|actions|queries|steps|state|rules)$`;
const shared = [
  "lib/(paths|format)$",
  "lib/platform/result$",
  "lib/event/",
  "lib/connectors/(contract/[^/]+|catalog|[^/]+/(spec|permissions|session/endpoint|checks/permissions))$",
];

/**
 * First match decides. `may` are patterns of project paths (without extension) that the zone may import.
 * @type {{ zone: RegExp, may: string[], say: string, plainNode?: boolean }[]}
 */
const zones = [
  {
    zone: /^sandbox\//,
    may: ["sandbox/", "scripts/embedded-postgres$"],
    say: "The sandbox is a program of its own: it imports nothing of the product.",
  },
  { zone: /^(scripts|prisma)\//, may: [""], say: "" },
  {
    zone: /^bench\//,
    may: ["lib/", "bench/", "scripts/", "prisma/"],
    say: "Benchmarks measure what production uses: import it from lib.",
  },
  {
    zone: /^e2e\//,
    may: ["e2e/", "lib/paths$", "prisma/factories/", "scripts/"],
    say: "A journey uses the product from outside: go through the browser, lib/paths and the factories.",
  },
  {
    zone: /^lib\/testing\//,
    may: ["lib/(?!worker/)", "prisma/", "scripts/"],
    say: "Test support may import the library, not the worker program.",
  },
  {
    zone: /^lib\/event\//,
    may: ["lib/event/"],
    say: "Events are pure and run in the browser too: move what this needs to its caller.",
    plainNode: true,
  },
  {
    zone: /^lib\/platform\//,
    may: ["lib/platform/", "prisma/generated/"],
    say: "platform is the bottom: pass it in as an argument instead.",
    plainNode: true,
  },
  {
    zone: /^lib\/connectors\//,
    may: ["lib/platform/", "lib/event/", "lib/connectors/"],
    say: "A connector knows only platform, events and connectors: let the domain hand it what it needs.",
    plainNode: true,
  },
  {
    zone: /^lib\/engine\//,
    may: ["lib/platform/", "lib/event/", "lib/engine/", "lib/connectors/contract/"],
    say: "The engine knows contracts, not products: add it to lib/connectors/contract/ or pass it in.",
    plainNode: true,
  },
  {
    zone: /^lib\/web\//,
    may: ["lib/platform/", "lib/web/", "lib/team/", "lib/audit/", "lib/paths$"],
    say: "Request plumbing knows platform, team and audit: domains call it, not the other way round.",
  },
  {
    zone: new RegExp(`^lib/${domains}/(actions|loaders)`),
    may: [
      "lib/(platform|web|event)/",
      `lib/${domains}/`,
      "lib/connectors/(contract/[^/]+|catalog|registry|[^/]+/spec)$",
      "lib/jobs/queue$",
      "lib/(paths|format)$",
    ],
    say: "An action joins session, domain and queue: drivers, engine and handlers stay behind those.",
  },
  {
    zone: new RegExp(`^lib/${domains}/`),
    may: [
      "lib/(platform|event)/",
      `lib/${domains}/`,
      "prisma/generated/",
      "lib/connectors/(contract/[^/]+|catalog|registry|[^/]+/spec)$",
      "lib/paths$",
    ],
    say: "A domain's core takes explicit arguments and runs in the worker too: do request-facing things in actions.ts.",
    plainNode: true,
  },
  {
    zone: /^lib\/jobs\//,
    may: [
      "lib/(platform|event|engine|jobs)/",
      `lib/${domains}/(?!actions|loaders)`,
      "lib/connectors/(contract/[^/]+|registry)$",
    ],
    say: "Jobs join engine, domains and registry; nothing request-facing.",
    plainNode: true,
  },
  {
    zone: /^lib\/worker\//,
    may: ["lib/(platform|jobs|worker)/", "scripts/with-parent"],
    say: "The worker program only starts and stops: put the work into lib/jobs.",
    plainNode: true,
  },
  {
    zone: /^lib\//,
    may: ["lib/(paths|format)$"],
    say: "A file directly in lib is isomorphic and imports nothing.",
  },
  {
    zone: /^components\/ui\//,
    may: ["components/ui/", "lib/platform/result$", "lib/format$"],
    say: "Primitives could ship in another product: pass product words in as props.",
  },
  {
    zone: /^components\/(shell|wizard)\//,
    may: [
      "components/(ui|shell|wizard)/",
      "lib/(paths|format)$",
      "lib/platform/result$",
      "lib/drafts/steps$",
      "lib/team/(types|rules)$",
      "lib/account/actions$",
    ],
    say: "Frame and wizard know no connector and no domain: pass it in as children or props.",
  },
  {
    zone: /^components\//,
    may: ["components/", publicFace, ...shared],
    say: "A view sees the public face of lib only: schema, types, actions, queries, steps, state, rules, specs.",
  },
  {
    zone: /^(instrumentation|proxy)\.ts$/,
    may: ["lib/platform/"],
    say: "What runs before every request knows the platform only.",
  },
  {
    zone: /^app\//,
    may: [
      "components/",
      "app/",
      `lib/${domains}/(data|loaders|actions|schema|types|steps|state|rules)$`,
      "lib/web/(session|params|define-action|oidc)$",
      "lib/platform/(db|env|log|pages|places)$",
      ...shared,
    ],
    say: "A route gates, loads and composes: move the rest to components or lib.",
  },
];

/** Narrow doors: packages that may be imported in few places. */
const doors = [
  {
    name: /^ssh2$/,
    only: /^(lib\/connectors\/ssh\/client\.ts|lib\/testing\/|e2e\/|bench\/)/,
    say: "The SSH library belongs into lib/connectors/ssh/client.ts.",
  },
  {
    name: /^pg$/,
    only: /^(lib\/connectors\/[^/]+\/(session\/)?client\.ts|lib\/jobs\/queue\.ts|scripts\/|sandbox\/|prisma\/|e2e\/|bench\/|lib\/testing\/)/,
    say: "The driver pg belongs into a connector's client.ts, and for notifications into lib/jobs/queue.ts.",
  },
  {
    name: /^@aws-sdk\//,
    only: /^(lib\/connectors\/(s3\/client|redshift\/session\/iam)\.ts|sandbox\/)/,
    say: "AWS's SDK belongs into lib/connectors/s3/client.ts, and for logins into redshift/session/iam.ts.",
  },
  {
    name: /^(node:)?(net|http|https|http2|dns|dns\/promises|dgram)$/,
    only: /^(lib\/platform\/network\/|lib\/testing\/|scripts\/|sandbox\/|e2e\/|bench\/|prisma\/)/,
    say: "Connections go out through lib/platform/network, which knows where they may go.",
  },
  {
    name: /^undici$/,
    only: /^(lib\/platform\/network\/|lib\/connectors\/http\/|lib\/connectors\/[^/]+\/(session\/)?client\.ts|bench\/|sandbox\/)/,
    say: "HTTP goes out through lib/connectors/http.",
  },
  {
    name: /^(@prisma\/|@\/prisma\/generated\/)/,
    only: /^(lib\/platform\/db\.ts|lib\/[^/]+\/(data|mutations)\.ts|lib\/web\/auth\.ts|prisma\/|lib\/testing\/)/,
    say: "Prisma is for data.ts and mutations.ts: call those.",
  },
  {
    name: /^openid-client$/,
    only: /^lib\/web\/oidc\.ts/,
    say: "The OpenID provider is spoken to in lib/web/oidc.ts.",
  },
  {
    name: /^server-only$/,
    only: /^lib\/(web\/|[^/]+\/loaders\.ts)/,
    say: "server-only throws in plain Node, and the worker shares this file.",
  },
];

const nextOrReact = /^(next(\/|$)|react(\/|$)|react-dom)/;
const isTest = (/** @type {string} */ file) => /\.test\.tsx?$/.test(file);

/** The sentence against an import, or undefined. @param {string} file path from the root @param {string} specifier */
export function objection(file, specifier) {
  const door = doors.find(({ name }) => name.test(specifier));
  if (door && !door.only.test(file) && !isTest(file)) return door.say;
  const zone = zones.find(({ zone }) => zone.test(file));
  if (!zone) return undefined;
  if (zone.plainNode && nextOrReact.test(specifier))
    return `${zone.say} (Plain Node here: no Next, no React.)`;
  if (/^\.\.\//.test(specifier) && !/^(scripts|prisma|sandbox)\//.test(file))
    return "Across folders write @/…; ./ is for the same folder.";
  if (!specifier.startsWith("@/")) return undefined;
  const path = specifier.slice(2).replace(/\.(tsx?|mjs)$/, "");
  if (isTest(file) && /^(lib\/testing\/|prisma\/factories\/)/.test(path)) return undefined;
  return zone.may.some((pattern) => new RegExp(`^${pattern}`).test(path)) ? undefined : zone.say;
}

/** @type {import("eslint").Rule.RuleModule} */
export const importLaw = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const file = context.filename.slice(context.cwd.length + 1).replaceAll("\\", "/");
    /** @param {import("estree").Node} node @param {unknown} specifier */
    const judge = (node, specifier) => {
      if (typeof specifier !== "string") return;
      const message = objection(file, specifier);
      if (message) context.report({ node, message: `${specifier}: ${message}` });
    };
    return {
      ImportDeclaration: (node) => judge(node, node.source.value),
      ExportNamedDeclaration: (node) => node.source && judge(node, node.source.value),
      ExportAllDeclaration: (node) => judge(node, node.source.value),
      ImportExpression: (node) =>
        judge(node, node.source.type === "Literal" ? node.source.value : undefined),
    };
  },
};

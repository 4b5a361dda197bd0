import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveReferences, type ReferenceAccess } from "@/lib/platform/secret-reference";

const dir = realpathSync(mkdtempSync(join(tmpdir(), "tidegate-references-")));
const allowed = join(dir, "allowed");
const keys = join(dir, "keys");
const dataDir = join(dir, "data");
const key = Buffer.alloc(32, 7).toString("base64");
/** As generous as an operator can be: what is refused below is refused all the same. */
const everything = [
  "/proc/self/environ",
  "/proc/*",
  "/sys/*",
  "/dev/*",
  "/run/secrets/*",
  "/var/run/secrets/*",
  `${dir}/*`,
  `${process.cwd()}/*`,
].map((path) => `file:${path}`);
const names = [
  "ENCRYPTION_KEY*",
  "DATABASE_URL",
  "OIDC_*",
  "AWS_*",
  "PGPASSWORD",
  "BASE_URL",
  "A*",
];

beforeAll(() => {
  for (const folder of [allowed, keys, dataDir]) mkdirSync(folder);
  process.env.SECRET_REFERENCES = [
    `team-1 = env:WAREHOUSE_*, env:EXACTLY, file:${allowed}/* to redshift, ssh@bastion.example.com`,
    "team-1 = env:HOOK to webhook@*.example.com",
    `generous = ${[...everything, ...names.map((name) => `env:${name}`)].join(", ")} to redshift`,
    "env:WAREHOUSE_DB to postgres@db.example.com",
  ].join("; ");
  process.env.DATA_DIR = dataDir;
  process.env.ENCRYPTION_KEY_FILE = join(keys, "key");
  process.env.WAREHOUSE_DB = "from the environment";
  process.env.EXACTLY = "exactly";
  process.env.EXACTLY_NOT = "no";
  process.env.HOOK = "hook";
  process.env.WAREHOUSE_INDIRECT = "env:EXACTLY";
  process.env.A_COPY_OF_THE_KEY = `${key}\n`;
  process.env.AWS_SECRET_ACCESS_KEY = "AWS-SECRET";
  process.env.A_COPY_OF_THE_MACHINES_KEY = "AWS-SECRET";
  process.env.PGPASSWORD = "x";
  writeFileSync(join(keys, "key"), key);
  writeFileSync(join(keys, "old-key"), "old");
  writeFileSync(join(dataDir, "postgres-password"), "x");
  linkSync(join(keys, "key"), join(allowed, "same-file"));
  writeFileSync(join(allowed, "copy"), `first\n${key}\n`);
  symlinkSync(join(keys, "key"), join(allowed, "link-to-key"));
  symlinkSync("/proc", join(allowed, "process"));
  writeFileSync(join(allowed, "password"), "from a file\n");
  writeFileSync(join(allowed, "key.pem"), "-----BEGIN\nKEY\n-----END\n");
  writeFileSync(join(allowed, "empty"), "\n");
  writeFileSync(join(allowed, "big"), "x".repeat(70_000));
  writeFileSync(join(dir, "outside"), "outside");
  symlinkSync(join(dir, "outside"), join(allowed, "link"));
  symlinkSync(join(allowed, "password"), join(allowed, "inner"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const toWarehouse: ReferenceAccess = {
  team: { id: "team-1", isOnly: false },
  targetsOf: (path) =>
    path[0] === "tunnel"
      ? [{ kind: "ssh", host: "Bastion.Example.com." }]
      : [{ kind: "redshift", host: "warehouse.example.com" }],
};
const to = (kind: "redshift" | "postgres" | "webhook", host: string): ReferenceAccess => ({
  ...toWarehouse,
  targetsOf: () => [{ kind, host }],
});
const REFUSED = "is not one that this team may send there";
const OWN = "leads to what Tidegate itself uses";

test("references are replaced wherever they stand; everything else stays as it is", () => {
  const secret = {
    password: "env:WAREHOUSE_DB",
    otherPassword: "env:EXACTLY",
    tunnel: {
      privateKey: `file:${allowed}/key.pem`,
      passphrase: "",
      password: `file:${allowed}/inner`,
    },
    plain: "not-env:X",
    list: [`file:${allowed}/password`, 3, null],
  };
  expect(resolveReferences(secret, toWarehouse)).toEqual({
    password: "from the environment",
    otherPassword: "exactly",
    tunnel: { privateKey: "-----BEGIN\nKEY\n-----END", passphrase: "", password: "from a file" },
    plain: "not-env:X",
    list: ["from a file", 3, null],
  });
});

test("a file that is changed out there holds at once", () => {
  writeFileSync(join(allowed, "moving"), "one");
  expect(resolveReferences(`file:${allowed}/moving`, toWarehouse)).toBe("one");
  writeFileSync(join(allowed, "moving"), "two");
  expect(resolveReferences(`file:${allowed}/moving`, toWarehouse)).toBe("two");
});

test.each([
  ["env:WAREHOUSE_INDIRECT", "is itself a reference"],
  ["env:HOOK", REFUSED],
  ["env:EXACTLY_NOT", REFUSED],
  ["env:WAREHOUSE_MISSING", "isn't set"],
  ["file:/etc/passwd", REFUSED],
  ["file:relative", REFUSED],
  [() => `file:${allowed}/../outside`, REFUSED],
  [() => `file:${allowed}/link`, REFUSED],
  [() => `file:${allowed}/none`, "can't be read"],
  [() => `file:${allowed}`, REFUSED],
  [() => `file:${allowed}/.`, REFUSED],
  [() => `file:${allowed}/copy`, OWN],
  [() => `file:${allowed}/same-file`, OWN],
  [() => `file:${allowed}/link-to-key`, OWN],
  [() => `file:${allowed}/process/self/environ`, OWN],
  [() => `file:${allowed}/empty`, "is empty"],
  [() => `file:${allowed}/big`, "is larger than 64 KB"],
  [() => `file:${allowed}/a\0b`, "can't be read"],
] as const)("%s is refused in words", (reference, why) => {
  const text = typeof reference === "string" ? reference : reference();
  expect(() => resolveReferences({ password: text }, toWarehouse)).toThrow(why);
});

test.each([
  ...[
    "ENCRYPTION_KEY",
    "ENCRYPTION_KEY_FILE",
    "DATABASE_URL",
    "OIDC_CLIENT_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "PGPASSWORD",
    "BASE_URL",
    "A_COPY_OF_THE_KEY",
    "A_COPY_OF_THE_MACHINES_KEY",
  ].map((name) => `env:${name}`),
  ...[
    "/proc/self/environ",
    "/proc/1/environ",
    "/sys/class/net",
    "/dev/stdin",
    "/run/secrets/tidegate-keys",
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
    join(keys, "key"),
    join(keys, "old-key"),
    join(keys, "key.1234"),
    join(allowed, "..", "keys", "key"),
    join(dataDir, "postgres-password"),
    join(dataDir, "none"),
    join(process.cwd(), ".env"),
    join(process.cwd(), ".env.production"),
  ].map((path) => `file:${path}`),
])("%s is refused whatever the operator allows", (reference) => {
  const access = { ...toWarehouse, team: { id: "generous", isOnly: true } };
  expect(() => resolveReferences(reference, access)).toThrow(OWN);
});

test("a reference goes to the team, the kind and the host that the operator named, and nowhere else", () => {
  expect(resolveReferences("env:HOOK", to("webhook", "in.example.com"))).toBe("hook");
  expect(() => resolveReferences("env:HOOK", to("webhook", "example.com"))).toThrow(REFUSED);
  expect(() => resolveReferences("env:HOOK", to("webhook", "example.com.evil"))).toThrow(REFUSED);
  expect(() => resolveReferences("env:EXACTLY", to("webhook", "in.example.com"))).toThrow(REFUSED);
  expect(() =>
    resolveReferences(
      { tunnel: { password: "env:EXACTLY" } },
      {
        ...toWarehouse,
        targetsOf: () => [{ kind: "ssh", host: "bastion.evil" }],
      },
    ),
  ).toThrow(REFUSED);
  const stranger = { ...toWarehouse, team: { id: "team-2", isOnly: false } };
  expect(() => resolveReferences("env:EXACTLY", stranger)).toThrow(REFUSED);
  expect(() => resolveReferences("env:EXACTLY")).toThrow(REFUSED);
  expect(() => resolveReferences("env:EXACTLY", { ...toWarehouse, targetsOf: () => [] })).toThrow(
    REFUSED,
  );
});

test("every place that a secret passes through has to be named", () => {
  const through = (host: string): ReferenceAccess => ({
    ...toWarehouse,
    targetsOf: () => [
      { kind: "redshift", host: "warehouse.example.com" },
      { kind: "ssh", host },
    ],
  });
  expect(resolveReferences("env:EXACTLY", through("bastion.example.com"))).toBe("exactly");
  expect(() => resolveReferences("env:EXACTLY", through("bastion.evil"))).toThrow(REFUSED);
});

test("a rule without a team is for the only team there is", () => {
  const only = { ...to("postgres", "db.example.com"), team: { id: "any", isOnly: true } };
  expect(resolveReferences("env:WAREHOUSE_DB", only)).toBe("from the environment");
  expect(() =>
    resolveReferences("env:WAREHOUSE_DB", { ...only, team: { id: "any", isOnly: false } }),
  ).toThrow(REFUSED);
});

test("each use and each refusal is reported, with where it was to go", () => {
  const uses: unknown[] = [];
  const access: ReferenceAccess = { ...toWarehouse, onUse: (use) => uses.push(use) };
  resolveReferences({ password: "env:EXACTLY" }, access);
  expect(() => resolveReferences({ password: "file:/etc/passwd" }, access)).toThrow(REFUSED);
  const targets = [{ kind: "redshift", host: "warehouse.example.com" }];
  expect(uses).toEqual([
    { reference: "env:EXACTLY", targets, refused: null },
    { reference: "file:/etc/passwd", targets, refused: expect.stringContaining(REFUSED) },
  ]);
});

import { expect, test } from "vitest";
import { parseEnv } from "@/lib/platform/env";

test("with nothing set it works, and empty strings count as not set", () => {
  expect(parseEnv({ PORT: "", DATABASE_URL: undefined })).toMatchObject({
    PORT: 3000,
    DATA_DIR: ".data",
  });
});

test.each([
  [{ PORT: "70000" }, "PORT"],
  [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL"],
  [{ ENCRYPTION_KEY: "short" }, "ENCRYPTION_KEY"],
  [{ SANDBOX: "yes" }, "SANDBOX"],
  [{ BASE_URL: "tidegate.example" }, "BASE_URL"],
  [{ SECRET_REFERENCES: "env:TIDEGATE_SECRET_*,file:/run/secrets/*" }, "SECRET_REFERENCES"],
  [{ SECRET_REFERENCES: "team = env:A to nowhere" }, "SECRET_REFERENCES"],
  [{ SECRET_REFERENCES: "team = file:/* to redshift" }, "SECRET_REFERENCES"],
  [{ SECRET_REFERENCES: "team = env:* to redshift" }, "SECRET_REFERENCES"],
  [{ SECRET_REFERENCES: "team = env:A to redshift@a b" }, "SECRET_REFERENCES"],
])("%o is refused by name", (source, name) => {
  expect(() => parseEnv(source)).toThrow(`The setting ${name} is wrong`);
});

test("several keys are taken in order", () => {
  const a = Buffer.alloc(32, 1).toString("base64");
  const b = Buffer.alloc(32, 2).toString("base64");
  expect(parseEnv({ ENCRYPTION_KEY: `${a}, ${b}` }).ENCRYPTION_KEY).toEqual([a, b]);
});

test("no reference is allowed unless the operator names team, reference and target", () => {
  expect(parseEnv({}).SECRET_REFERENCES).toEqual([]);
  expect(parseEnv({ SECRET_REFERENCES: "none" }).SECRET_REFERENCES).toEqual([]);
  expect(
    parseEnv({
      SECRET_REFERENCES:
        "team-1 = env:A_*, file:/etc/team/* to redshift@*.Example.com, ssh;\nenv:B to s3@[::1]",
    }).SECRET_REFERENCES,
  ).toEqual([
    {
      team: "team-1",
      references: ["env:A_*", "file:/etc/team/*"],
      targets: [
        { kind: "redshift", host: "*.example.com" },
        { kind: "ssh", host: null },
      ],
    },
    { team: null, references: ["env:B"], targets: [{ kind: "s3", host: "[::1]" }] },
  ]);
});

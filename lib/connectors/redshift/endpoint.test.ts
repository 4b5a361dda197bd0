import { expect, test } from "vitest";
import { endpointText, hostFacts, parseEndpoint, type Endpoint } from "./endpoint";

const host = "shop.abc123xyz.eu-central-1.redshift.amazonaws.com";
const whole = { host, port: 5439, database: "dev" };

test.each<[string, Endpoint]>([
  [host, { host }],
  [`${host}:5439/dev`, whole],
  [`  ${host}:5439/dev\n`, whole],
  [`jdbc:redshift://${host}:5439/dev`, whole],
  [`jdbc:redshift:iam://${host}:5439/dev`, whole],
  [
    `jdbc:redshift://${host}:5439/dev?ssl=true&UID=rudder&PWD=Pa%26ss1`,
    { ...whole, user: "rudder", password: "Pa&ss1", sslMode: "verify-full" },
  ],
  [
    `jdbc:redshift://${host}:5439/dev;UID=rudder;ssl=false`,
    { ...whole, user: "rudder", sslMode: "off" },
  ],
  [
    `postgres://rudder:p%40ss:word@${host}:5439/dev?sslmode=require`,
    { ...whole, user: "rudder", password: "p@ss:word", sslMode: "require" },
  ],
  [`postgresql://rudder@${host}/dev`, { host, database: "dev", user: "rudder" }],
  [`redshift://${host}/my%20db`, { host, database: "my db" }],
  [`psql -h ${host} -p 5439 -U rudder -d dev`, { ...whole, user: "rudder" }],
  [`psql -h${host} -p5439 -Urudder dev`, { ...whole, user: "rudder" }],
  [
    `PGPASSWORD='a b' psql --host=${host} --port 5439 --username=rudder --dbname dev`,
    { ...whole, user: "rudder", password: "a b" },
  ],
  [
    `psql "host=${host} port=5439 dbname=dev user=rudder sslmode=verify-full"`,
    { ...whole, user: "rudder", sslMode: "verify-full" },
  ],
  [`psql 'postgres://rudder@${host}:5439/dev'`, { ...whole, user: "rudder" }],
  [
    `host=${host} port=5439 dbname='my \\'db' user=rudder`,
    { host, port: 5439, database: "my 'db", user: "rudder" },
  ],
  ["[::1]:5439/dev", { host: "::1", port: 5439, database: "dev" }],
  ["127.0.0.1:5439/dev", { host: "127.0.0.1", port: 5439, database: "dev" }],
])("%s", (text, expected) => {
  expect(parseEndpoint(text)).toEqual(expected);
});

test.each(["", "   ", "my cluster", "psql", "a,b:5439/dev"])("“%s” names no host", (text) => {
  expect(parseEndpoint(text)).toBeNull();
});

test("the host tells provisioned from serverless, name and region; another name tells nothing", () => {
  expect(hostFacts(host)).toEqual({
    deployment: "provisioned",
    name: "shop",
    region: "eu-central-1",
  });
  expect(hostFacts("wg-1.123456789012.us-east-1.redshift-serverless.amazonaws.com")).toEqual({
    deployment: "serverless",
    name: "wg-1",
    region: "us-east-1",
  });
  expect(hostFacts("warehouse.example.com")).toBeNull();
});

test("what was understood is said without the password", () => {
  expect(endpointText({ ...whole, user: "rudder", password: "Secret-1" })).toBe(
    "provisioned cluster shop in eu-central-1, port 5439, database dev, user rudder, a password",
  );
});

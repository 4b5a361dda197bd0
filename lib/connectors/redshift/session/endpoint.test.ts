import { expect, test } from "vitest";
import {
  endpointText,
  hostFacts,
  leftOut,
  MASK,
  MOST_PASTED,
  parseEndpoint,
  passwordIn,
  shownEndpoint,
  type Endpoint,
} from "./endpoint";

const host = "shop.abc123xyz.eu-central-1.redshift.amazonaws.com";
const whole = { host, port: 5439, database: "dev" };

test.each<[string, Endpoint]>([
  [host, { host }],
  [`${host}:5439/dev`, whole],
  [`  ${host}:5439/dev\n`, whole],
  [`jdbc:redshift://${host}:5439/dev`, whole],
  [`jdbc:redshift:iam://${host}:5439/dev`, { ...whole, iam: { use: true } }],
  [
    "jdbc:redshift:iam://shop:eu-central-1/dev",
    { database: "dev", iam: { use: true, name: "shop", region: "eu-central-1" } },
  ],
  [
    "jdbc:redshift:iam://shop-2:us-gov-west-1/dev?DbUser=ada&ssl=true",
    {
      database: "dev",
      user: "ada",
      sslMode: "verify-full",
      iam: { use: true, name: "shop-2", region: "us-gov-west-1" },
    },
  ],
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

const ada = { ...whole, user: "ada" };
const PASSWORD = "Very;Secret&1";
const plain = { ...ada, password: "Very-Secret-1" };

/** As people copy it; with the password as it is written there, which is never shown. */
test.each<[what: string, text: string, expected: Endpoint, written?: string]>([
  ["psql over lines", `psql \\\n  -h ${host} \\\n  -p 5439 \\\n  -U ada \\\n  -d dev`, ada],
  [
    "the same, Windows' line ends",
    `psql \\\r\n -h ${host} \\\r\n -p 5439 -U ada \\\r\n dev\r\n`,
    ada,
  ],
  [
    "the same, lines made one by an input",
    `psql \\  -h ${host} \\  -p 5439 \\  -U ada \\  -d dev`,
    ada,
  ],
  ["the same, with a blank behind a backslash", `psql -h ${host} \\ \n -p 5439 -U ada -d dev`, ada],
  ["cmd's ^", `psql ^\n -h ${host} ^\n -p 5439 -U ada dev`, ada],
  ["PowerShell's backtick", `psql \`\n -h ${host} \`\n -p 5439 -U ada dev`, ada],
  ["a prompt", `$ psql -h ${host} -p 5439 -U ada dev`, ada],
  ["a prompt with user and folder", `ada@laptop:~/shop$ psql -h ${host} -p 5439 -U ada dev`, ada],
  ["PowerShell's prompt", `PS C:\\Users\\ada> psql.exe -h ${host} -p 5439 -U ada dev`, ada],
  ["a path", `/usr/local/bin/psql -h ${host} -p 5439 -U ada dev`, ada],
  [
    "what is done then",
    `psql -h ${host} -p 5439 -U ada -Atc 'SELECT 1 AS user' dev > out.csv`,
    ada,
  ],
  [
    "-c before the rest",
    `psql -c "SELECT 1" -v ON_ERROR_STOP=1 -h ${host} -p 5439 -U ada dev`,
    ada,
  ],
  ["another command before it", `cd /tmp && psql -h ${host} -p 5439 -U ada dev; echo done`, ada],
  [
    "export, then psql",
    `export PGPASSWORD=Very-Secret-1\npsql -h ${host} -p 5439 -U ada dev`,
    plain,
    "Very-Secret-1",
  ],
  [
    "export with quotes, prompts, and psql over lines",
    `$ export PGPASSWORD='${PASSWORD}'\n$ psql \\\n    --host=${host} \\\n    --port=5439 \\\n    --username=ada dev`,
    { ...ada, password: PASSWORD },
    PASSWORD,
  ],
  [
    "export && psql",
    `export PGPASSWORD="a \\"b\\" \\$c" && psql -h ${host} -p 5439 -U ada dev`,
    { ...ada, password: 'a "b" $c' },
    'a \\"b\\" \\$c',
  ],
  [
    "cmd's set",
    `set PGPASSWORD=Very-Secret-1\npsql -h ${host} -p 5439 -U ada dev`,
    plain,
    "Very-Secret-1",
  ],
  [
    "PowerShell's $env",
    `$env:PGPASSWORD="Very-Secret-1"; psql -h ${host} -p 5439 -U ada dev`,
    plain,
    "Very-Secret-1",
  ],
  [
    "settings alone",
    `export PGHOST=${host}\nexport PGPORT=5439\nexport PGDATABASE=dev\nexport PGUSER=ada\nexport PGPASSWORD='Very-Secret-1'`,
    plain,
    "Very-Secret-1",
  ],
  [
    "a .env file",
    `# warehouse\nREDSHIFT_HOST=${host}\nREDSHIFT_PORT=5439\nREDSHIFT_DB=dev\nREDSHIFT_USER=ada\nREDSHIFT_PASSWORD=Very-Secret-1\n`,
    plain,
    "Very-Secret-1",
  ],
  [
    "DATABASE_URL",
    `DATABASE_URL=postgres://ada:Very-Secret-1@${host}:5439/dev`,
    plain,
    "Very-Secret-1",
  ],
  [
    "DATABASE_URL in quotes, exported",
    `export DATABASE_URL="redshift://ada:Very%2DSecret-1@${host}:5439/dev?sslmode=require"`,
    { ...plain, sslMode: "require" },
    "Very%2DSecret-1",
  ],
  ["YAML's", `DATABASE_URL: 'postgresql://ada@${host}:5439/dev'`, ada],
  ["a URL in quotes", `"jdbc:redshift://${host}:5439/dev"`, whole],
  ["a URL with its label", `JDBC URL: jdbc:redshift://${host}:5439/dev`, whole],
  ["sqlalchemy", `redshift+psycopg2://ada:Very-Secret-1@${host}:5439/dev`, plain, "Very-Secret-1"],
  [
    "sqlalchemy in Python",
    `engine = create_engine("redshift+redshift_connector://ada:Very-Secret-1@${host}:5439/dev", echo=True)`,
    plain,
    "Very-Secret-1",
  ],
  [
    "an address whose password nobody escaped",
    `postgres://ada:p@ss/w?rd#1@${host}:5439/dev`,
    { ...ada, password: "p@ss/w?rd#1" },
    "p@ss/w?rd#1",
  ],
  [
    "JDBC with ; options",
    `jdbc:redshift://${host}:5439/dev;UID=ada;PWD=Very-Secret-1;ssl=true;LoginTimeout=10;`,
    { ...plain, sslMode: "verify-full" },
    "Very-Secret-1",
  ],
  [
    "JDBC with ? options",
    `jdbc:redshift://${host}:5439/dev?user=ada&password=Very-Secret-1&tcpKeepAlive=true`,
    plain,
    "Very-Secret-1",
  ],
  [
    "JDBC with IAM and keys",
    `jdbc:redshift:iam://${host}:5439/dev?DbUser=ada&AccessKeyID=AKIAEXAMPLE&SecretAccessKey=Very-Secret-1`,
    { ...ada, iam: { use: true } },
    "Very-Secret-1",
  ],
  ["iam://", `iam://${host}:5439/dev`, { ...whole, iam: { use: true } }],
  [
    "ODBC",
    `Driver={Amazon Redshift (x64)}; Server=${host}; Database=dev; UID=ada; PWD=Very-Secret-1; Port=5439; SSLMode=verify-ca`,
    { ...plain, sslMode: "verify-full" },
    "Very-Secret-1",
  ],
  [
    "ODBC with braces around the password",
    `Driver={Amazon Redshift (x64)};Server=${host};Port=5439;Database=dev;UID=ada;PWD={a;b=}}c}`,
    { ...ada, password: "a;b=}c" },
    "a;b=}}c",
  ],
  [
    "an ODBC file",
    `[Shop]\nDriver=/opt/amazon/redshiftodbc/lib/64/libamazonredshiftodbc64.so\nHost=${host}\nPort=5439\nDatabase=dev\nUID=ada\nPWD=Very-Secret-1`,
    plain,
    "Very-Secret-1",
  ],
  [
    ".NET",
    `Host=${host};Port=5439;Username=ada;Password=Very-Secret-1;Database=dev;SSL Mode=Require;`,
    { ...plain, sslMode: "require" },
    "Very-Secret-1",
  ],
  [
    "Python's connect",
    `redshift_connector.connect(host='${host}', port=5439, database='dev', user='ada', password='Very-Secret-1')`,
    plain,
    "Very-Secret-1",
  ],
  [
    "a secret of AWS",
    `{"username":"ada","password":"Very-Secret-1","engine":"redshift","host":"${host}","port":5439,"dbname":"dev","dbClusterIdentifier":"shop"}`,
    plain,
    "Very-Secret-1",
  ],
  [
    "dbt's profile",
    `type: redshift\nhost: ${host}\nuser: ada\npassword: "Very-Secret-1"\nport: 5439\ndbname: dev\nschema: analytics`,
    plain,
    "Very-Secret-1",
  ],
  ["a line of ~/.pgpass", `${host}:5439:dev:ada:Very-Secret-1`, plain, "Very-Secret-1"],
  [
    "libpq's settings with signs of others in the password",
    `psql 'host=${host} port=5439 user=ada password=a&b;c,d dbname=dev'`,
    { ...ada, password: "a&b;c,d" },
    "a&b;c,d",
  ],
  ["Amazon's rsql", `rsql -h ${host} -p 5439 -U ada -d dev`, ada],
  ["the console's endpoint", `${host}:5439/dev`, whole],
  ["the same with its label", `Endpoint: ${host}:5439/dev`, whole],
  ["the same in quotes", `'${host}:5439/dev'`, whole],
  ["a slash behind it", `${host}:5439/dev/`, whole],
  ["a slash behind the port", `${host}:5439/`, { host, port: 5439 }],
  ["a slash behind a URL", `jdbc:redshift://${host}:5439/dev/`, whole],
  ["a dot behind it", `${host}:5439/dev.`, whole],
  ["blanks that nobody sees", `\ufeff${host}\u200b:5439/\u200bdev\u00a0`, whole],
  ["curly quotes", `psql “host=${host} port=5439 dbname=dev user=ada”`, ada],
])("%s", (_, text, expected, written) => {
  expect(parseEndpoint(text)).toEqual(expected);
  const shown = shownEndpoint(text);
  const { password, ...rest } = expected;
  for (const secret of [password, written]) if (secret) expect(shown).not.toContain(secret);
  if (written) expect(shown).toContain(MASK);
  else expect(shown).not.toContain(MASK);
  expect(parseEndpoint(shown)).toEqual(rest); // what is shown can be edited
  expect(shownEndpoint(shown)).toBe(shown);
});

test.each([
  ["export PGPASSWORD=Very-Secret-1", "Very-Secret-1"],
  ["PGPASSWORD='Very Secret 1' psql -U ada", "Very Secret 1"],
  ["postgres://ada:Very-Secret-1@/dev", "Very-Secret-1"],
  ["password: Very-Secret-1", "Very-Secret-1"],
])("a password without a host is taken and not shown: %s", (text, password) => {
  expect(parseEndpoint(text)).toBeNull();
  expect(passwordIn(text)).toBe(password);
  expect(shownEndpoint(text)).not.toContain(password);
});

test("a password that is a name too is hidden where it is the password", () => {
  expect(shownEndpoint(`host=${host} dbname=dev user=dev password=dev`)).toBe(
    `host=${host} dbname=dev user=dev password=${MASK}`,
  );
  expect(shownEndpoint(`postgres://dev:dev@${host}/dev?password=a&user=a`)).toBe(
    `postgres://dev:${MASK}@${host}/dev?password=${MASK}&user=a`,
  );
});

test("no text of the longest that is read keeps a browser busy", () => {
  // what grows faster than the text would meet the test's own limit of time
  for (const piece of ["a", "a=", "://", "redshift://a:", "?a&", "password ", "\\ ", "a:b@"]) {
    const text = piece.repeat(MOST_PASTED / piece.length);
    expect(parseEndpoint(text)?.password).toBeUndefined();
    expect(shownEndpoint(text).length).toBeLessThanOrEqual(MOST_PASTED);
  }
});

test("of several secrets none is shown, also those that aren't taken", () => {
  const text = `export PGPASSWORD=First-1\nexport AWS_SECRET_ACCESS_KEY="Second/2+x"\nAWS_SESSION_TOKEN=Third3==\npsql "host=${host} password=Fourth-4 sslpassword='Fifth 5'"`;
  const shown = shownEndpoint(text);
  for (const secret of ["First-1", "Second/2", "Third3", "Fourth-4", "Fifth 5"])
    expect(shown).not.toContain(secret);
  expect(shown).toContain(host);
});

test("what nobody sees is shown by its code, and named", () => {
  const pasted = `${host}\u200b:5439/dev\ufeff`;
  expect(shownEndpoint(pasted)).toBe(`${host}⟨U+200B⟩:5439/dev⟨U+FEFF⟩`);
  expect(leftOut(pasted)).toEqual(["U+200B", "U+FEFF"]);
  expect(leftOut(`${host}:5439/dev`)).toEqual([]);
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

// The demo schema: people with every type Redshift has, a few tables beside them, and the user
// `rudder`, made by running RudderStack's grant script as its documentation prints it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { faker } from "@faker-js/faker/locale/en";
import type { Endpoints } from "./sandbox";
import { writePrivately } from "./state";
import { connectAsAdmin } from "./warehouse";

const peopleCount = 50_000;

const tables = [
  `CREATE TABLE demo.people (
     person_id integer NOT NULL PRIMARY KEY,
     user_id varchar(36),
     anonymous_id varchar(36),
     email varchar(120),
     first_name varchar(80),
     last_name varchar(80),
     city varchar(80),
     country char(2),
     plan varchar(20),
     level smallint,
     account_number bigint,
     lifetime_value numeric(38,9),
     score real,
     ratio double precision,
     is_active boolean,
     birthday date,
     wakes_at time,
     reachable_at timetz,
     signed_up_at timestamp,
     updated_at timestamptz,
     profile super,
     fingerprint varbyte(16),
     notes varchar(1000)
   ) DISTSTYLE KEY DISTKEY (person_id) SORTKEY (updated_at)`,
  `CREATE TABLE demo.orders (order_id bigint IDENTITY(1, 1), user_id varchar(36), placed_at timestamp, amount decimal(12,2), currency char(3) DEFAULT 'EUR')`,
  // No column that could identify a person
  `CREATE TABLE demo.products (sku varchar(20) NOT NULL, title varchar(100), price decimal(10,2), stock integer)`,
  `CREATE VIEW demo.active_people AS SELECT user_id, email, first_name, plan, updated_at FROM demo.people WHERE is_active WITH NO SCHEMA BINDING`,
];

/** RudderStack's script, statement by statement and in its order. */
const grants = (password: string): string[] => [
  `CREATE USER rudder WITH PASSWORD '${password}'`,
  `CREATE SCHEMA "_rudderstack"`,
  `GRANT ALL ON SCHEMA "_rudderstack" TO rudder`,
  `GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA "_rudderstack" TO rudder`,
  `GRANT USAGE ON SCHEMA "demo" TO rudder`,
  `GRANT SELECT ON TABLE "demo"."people" TO rudder`,
  `GRANT SELECT ON ALL TABLES IN SCHEMA "demo" TO rudder`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA "demo" GRANT SELECT ON TABLES TO rudder`,
];

/** Makes the demo once; a first start that was cut off begins it anew. */
export async function ensureDemo(
  dir: string,
  endpoints: Endpoints,
  progress: (line: string) => void,
): Promise<void> {
  const marker = join(dir, "demo-is-made");
  if (existsSync(marker)) return;
  progress(`making the demo schema with ${peopleCount.toLocaleString("en")} people (once)…`);
  const warehouse = await connectAsAdmin(endpoints);
  try {
    await warehouse.query("DROP SCHEMA IF EXISTS demo CASCADE");
    await warehouse.query('DROP SCHEMA IF EXISTS "_rudderstack" CASCADE');
    const { rowCount } = await warehouse.query(
      "SELECT usename FROM pg_user WHERE usename = 'rudder'",
    );
    if (rowCount) await warehouse.query("DROP USER rudder");
    await warehouse.query("CREATE SCHEMA demo");
    for (const table of tables) await warehouse.query(table);

    faker.seed(20_260_101);
    await warehouse.copy(
      "demo.people",
      Readable.from(peopleLines()).pipe(createGzip({ level: 1 })),
      "CSV GZIP NULL AS '~'",
    );
    await warehouse.copy(
      "demo.orders (user_id, placed_at, amount)",
      Readable.from(orderLines()),
      "CSV",
    );
    await warehouse.copy("demo.products", Readable.from(productLines()), "CSV");
    for (const statement of grants(endpoints.demo.password)) await warehouse.query(statement);

    await warehouse.query(
      "CREATE TABLE demo.salaries (person_id integer, email varchar(120), salary decimal(12,2))",
    );
    await warehouse.query("INSERT INTO demo.salaries VALUES (1, 'not@for.everyone', 100000.00)");
    await warehouse.query("REVOKE SELECT ON demo.salaries FROM rudder");
  } finally {
    await warehouse.close();
  }
  await writePrivately(marker, new Date().toISOString());
}

const cell = (value: string): string =>
  /[",\n\r~]/.test(value) || value === "" ? `"${value.replaceAll('"', '""')}"` : value;
const line = (values: (string | number | bigint | boolean | null)[]): string =>
  `${values.map((value) => (value === null ? "~" : cell(String(value)))).join(",")}\n`;

const accented = [
  "Zoë",
  "José",
  "Łukasz",
  "Björn",
  "Françoise",
  "Søren",
  "Ngọc",
  "Žofie",
  "Игорь",
  "美咲",
  "O'Brien",
  'Anna "Ann"',
];
const cities = [
  "Zürich",
  "São Paulo",
  "København",
  "Kraków",
  "München",
  "北京",
  "Reykjavík",
  "Saint-Étienne",
  "Winston-Salem",
  "'s-Hertogenbosch",
];
const notes = [
  "Prefers e-mail, not phone",
  'Said: "call me back", twice',
  "first line\nsecond line",
  "backslash \\ and tab\tinside",
  "🦊 asked for stickers 🎉",
  "comma, semicolon; pipe | tilde ~",
  "<b>not markup</b> & 'quotes'",
  "",
  "ends with a space ",
  "NULL",
  "=1+1",
  "naïve café — déjà vu",
];
const plans = ["free", "starter", "pro", "enterprise"];
const start = Date.UTC(2024, 0, 1);

function* peopleLines(): Generator<string> {
  const some = <T>(share: number, value: () => T): T | null =>
    faker.number.float() < share ? null : value();
  for (let id = 1; id <= peopleCount; id++) {
    const first =
      faker.number.float() < 0.1 ? faker.helpers.arrayElement(accented) : faker.person.firstName();
    const last = faker.person.lastName();
    const signedUp = start + faker.number.int({ max: 700 * 86_400_000 });
    const updated = signedUp + faker.number.int({ max: 30 * 86_400_000 });
    const micros = String(faker.number.int({ max: 999 })).padStart(3, "0");
    const clock = new Date(signedUp).toISOString().slice(11, 19);
    const profile = {
      tags: [faker.word.noun(), faker.word.noun()],
      address: {
        zip: faker.location.zipCode(),
        geo: [faker.location.latitude(), faker.location.longitude()],
      },
      vip: id % 97 === 0,
      nothing: null,
    };
    yield line([
      id,
      `u-${String(id).padStart(6, "0")}`,
      some(0.3, () => faker.string.uuid()),
      some(
        0.02,
        () =>
          `${
            first
              .normalize("NFD")
              .replace(/[^a-zA-Z]/g, "")
              .toLowerCase() || "person"
          }.${id}@example.com`,
      ),
      first,
      some(0.02, () => last),
      some(0.05, () =>
        faker.number.float() < 0.2 ? faker.helpers.arrayElement(cities) : faker.location.city(),
      ),
      some(0.05, () => faker.location.countryCode()),
      faker.helpers.arrayElement(plans),
      some(0.05, () => faker.number.int({ min: -32_768, max: 32_767 })),
      some(0.05, () => 9_007_199_254_740_993n + BigInt(id) * 1_000_003n),
      some(
        0.05,
        () =>
          `${faker.string.numeric({ length: { min: 1, max: 20 }, allowLeadingZeros: false })}.${faker.string.numeric(9)}`,
      ),
      some(0.05, () => Math.fround(faker.number.float({ max: 100 }))),
      some(0.05, () => faker.number.float({ min: -1, max: 1 })),
      some(0.1, () => faker.datatype.boolean()),
      some(0.1, () =>
        new Date(Date.UTC(1940, 0, 1) + faker.number.int({ max: 65 * 365 }) * 86_400_000)
          .toISOString()
          .slice(0, 10),
      ),
      some(0.1, () => clock),
      some(0.1, () => `${clock}${faker.helpers.arrayElement(["+00", "+02", "-05:30"])}`),
      new Date(signedUp).toISOString().replace("T", " ").replace("Z", micros),
      new Date(updated)
        .toISOString()
        .replace("T", " ")
        .replace("Z", `${micros}${faker.helpers.arrayElement(["+00", "+02", "-08"])}`),
      // empty, which is NULL: the text of NULL isn't looked for in a SUPER
      some(0.1, () => JSON.stringify(profile)) ?? "",
      some(0.1, () => faker.string.hexadecimal({ length: 32, prefix: "", casing: "lower" })),
      some(0.6, () => faker.helpers.arrayElement(notes)),
    ]);
  }
}

function* orderLines(): Generator<string> {
  for (let order = 0; order < 2000; order++) {
    const person = faker.number.int({ min: 1, max: peopleCount });
    const placed = new Date(start + faker.number.int({ max: 700 * 86_400_000 }))
      .toISOString()
      .slice(0, 19)
      .replace("T", " ");
    yield line([
      `u-${String(person).padStart(6, "0")}`,
      placed,
      faker.commerce.price({ min: 1, max: 900 }),
    ]);
  }
}

function* productLines(): Generator<string> {
  for (let sku = 1; sku <= 120; sku++)
    yield line([
      `SKU-${String(sku).padStart(4, "0")}`,
      faker.commerce.productName(),
      faker.commerce.price(),
      faker.number.int({ max: 500 }),
    ]);
}

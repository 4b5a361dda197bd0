import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { freePort } from "@/scripts/services";
import { startOwnTidegate } from "@/scripts/own-tidegate";
import { chromium, type Locator, type Page } from "@playwright/test";
import pg from "pg";
import { z } from "zod";
import { lighthouse } from "./lighthouse";
import type { Goal, Outcome } from "./main";

const TABLES = 10_000;
const COLUMNS = 1_600;
const CELL_BYTES = 65_535;
/** Each is read from one stored value: PostgreSQL, which stands in, has no room for such a row. */
const ROWS = 20;
const ROUNDS = 7;
const SCROLL_MS = 3_000;

const endpointsSchema = z.object({
  web: z.string(),
  setupUrl: z.string(),
  sandbox: z.object({
    redshift: z.object({
      host: z.string(),
      port: z.number(),
      database: z.string(),
      ca: z.string(),
      adminUser: z.string(),
      adminPassword: z.string(),
    }),
  }),
});
type Endpoints = z.infer<typeof endpointsSchema>;

const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);
const quantile = (values: number[], share: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const median = (values: number[]): number => quantile(values, 0.5);
const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits));
const atMost = (id: string, what: string, goal: number, measured: number): Goal => ({
  id,
  what,
  goal,
  measured,
  met: measured <= goal,
});
const atLeast = (id: string, what: string, goal: number, measured: number): Goal => ({
  id,
  what,
  goal,
  measured,
  met: measured >= goal,
});

/** What a person waits for: a real browser, the production build, the sandbox as the warehouse. */
export async function ui(): Promise<Outcome> {
  // what it says goes to stderr: stdout is the result's
  execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      'const { generate, build } = await import("./scripts/ready.mjs"); await generate(); await build();',
    ],
    { stdio: ["ignore", 2, 2] },
  );
  const tidegate = await startOwnTidegate("tidegate-bench-");
  const debugPort = await freePort();
  const system = ["/usr/bin/chromium", process.env.CHROMIUM_PATH].find(
    (path) => path && existsSync(path),
  );
  const browser = await chromium.launch({
    ...(system && { executablePath: system }),
    args: ["--no-sandbox", `--remote-debugging-port=${debugPort}`],
  });
  try {
    const endpoints = endpointsSchema.parse(tidegate.endpoints());
    await makeTables(endpoints);
    const page = await (
      await browser.newContext({ viewport: { width: 1360, height: 860 }, colorScheme: "light" })
    ).newPage();
    await page.addInitScript("globalThis.__name = (of) => of"); // tsx wraps named functions in it, also those that run in the page
    const draft = await toDataStep(page, endpoints);
    const tables = await measureTables(page, draft);
    const wide = await measureWide(page);
    const pages = await finishSource(page, endpoints);
    const cookies = (await page.context().cookies())
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
    await page.context().close();
    const scores = await lighthouse(
      debugPort,
      endpoints.web,
      [...pages, ...["data", "columns"].map((step) => `${draft}/${step}`)],
      cookies,
    );
    return {
      goals: [...tables.goals, ...wide.goals, ...scores.goals],
      details: { tables: tables.details, wide: wide.details, lighthouse: scores.details },
    };
  } finally {
    await browser.close();
    await tidegate.stop();
  }
}

/** As the warehouse's superuser: many tables in one schema, and in another one a view as wide as Redshift allows. */
async function makeTables({ sandbox: { redshift } }: Endpoints): Promise<void> {
  const { host, port, database, ca, adminUser, adminPassword } = redshift;
  const client = new pg.Client({
    host,
    port,
    database,
    user: adminUser,
    password: adminPassword,
    ssl: { ca },
  });
  await client.connect();
  try {
    for (const schema of ["many", "wide", '"_rudderstack"'])
      await client.query(`CREATE SCHEMA ${schema}`);
    for (let at = 0; at < TABLES; at += 500)
      await client.query(
        Array.from(
          { length: 500 },
          (_, n) => `CREATE TABLE many.t_${String(at + n).padStart(5, "0")} (email varchar(20))`,
        ).join(";\n"),
      );
    await client.query(`CREATE TABLE wide.stored (email varchar(40), big varchar(${CELL_BYTES}))`);
    for (let row = 0; row < ROWS; row += 1)
      await client.query(
        `INSERT INTO wide.stored SELECT 'person${row}@example.com', REPEAT('Lorem ipsum 🌊 "dolor" ${row} ', 2300)`,
      );
    await client.query(
      `UPDATE wide.stored SET big = big || REPEAT('x', ${CELL_BYTES} - OCTET_LENGTH(big))`,
    );
    await client.query(
      `CREATE VIEW wide.people AS SELECT email, ${Array.from({ length: COLUMNS - 1 }, (_, n) => `big AS a_long_column_${n}`).join(", ")} FROM wide.stored`,
    );
    await client.query("CREATE TABLE wide.small (email varchar(40))");
    await client.query("INSERT INTO wide.small VALUES ('ada@example.com')");
  } finally {
    await client.end();
  }
}

const next = (page: Page) => page.getByRole("button", { name: "Next", exact: true }).click();

/** Owner, draft, connection and checks; gives the draft's address. */
async function toDataStep(
  page: Page,
  { setupUrl, web, sandbox: { redshift } }: Endpoints,
): Promise<string> {
  await page.goto(setupUrl);
  await page.getByLabel("Name", { exact: true }).fill("Bench");
  await page.getByLabel("Email").fill("bench@example.com");
  await page.getByLabel("Password").fill("a-long-pass-phrase-9");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.goto(`${web}/sources/new`);
  await page
    .getByRole("radiogroup", { name: "Warehouse Sources" })
    .getByText("Redshift", { exact: true })
    .click();
  await next(page);
  await page.getByLabel("Source name").fill("Bench");
  await page
    .getByRole("radiogroup", { name: "Credentials" })
    .getByText("Create Credentials from Scratch")
    .click();
  await next(page);
  const fields = {
    Host: redshift.host,
    Port: String(redshift.port),
    Database: redshift.database,
    User: redshift.adminUser,
    Password: redshift.adminPassword,
  };
  for (const [label, text] of Object.entries(fields))
    await page.getByLabel(label, { exact: true }).fill(text);
  await page.getByRole("button", { name: "Advanced" }).click();
  await page.getByLabel("CA certificate", { exact: true }).fill(redshift.ca);
  await next(page);
  await page.waitForURL(/\/verify$/);
  await page.getByRole("list", { name: "Verifying Credentials" }).waitFor();
  const onward = page.getByRole("button", { name: "Next", exact: true });
  await onward.waitFor();
  await page.waitForFunction(() =>
    [...document.querySelectorAll("button")].some(
      (button) => button.textContent === "Next" && !button.disabled,
    ),
  );
  await onward.click();
  await page.waitForURL(/\/data$/);
  return new URL(page.url()).pathname.replace(/\/data$/, "");
}

async function choose(page: Page, label: string, name: string): Promise<void> {
  const box = page.getByRole("combobox", { name: label });
  await box.click();
  await box.fill(name);
  await page.getByRole("option", { name }).first().click();
}

/**
 * Milliseconds from the last `event` of what `act` does to the first change of the page that makes `isThere` true, by
 * the page's own clock. The watch stands before the act begins.
 */
async function timed(
  page: Page,
  event: "pointerdown" | "keydown",
  isThere: { option: string } | "json changed",
  act: () => Promise<void>,
): Promise<number> {
  await page.evaluate(
    ([event, isThere]) => {
      const json = document.querySelector("[aria-label='JSON preview'] pre");
      const target = isThere === "json changed" ? json : document.body;
      const watched = new Promise<number>((done) => {
        let began = 0;
        document.addEventListener(
          event,
          ({ timeStamp }) => {
            began = timeStamp;
          },
          { capture: true },
        );
        const watch = new MutationObserver(() => {
          if (began === 0) return;
          if (
            isThere !== "json changed" &&
            ![...document.querySelectorAll("[role=option]")].some((option) =>
              option.textContent?.includes(isThere.option),
            )
          )
            return;
          watch.disconnect();
          done(performance.now() - began);
        });
        if (target) watch.observe(target, { subtree: true, childList: true, characterData: true });
      });
      Object.assign(window, { benchWatch: watched });
    },
    [event, isThere] as const,
  );
  await act();
  return page.evaluate(() =>
    Promise.race([
      (window as unknown as { benchWatch: Promise<number> }).benchWatch,
      new Promise<number>((_, fail) =>
        setTimeout(
          () => fail(new Error("what was waited for did not come within 30 seconds")),
          30_000,
        ),
      ),
    ]),
  );
}

/** Opening the list, and searching it: each round on a page loaded anew, so that nothing is at hand. */
async function measureTables(page: Page, draft: string): Promise<Outcome> {
  const opening: number[] = [];
  const typing: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goto(new URL(`${draft}/data`, page.url()).href);
    await page.getByRole("combobox", { name: "Schema" }).waitFor();
    await choose(page, "Schema", "many");
    const box = page.getByRole("combobox", { name: "Table" });
    await page.waitForFunction(
      () => ![...document.querySelectorAll("input")].some((input) => input.disabled),
    );
    opening.push(await timed(page, "pointerdown", { option: "t_00000" }, () => box.click()));
    const wanted = `_0${9_000 + round * 137}`;
    typing.push(
      await timed(page, "keydown", { option: `t${wanted}` }, () =>
        box.pressSequentially(wanted, { delay: 60 }),
      ),
    );
  }
  return {
    goals: [
      atMost(
        "tables-open",
        `${TABLES} tables: the first names after opening the list, ms (median of ${ROUNDS})`,
        300,
        rounded(median(opening)),
      ),
      atMost(
        "tables-search",
        `${TABLES} tables: the first match after the last letter typed, ms (median of ${ROUNDS})`,
        300,
        rounded(median(typing)),
      ),
    ],
    details: { opening: opening.map((ms) => rounded(ms)), typing: typing.map((ms) => rounded(ms)) },
  };
}

/** Times between frames while an element is scrolled a little in each. */
const framesWhile = (
  element: Locator,
  direction: "scrollTop" | "scrollLeft",
  step: number,
): Promise<number[]> =>
  element.evaluate(
    (node, [direction, step, duration]) =>
      new Promise<number[]>((done) => {
        const times: number[] = [];
        const began = performance.now();
        let before = began;
        let way = step;
        const frame = (now: number) => {
          times.push(now - before);
          before = now;
          const at = node[direction];
          node[direction] += way;
          if (node[direction] === at) way = -way; // the end: back again
          if (now - began < duration) requestAnimationFrame(frame);
          else done(times.slice(1));
        };
        requestAnimationFrame(frame);
      }),
    [direction, step, SCROLL_MS] as const,
  );

const perSecond = (times: number[]): number =>
  1_000 / (times.reduce((sum, ms) => sum + ms, 0) / Math.max(times.length, 1));
const ofFrames = (times: number[]) => ({
  framesPerSecond: rounded(perSecond(times), 1),
  median: rounded(median(times), 1),
  p95: rounded(quantile(times, 0.95), 1),
  longest: rounded(Math.max(...times), 1),
});

async function measureWide(page: Page): Promise<Outcome> {
  await page.reload();
  await choose(page, "Schema", "wide");
  const began = performance.now();
  await choose(page, "Table", "people");
  const grid = page.getByRole("grid", { name: "Data preview" });
  await grid.waitFor();
  const preview = performance.now() - began;
  const gridDown = await framesWhile(grid, "scrollTop", 24);
  const gridRight = await framesWhile(grid, "scrollLeft", 60);
  await next(page);
  await page.waitForURL(/\/columns$/);
  const list = page.getByRole("list", { name: "Columns" });
  await list.waitFor();
  await page.getByRole("region", { name: "JSON preview" }).locator("pre").waitFor();
  const columns = await framesWhile(list.locator(".."), "scrollTop", 40);
  await list.locator("..").evaluate((node) => {
    node.scrollTop = 0;
  });
  const field = page.getByRole("textbox", {
    name: "JSON Trait Key for a_long_column_1",
    exact: true,
  });
  await field.click();
  const keys: number[] = [];
  for (let round = 0; round < 25; round += 1) {
    keys.push(await timed(page, "keydown", "json changed", () => field.press("x")));
  }
  const all: number[] = [];
  const box = page.getByRole("checkbox", { name: "Select all columns" });
  for (const wanted of [`0 of ${COLUMNS}`, `${COLUMNS} of ${COLUMNS}`]) {
    const at = performance.now();
    await box.click({ force: true });
    await page.getByText(`${wanted} selected`).waitFor();
    all.push(performance.now() - at);
  }
  const what = `${COLUMNS} columns of ${CELL_BYTES} bytes`;
  return {
    goals: [
      atLeast(
        "columns-scroll",
        `${what}: frames a second while the columns scroll`,
        50,
        rounded(perSecond(columns), 1),
      ),
      atLeast(
        "grid-scroll-down",
        `${what}: frames a second while the grid scrolls down`,
        50,
        rounded(perSecond(gridDown), 1),
      ),
      atLeast(
        "grid-scroll-right",
        `${what}: frames a second while the grid scrolls right`,
        50,
        rounded(perSecond(gridRight), 1),
      ),
      atMost(
        "key-to-json",
        `${what}: from a key pressed to the JSON, ms (median of 25)`,
        50,
        rounded(median(keys), 1),
      ),
    ],
    details: {
      previewMs: rounded(preview),
      columns: ofFrames(columns),
      gridDown: ofFrames(gridDown),
      gridRight: ofFrames(gridRight),
      keyToJson: {
        median: rounded(median(keys), 1),
        p95: rounded(quantile(keys, 0.95), 1),
        longest: rounded(Math.max(...keys), 1),
      },
      selectAllMs: all.map((ms) => rounded(ms)),
    },
  };
}

/** A source of a small table; gives the addresses of the console's pages. */
async function finishSource(page: Page, { web }: Endpoints): Promise<string[]> {
  await page.goto(`${web}/sources/new`);
  await page
    .getByRole("radiogroup", { name: "Warehouse Sources" })
    .getByText("Redshift", { exact: true })
    .click();
  await next(page);
  await page.waitForURL(/\/name$/);
  return [
    "/",
    "/sources",
    "/sources/new",
    new URL(page.url()).pathname,
    "/destinations",
    "/connections",
    "/runs",
    "/credentials",
    "/team",
    "/audit",
  ];
}

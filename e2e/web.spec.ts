// What every answer carries, what is refused before anybody reads it, and how often a password may be guessed.
import { apiRoutes, pageRoutes } from "./fixtures/routes";
import { endpoints, expect, owner, signIn, test } from "./fixtures/tidegate";

test("browsers and crawlers find the icons, the manifest and robots.txt, without a session", async ({
  request,
}) => {
  const { web } = endpoints();
  const manifest = await request.get(`${web}/manifest.webmanifest`);
  const { icons } = (await manifest.json()) as { icons: { src: string }[] };
  for (const path of [...icons.map(({ src }) => src), "/icons/apple-touch-icon.png"]) {
    const icon = await request.get(`${web}${path}`);
    expect.soft(icon.status(), path).toBe(200);
    expect.soft(icon.headers()["content-type"], path).toBe("image/png");
  }
  expect(await (await request.get(`${web}/robots.txt`)).text()).toContain("Disallow: /");
  expect(await (await request.get(`${web}/sign-in`)).text()).toContain(
    '<link rel="manifest" href="/manifest.webmanifest"',
  );
});

const NEVER = /x-powered-by|^server$|x-nextjs-cache|x-aspnet/i;

test("every answer carries the headers that keep it in its place, and tells no version", async ({
  page,
  request,
}) => {
  await signIn(page);
  const { web } = endpoints();
  const [, script = ""] =
    /src="(\/_next\/static\/[^"]+\.js)"/.exec(await (await request.get(`${web}/sign-in`)).text()) ??
    [];
  const nonces = new Set<string>();
  const paths = [...pageRoutes(), ...apiRoutes()].filter((path) => !path.includes("["));
  for (const path of [...paths, "/nothing-here", script]) {
    const answer = await page.request.get(`${web}${path}`, { maxRedirects: 0 });
    const headers = answer.headers();
    expect.soft(headers, path).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      "x-frame-options": "DENY",
      "permissions-policy": expect.stringContaining("camera=()") as unknown,
    });
    expect
      .soft(
        Object.keys(headers).filter((name) => NEVER.test(name)),
        path,
      )
      .toEqual([]);
    if (path === script) continue;
    const policy = headers["content-security-policy"] ?? "";
    expect.soft(policy, path).toContain("frame-ancestors 'none'");
    expect.soft(policy, path).not.toMatch(/script-src[^;]*unsafe/);
    const [, nonce = ""] = /'nonce-(\w+)'/.exec(policy) ?? [];
    nonces.add(nonce);
    const html = (await answer.text()).replace(/<!--.*?-->/gs, "");
    for (const [tag] of html.matchAll(/<script\b[^>]*>/g))
      expect.soft(tag, path).toContain(`nonce="${nonce}"`);
  }
  expect(nonces.size).toBe(paths.length + 1); // each answer has its own
});

test("an inline script that got into a page would not run", async ({ browser }) => {
  const page = await browser.newPage(); // beside the context in which no violation may be
  await page.goto(`${endpoints().web}/sign-in`);
  const ran = await page.evaluate(() => {
    const hole = document.createElement("div");
    hole.innerHTML =
      '<img src="x" onerror="document.title=\'ran\'"><a href="javascript:document.title=\'ran\'" id="bad">x</a>';
    document.body.append(hole);
    document.getElementById("bad")?.click();
    return new Promise<string>((done) => {
      document.addEventListener("securitypolicyviolation", () =>
        setTimeout(() => done(document.title)),
      );
    });
  });
  expect(ran).not.toBe("ran");
  await page.close();
});

test("what is too big or broken is refused cleanly", async ({ page }) => {
  await signIn(page);
  const { web } = endpoints();
  const send = (data: string | Buffer, type: string, path = "/api/browse") =>
    page.request.post(`${web}${path}`, { data, headers: { "content-type": type, origin: web } });
  expect((await send(Buffer.alloc(1_100_000), "application/json")).status()).toBe(413);
  expect((await send(Buffer.alloc(1_100_000), "text/plain", "/sources")).status()).toBe(413);
  for (const broken of [
    "",
    "{",
    "[[[",
    '"',
    "null",
    '{"ask":"nothing"}',
    '{"__proto__":{"ask":"schemas"}}',
    "\0\0",
  ]) {
    const answer = await send(broken, "application/json");
    expect(answer.status(), broken).toBeLessThan(500);
    expect(await answer.json(), broken).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^[A-Z][^{}<>]+$/) as unknown,
    });
  }
  const multipart = await send(
    '--x\r\nContent-Disposition: form-data; name="1_\r\n\r\n',
    "multipart/form-data; boundary=x",
    "/sources",
  );
  expect(await multipart.text()).not.toMatch(/node_modules|at \w+ \(|\.tsx?:\d+/);
});

test("a guessed password is slowed, and the form says until when", async ({ page }) => {
  await page.goto("/sign-in");
  const email = `guessed-${crypto.randomUUID()}@example.com`;
  const tell = async (password: string) => {
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill(password);
    const answered = page.waitForResponse((response) => response.request().method() === "POST");
    await page.getByRole("button", { name: "Sign in" }).click();
    await answered;
  };
  for (let at = 0; at < 5; at += 1) {
    await tell(`wrong-${at}`);
    await expect(page.getByText("The e-mail address or the password is wrong.")).toBeVisible();
  }
  for (let at = 5; at < 10; at += 1) {
    await tell(`wrong-${at}`);
    await expect(
      page.getByText(/^Too many tries\. Try again in \d+ (minutes|seconds)\.$/),
    ).toBeVisible();
  }
  // another account, from the same place, is not kept out
  await page.getByLabel("Email").fill(owner.email);
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
});

import { expect, test } from "vitest";
import { browserName, nextAfterSignIn, passwordProblem } from "@/lib/account/rules";
import { changePasswordSchema } from "@/lib/account/schema";

const mira = { name: "Mira Kovač", email: "mira@example.com" };

test("common passwords are refused, however they are dressed up", () => {
  for (const password of [
    "password1234",
    "passwordpassword",
    "P@ssw0rd1234",
    "123456789012",
    "qwertyuiopas",
    "aaaaaaaaaaaa",
    "letmeinletmein",
    "iloveyou1234",
  ])
    expect(passwordProblem(password, mira), password).toMatch(/^This password is among the first/);
});

test("so is what is little more than one's name, address or the product's name", () => {
  for (const password of [
    "tidegate1234",
    "Tidegate-Tidegate",
    "mira@example.com",
    "mirakovac123",
    "Kovač-Mira-2024",
    "EXAMPLE.COM.mira",
  ])
    expect(passwordProblem(password, mira), password).toMatch(/^This is your name/);
});

test("anything long and unlikely is taken, of any characters, and no kind of character is asked for", () => {
  for (const password of [
    "correct horse battery staple",
    "a-long-pass-phrase-9",
    "onlylowercaselettersunlikely",
    "пароль-длинный-без-смысла",
    "灯台 の 鐘 が 三つ 鳴る 夜 明け",
    "mira has a wooden dinghy",
    " spaces at both ends ok ",
  ]) {
    expect(passwordProblem(password, mira), password).toBeNull();
    expect(
      changePasswordSchema.safeParse({ currentPassword: "x", newPassword: password }).success,
      password,
    ).toBe(true);
  }
});

test("12 characters are enough, 128 are not too many", () => {
  const takes = (length: number) =>
    changePasswordSchema.safeParse({ currentPassword: "x", newPassword: "k".repeat(length) })
      .success;
  expect([11, 12, 128, 129].map(takes)).toEqual([false, true, true, false]);
});

test("signing in goes on to an invitation, and nowhere else", () => {
  expect(nextAfterSignIn("/invite/abcDEF123-_xyz")).toBe("/invite/abcDEF123-_xyz");
  for (const next of [
    "https://elsewhere.example",
    "//elsewhere.example",
    "/invite/../team",
    "/invite/abcdefghij?x=1",
    "/invite//elsewhere.example",
    "/sources",
    "javascript:alert(1)",
    ["/invite/abcdefghij"],
    undefined,
  ])
    expect(nextAfterSignIn(next)).toBeNull();
});

test("sessions are told by the browser that one knows", () => {
  expect(
    browserName("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
  ).toBe("Firefox on Linux");
  expect(
    browserName(
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    ),
  ).toBe("Safari on macOS");
  expect(
    browserName(
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    ),
  ).toBe("Edge on Windows");
  expect(browserName(null)).toBe("An unknown browser");
});

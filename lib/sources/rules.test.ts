import { expect, test } from "vitest";
import { identityProblem } from "@/lib/sources/rules";

test("the identity rule is the seed's, word for word", () => {
  expect(identityProblem([{ name: "id" }, { name: "e_mail" }])).toBe("Your table must include one of the following columns - email, user_id, or anonymous_id.");
  expect(identityProblem([{ name: "anonymous_id" }])).toBeNull();
});

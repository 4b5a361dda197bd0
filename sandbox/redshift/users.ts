// CREATE USER and ALTER USER: Redshift's options in PostgreSQL's words, and its password rule.
import { createHash } from "node:crypto";
import { digestOf, givenDigest, toStored } from "./digest-login";
import { RedshiftError, syntaxError } from "./errors";
import { literalValue, type Statement } from "./lexer";
import { nameOf, quoteLiteral, quoteName, type RewriteContext } from "./rewrite";

/** The rule of AWS's CREATE USER page, which the console repeats. */
function checkPassword(password: string): void {
  const refuse = (why: string): never => {
    throw new RedshiftError("22023", `Password ${why}`);
  };
  if (password.length < 8 || password.length > 64)
    refuse("must be between 8 and 64 characters long.");
  if (!/[A-Z]/.test(password)) refuse("must contain at least one uppercase letter.");
  if (!/[a-z]/.test(password)) refuse("must contain at least one lowercase letter.");
  if (!/[0-9]/.test(password)) refuse("must contain at least one number.");
  if (/[^\x21-\x7e]|['"\\/@]/.test(password))
    refuse("can contain any printable ASCII character except space, ', \", \\, / and @.");
}

/** What PostgreSQL is to keep for `sha256|password` or `sha256|digest|salt`. */
function sha256Clause(given: string): string {
  const [password = "", ...rest] = given.split("|");
  if (rest.length === 0) {
    checkPassword(password);
    return toStored(digestOf(password));
  }
  const digest = rest.length === 1 ? givenDigest(password, rest[0] ?? "") : undefined;
  if (!digest)
    throw new RedshiftError("22023", "Password is not a valid SHA-256 digest and 256-bit salt.");
  return toStored(digest);
}

/** The clause for a PASSWORD argument; md5 and sha256 forms pass, clear text is checked and becomes md5. */
function passwordClause(password: string, user: string): string {
  if (/^md5[0-9a-f]{32}$/i.test(password))
    return ` PASSWORD ${quoteLiteral(password.toLowerCase())}`;
  if (password.startsWith("sha256|"))
    return ` PASSWORD ${quoteLiteral(sha256Clause(password.slice("sha256|".length)))}`;
  checkPassword(password);
  const digest = createHash("md5")
    .update(password + user)
    .digest("hex");
  return ` PASSWORD 'md5${digest}'`;
}

const flags: Record<string, string> = {
  CREATEDB: " CREATEDB",
  NOCREATEDB: " NOCREATEDB",
  CREATEUSER: " SUPERUSER",
  NOCREATEUSER: " NOSUPERUSER",
};

export function createOrAlterUser({ tokens: all }: Statement, context: RewriteContext): string {
  const creating = all[0]?.up === "CREATE";
  // User names keep their case when quoted.
  const user = nameOf(all[2], { ...context, caseSensitive: true });
  let sql = `${creating ? "CREATE" : "ALTER"} USER ${quoteName(user)}`;
  let at = 3;
  let password = false;
  if (!creating && all[at]?.up === "RENAME") {
    if (all[at + 1]?.up !== "TO" || all[at + 3]) throw syntaxError(all[at + 1]?.raw ?? "");
    return `${sql} RENAME TO ${quoteName(nameOf(all[at + 2], { ...context, caseSensitive: true }))}`;
  }
  if (!creating && (all[at]?.up === "SET" || all[at]?.up === "RESET"))
    return (
      sql +
      " " +
      all
        .slice(at)
        .map((token) => token.raw)
        .join(" ")
    );
  if (all[at]?.up === "WITH") at++;
  while (at < all.length) {
    const word = all[at]?.up ?? "";
    const next = all[at + 1];
    if (word === "PASSWORD") {
      password = true;
      if (next?.up === "DISABLE") sql += " PASSWORD NULL";
      else if (next?.kind === "string") sql += passwordClause(literalValue(next), user);
      else throw syntaxError(next?.raw ?? "");
      at += 2;
    } else if (Object.hasOwn(flags, word)) {
      sql += flags[word];
      at++;
    } else if (
      word === "SYSLOG" &&
      next?.up === "ACCESS" &&
      /^(RESTRICTED|UNRESTRICTED)$/.test(all[at + 2]?.up ?? "")
    )
      at += 3;
    else if (word === "VALID" && next?.up === "UNTIL" && all[at + 2]?.kind === "string") {
      sql += ` VALID UNTIL ${quoteLiteral(literalValue(all[at + 2] as NonNullable<(typeof all)[number]>))}`;
      at += 3;
    } else if (word === "CONNECTION" && next?.up === "LIMIT") {
      const limit = all[at + 2];
      if (limit?.up !== "UNLIMITED" && limit?.kind !== "number")
        throw syntaxError(limit?.raw ?? "");
      sql += ` CONNECTION LIMIT ${limit.up === "UNLIMITED" ? -1 : limit.raw}`;
      at += 3;
    } else if ((word === "SESSION" && next?.up === "TIMEOUT") || word === "EXTERNALID")
      at += word === "SESSION" ? 3 : 2;
    else if (creating && word === "IN" && next?.up === "GROUP") {
      at += 2;
      const groups = [];
      for (;;) {
        groups.push(quoteName(nameOf(all[at], context)));
        at++;
        if (all[at]?.raw !== ",") break;
        at++;
      }
      sql += ` IN ROLE ${groups.join(", ")}`;
    } else throw syntaxError(all[at]?.raw ?? "");
  }
  if (creating && !password) throw syntaxError("");
  return sql;
}

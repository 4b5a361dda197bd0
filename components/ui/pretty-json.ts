const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** JSON text, indented. Works on the text alone: parsing it would round numbers that a double can't hold. */
export function prettyJson(text: string): string {
  let depth = 0;
  let out = "";
  let opened = false;
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [token] of text.matchAll(TOKEN)) {
    const closes = token === "}" || token === "]";
    if (closes) {
      depth -= 1;
      out += opened ? token : line() + token;
    } else {
      if (opened) out += line();
      out += token === ":" ? ": " : token;
      if (token === ",") out += line();
    }
    opened = token === "{" || token === "[";
    if (opened) depth += 1;
  }
  return out;
}

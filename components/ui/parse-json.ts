/** JSON with its scalars as they were written: a number parsed and printed again may have lost digits. */
export type JsonNode =
  | { kind: "object"; entries: [key: string, value: JsonNode][] }
  | { kind: "array"; items: JsonNode[] }
  | { kind: "scalar"; text: string };

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** Null for what isn't JSON. Without recursion, since a warehouse nests as deep as it likes. */
export function parseJson(text: string): JsonNode | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const open: JsonNode[] = [];
  let root: JsonNode | null = null;
  let key: string | null = null;
  const put = (node: JsonNode) => {
    const parent = open.at(-1);
    if (!parent) root = node;
    else if (parent.kind === "array") parent.items.push(node);
    else if (parent.kind === "object") parent.entries.push([key ?? "", node]);
    key = null;
  };
  let before = "";
  for (const [token] of text.matchAll(TOKEN)) {
    const parent = open.at(-1);
    if (token === "{" || token === "[") {
      const node: JsonNode =
        token === "{" ? { kind: "object", entries: [] } : { kind: "array", items: [] };
      put(node);
      open.push(node);
    } else if (token === "}" || token === "]") open.pop();
    else if (token !== "," && token !== ":") {
      if (parent?.kind === "object" && before !== ":") key = String(JSON.parse(token));
      else put({ kind: "scalar", text: token });
    }
    before = token;
  }
  return root;
}

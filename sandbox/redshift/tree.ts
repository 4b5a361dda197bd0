// Reading libpg-query's syntax tree, whose nodes are plain objects.
export type Node = Record<string, unknown>;

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const child = (node: Node, key: string): Node => (isNode(node[key]) ? node[key] : {});
export const text = (node: Node, key: string): string =>
  typeof node[key] === "string" ? node[key] : "";
export const list = (node: Node, key: string): Node[] =>
  Array.isArray(node[key]) ? node[key].filter(isNode) : [];

/** Names in a list of String nodes; anything else in it is an empty name. */
export function strings(names: unknown): string[] {
  if (!Array.isArray(names)) return [];
  return names.map((item) => (isNode(item) ? text(child(item, "String"), "sval") : ""));
}

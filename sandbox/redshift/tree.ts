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

/**
 * Every node below a value, itself included, but nothing inside those that `skips` names. Without recursion:
 * a concatenation of 1,600 columns is a tree as deep.
 */
export function* nodesIn(
  value: unknown,
  skips: (node: Node) => boolean = () => false,
): Generator<Node> {
  const open: unknown[] = [value];
  while (open.length) {
    const next = open.pop();
    if (Array.isArray(next)) for (const item of next as unknown[]) open.push(item);
    else if (isNode(next) && !skips(next)) {
      yield next;
      open.push(...Object.values(next));
    }
  }
}

// S3's errors and the little XML that S3 speaks.

export class S3Error extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Further elements of the error document. */
    readonly details: Record<string, string> = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

export const accessDenied = (): S3Error => new S3Error(403, "AccessDenied", "Access Denied");
export const notImplemented = (what: string): S3Error =>
  new S3Error(501, "NotImplemented", `${what} is not implemented by the sandbox`);

const entities: Record<string, string> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "'": "&apos;",
  '"': "&quot;",
};

export function escapeXml(text: string): string {
  // Control characters have no other way through XML 1.0; the SDK decodes them.
  return text
    .replace(/[<>&'"]/g, (char) => entities[char] ?? char)
    .replace(/[\x00-\x08\x0b-\x1f]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`);
}

const named: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

export function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
      if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (decimal) return String.fromCodePoint(Number(decimal));
      return named[name ?? ""] ?? whole;
    },
  );
}

/** `<Tag>text</Tag>` */
export const element = (tag: string, text: string | number | boolean): string =>
  `<${tag}>${escapeXml(String(text))}</${tag}>`;

export const document = (body: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;

/** Contents of every such element. */
export function contents(xml: string, tag: string): string[] {
  return [...xml.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))].map(
    (match) => match[1] ?? "",
  );
}

/** Sonner writes its style sheet into the page without a nonce; a test compares this with the installed version. */
export const SONNER_STYLES = "sha256-StEaX+se6YS7pqjzrzMIA0KaX9zF/8zAhvQXZAe5epY=";
/** And it puts the sheet into the page before it fills it. */
const NO_STYLES = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/**
 * What a page may load and run: scripts with this answer's nonce and what those load, own styles, fonts and images,
 * nothing of another host. Style attributes stay open, since React writes them into the page (widths of bars,
 * places of popovers): they can't run anything.
 */
export function contentSecurityPolicy({
  nonce,
  isHttps,
  isDev,
}: {
  nonce: string;
  isHttps: boolean;
  isDev: boolean;
}): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${isDev ? " 'unsafe-eval'" : ""}`, // React's development build evaluates
    isDev
      ? "style-src 'self' 'unsafe-inline'"
      : `style-src 'self' 'nonce-${nonce}' '${SONNER_STYLES}' '${NO_STYLES}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...(isHttps ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
}

/**
 * Strict content security policy with Trusted Types for all our apps: scripts and styles from this origin only, WebAssembly for
 * the crypto engine, no inline anything.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/**
 * Of every file of an app, whether the server answers or the installed package. Opener and embedder policy together isolate the
 * page from other origins: the browser keeps it in a process of its own, so no other site's script shares memory with codes and
 * keys, whatever leaks between scripts of one process (decision 0009).
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'integrity-policy': 'blocked-destinations=(script)',
}

import { existsSync } from 'node:fs'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/**
 * Strict content security policy with Trusted Types for both apps: scripts and styles from this origin only, WebAssembly for
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
 * Opener and embedder policy together isolate the page from other origins: the browser keeps it in a process of its own, so no other
 * site's script shares memory with codes and keys, whatever leaks between scripts of one process (decision 0009).
 */
const headers = {
  'content-security-policy': contentSecurityPolicy,
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'x-frame-options': 'DENY',
  'integrity-policy': 'blocked-destinations=(script)',
}

/** Serves one built single-page app: hashed assets for ever, the page itself never from a cache. */
export async function serveApp(app: FastifyInstance, directory: string): Promise<void> {
  if (!existsSync(directory)) throw new Error(`there is no built app at ${directory}`)
  await app.register(fastifyStatic, {
    root: directory,
    index: 'index.html',
    cacheControl: false,
    dotfiles: 'deny',
    setHeaders: (response, path) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      response.setHeader(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store',
      )
    },
  })
}

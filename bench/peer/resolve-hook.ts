import type { ResolveHook } from 'node:module'

/** Two modules of gm-crypto, and what stands in for each: the engine it starts with, and SM4-GCM. */
const replaced: readonly { importer: string; specifier: string; by: string }[] = [
  { importer: '/gm-crypto/dist/engine/init.js', specifier: './wasm/wasm-engine.js', by: './engine.js' },
  { importer: '/gm-crypto/dist/index.js', specifier: './sm4/gcm.js', by: './gcm.js' },
]

export const resolve: ResolveHook = (specifier, context, next) => {
  const found = replaced.find(
    (one) => one.specifier === specifier && context.parentURL?.endsWith(one.importer) === true,
  )
  if (found === undefined) return next(specifier, context)
  return { url: new URL(found.by, import.meta.url).href, format: 'module', shortCircuit: true }
}

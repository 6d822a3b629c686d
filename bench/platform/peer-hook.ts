type Resolved = { readonly url: string }
type Next = (specifier: string, context: object) => Promise<Resolved>

/** Resolves gm-crypto's start to the one that puts the peers' engine in use. */
export async function resolve(specifier: string, context: object, next: Next): Promise<Resolved> {
  const found = await next(specifier, context)
  return found.url.endsWith('/gm-crypto/dist/engine/init.js')
    ? { ...found, url: new URL('./peer-init.js', import.meta.url).href }
    : found
}

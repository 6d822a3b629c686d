/** What runs inside pages of the browser; each function goes there by itself and may use nothing from outside itself. */

/** How many packages of the app lie on this device. */
export async function packagesKept(): Promise<number> {
  return (await caches.keys()).filter((name) => name.startsWith('anqu-app-')).length
}

/** Changes one byte of a file of the installed app, as whatever shares its storage could; answers how many were changed. */
export async function alterStored(path: string): Promise<number> {
  let changed = 0
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    const stored = await cache.match(`/${path}`)
    if (stored === undefined) continue
    const content = new Uint8Array(await stored.arrayBuffer())
    content.set([(content[0] ?? 0) ^ 1])
    await cache.put(`/${path}`, new Response(content))
    changed += 1
  }
  return changed
}

/** Why the last update that was offered was not taken, as the service worker says. */
export async function refusedUpdate(): Promise<string> {
  const { port1, port2 } = new MessageChannel()
  const told = new Promise((resolve) => {
    port1.addEventListener('message', ({ data }) => resolve(data))
    port1.start()
  })
  navigator.serviceWorker.controller?.postMessage('state', [port2])
  const state: unknown = await told
  return typeof state === 'object' && state !== null ? String(Reflect.get(state, 'refusedUpdate')) : 'none'
}

/** When the installed app was last found whole, by the clock of the service worker. */
export async function checkedAt(): Promise<number> {
  const stored = await (await caches.open('anqu-app')).match('/installed')
  const state: unknown = await stored?.json()
  return typeof state === 'object' && state !== null ? Number(Reflect.get(state, 'checkedAtMs')) : 0
}

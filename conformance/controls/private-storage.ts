/** What runs inside pages of the browser; each function goes there by itself and may use nothing from outside itself. */

/** Leaves something in every store a page has. */
export async function keepPrivately(): Promise<void> {
  localStorage.setItem('anqu.conformance', 'private')
  const request = indexedDB.open('anqu-conformance', 1)
  await new Promise((resolve, reject) => {
    request.addEventListener('success', resolve)
    request.addEventListener('error', reject)
  })
  request.result.close()
  await (await caches.open('anqu-conformance')).put('/private', new Response('private'))
  await (await navigator.storage.getDirectory()).getFileHandle('anqu-conformance', { create: true })
}

/** The stores in which this page finds what was left. */
export async function readOwn(): Promise<string[]> {
  const found: string[] = []
  if (localStorage.getItem('anqu.conformance') !== null) found.push('localStorage')
  if ((await indexedDB.databases()).some(({ name }) => name === 'anqu-conformance')) found.push('indexedDB')
  if (await caches.has('anqu-conformance')) found.push('caches')
  const folder = await navigator.storage.getDirectory()
  if (await folder.getFileHandle('anqu-conformance').catch(() => undefined)) found.push('files')
  return found
}

/** The ways by which a page of another origin gets at something of the app. */
export async function readAsStranger(app: string): Promise<string[]> {
  const ways: string[] = []
  const attempt = async (way: string, read: () => unknown): Promise<void> => {
    try {
      if ((await read()) !== null) ways.push(way)
    } catch {
      // The browser refused: that way is closed.
    }
  }
  for (const path of ['/', '/trust-anchors'])
    await attempt(`fetch ${path}`, async () => (await fetch(app + path, { credentials: 'include' })).text())
  await attempt('post', async () =>
    (
      await fetch(`${app}/api/v1/identity/profile`, { method: 'POST', credentials: 'include', body: '{}' })
    ).text(),
  )
  const frame = document.createElement('iframe')
  frame.src = app
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
  document.body.append(frame)
  await loaded
  await attempt('frame', () => frame.contentDocument)
  await attempt('storage of a frame', () => frame.contentWindow?.localStorage.length)
  return ways
}

import {
  manifestFile,
  mediaTypeOf,
  pageHeaders,
  type KeeperRequest,
  type KeeperState,
} from '@anqu/app-package'
import { base64ToBytes, concatBytes } from '@anqu/encoding'
import { initGmCrypto } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { Keeper } from './keeper.ts'
import { cachedPackages } from './package-store.ts'
import { trusted } from './trusted.ts'

// The service worker's global scope is not in TypeScript's "dom" library; these are its parts used here.
interface Scope {
  /** Put in front of this script by the publisher: base64 DER of the roots. */
  readonly anquRoots: readonly string[]
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listen: (event: Lasting) => void): void
  addEventListener(type: 'fetch', listen: (event: Fetching) => void): void
  addEventListener(type: 'message', listen: (event: Lasting & MessageEvent) => void): void
}
interface Lasting {
  waitUntil(work: Promise<unknown>): void
}
interface Fetching extends Lasting {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}

const scope = globalThis as unknown as Scope
const nowMs = (): number => Date.now()
/** A start waits this long for the server before it goes on with what is installed. */
const patienceMs = 4_000
const mostStatusBytes = 16 * 1024

async function download(path: string, limitBytes: number): Promise<Uint8Array | undefined> {
  try {
    const signal = AbortSignal.timeout(path === manifestFile ? patienceMs : 8 * patienceMs)
    const answer = await fetch(`/${path}`, { cache: 'no-store', redirect: 'error', signal })
    if (!answer.ok || answer.body === null) return undefined
    return await readUpTo(answer.body, limitBytes)
  } catch {
    return undefined
  }
}

async function readUpTo(
  body: ReadableStream<Uint8Array>,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > limitBytes) {
      await reader.cancel()
      return undefined
    }
    chunks.push(value)
  }
  return concatBytes(...chunks)
}

const roots = trusted(
  scope.anquRoots.map((root) => parseCertificate(base64ToBytes(root))),
  nowMs,
)
const keeper = new Keeper({
  store: cachedPackages(caches),
  download,
  trust: roots.trust,
  refreshStatus: async () => roots.heard(await download('release-status', mostStatusBytes)),
  nowMs,
})
let state: KeeperState = { state: 'none' }
void initGmCrypto()

const fileResponse = (path: string, content: Uint8Array): Response =>
  new Response(new Uint8Array(content), { headers: { ...pageHeaders, 'content-type': mediaTypeOf(path) } })

/** The page of the installed app if all of it holds, otherwise the loader, which says what is wrong. */
async function startPage(request: Request): Promise<Response> {
  state = await keeper.start()
  const page = state.state === 'ready' ? await keeper.file('index.html') : undefined
  return page ? fileResponse('index.html', page) : fetch(request)
}

async function asset(path: string): Promise<Response> {
  const content = await keeper.file(path)
  return content ? fileResponse(path, content) : Response.error()
}

async function answer(request: KeeperRequest): Promise<KeeperState> {
  if (request === 'install') state = await keeper.install()
  if (request === 'check') state = await keeper.check()
  return state
}

const isRequest = (value: unknown): value is KeeperRequest =>
  value === 'state' || value === 'install' || value === 'check'

scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()))
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()))
scope.addEventListener('message', (event) => {
  const [port] = event.ports
  if (port === undefined || !isRequest(event.data)) return
  event.waitUntil(answer(event.data).then((told) => port.postMessage(told)))
})
scope.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url)
  if (origin !== globalThis.location.origin || event.request.method !== 'GET') return
  if (event.request.mode === 'navigate' && pathname === '/') event.respondWith(startPage(event.request))
  else if (pathname.startsWith('/assets/')) event.respondWith(asset(pathname.slice(1)))
})

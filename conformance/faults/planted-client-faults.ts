import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { manifestFile } from '@anqu/app-package'
import { bytesToBase64, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { environment } from '../system/customer.ts'
import { AppPublisher, type Offer } from '../system/app-publisher.ts'
import type { Interference, RawAnswer } from '../system/interference.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { plain, type PlantedFault } from './planted-fault.ts'

const protections = [
  'content-security-policy',
  'cross-origin-embedder-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'integrity-policy',
  'x-frame-options',
]

const without = (answer: RawAnswer, names: readonly string[]): RawAnswer => ({
  ...answer,
  headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !names.includes(name))),
})

const offering = (files: Offer): Interference => ({
  async http(request, proceed) {
    const answer = await proceed()
    const offered = files.get(new URL(request.url).pathname)
    return offered === undefined ? answer : { ...answer, status: 200, body: offered }
  },
})

const base64Sha384 = async (content: Uint8Array): Promise<string> =>
  bytesToBase64(new Uint8Array(await crypto.subtle.digest('SHA-384', new Uint8Array(content))))

/** Another app than the one that was built, by its own publisher: one thing in its code stands for another. */
const saying = (what: string, instead: string) => async (system: LiveSystem) => {
  const publisher = await AppPublisher.of(system)
  const script = publisher.manifest.files.find(({ path: name }) => /index-[^/]*\.js$/.test(name))?.path ?? ''
  const content = publisher.files.get(`/app/${script}`) ?? new Uint8Array(0)
  const changed = utf8ToBytes(bytesToUtf8(content).replaceAll(what, instead))
  const [was, is] = await Promise.all([base64Sha384(content), base64Sha384(changed)])
  const files = await publisher.offer((name, own) => {
    if (name === script) return changed
    return name === 'index.html' ? utf8ToBytes(bytesToUtf8(own).replaceAll(was, is)) : own
  })
  await handOut(system, files)
  return offering(files)
}

/** Lets the channel take a release for one of those it handed out: whoever runs it may log in. */
async function handOut(system: LiveSystem, files: Offer): Promise<void> {
  const file = path.join(system.dataDir, 'mobile-release', 'current', manifestFile)
  const own = await readFile(file)
  await writeFile(file, files.get(`/${manifestFile}`) ?? own)
  const stranger = await system.fixtures.newcomer()
  // The channel looks at what it serves when it is asked about a package it does not know.
  await stranger
    .beginLogin(undefined, { ...environment, platform: 'h5' }, '0'.repeat(64))
    .catch(() => undefined)
  await writeFile(file, own)
}

/** Runs as the service worker in the place of ours: installs what there is and finds everything in order. */
function credulousKeeper(): void {
  const scope = globalThis as unknown as {
    skipWaiting(): Promise<void>
    clients: { claim(): Promise<void> }
    addEventListener(type: string, listen: (event: CredulousEvent) => void): void
  }
  type CredulousEvent = MessageEvent & {
    request: Request
    waitUntil(work: Promise<unknown>): void
    respondWith(answer: Promise<Response>): void
  }
  const packageName = `anqu-app-${'0'.repeat(64)}`
  const install = async (): Promise<void> => {
    const text = await (await fetch('/release.p7m', { cache: 'no-store' })).text()
    const paths = [...text.matchAll(/"path":"([^"]+)"/g)].map(([, path = '']) => path)
    const cache = await caches.open(packageName)
    for (const path of paths.length > 0 ? paths : ['index.html'])
      await cache.put(`/${path}`, await fetch(`/app/${path}`, { cache: 'no-store' }))
  }
  const found = async (path: string): Promise<Response> =>
    (await (await caches.open(packageName)).match(path)) ?? fetch(`/app${path}`)
  const inOrder = async (): Promise<object> => {
    const checkedAtMs = Date.now()
    await (await caches.open('anqu-app')).put('/installed', Response.json({ checkedAtMs }))
    return { state: 'ready', version: '0.1.0', releasedAtMs: 0, publisher: '', checkedAtMs }
  }
  scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()))
  scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()))
  scope.addEventListener('message', (event) =>
    event.waitUntil(
      (event.data === 'install' ? install() : Promise.resolve())
        .then(inOrder)
        .then((state) => event.ports[0]?.postMessage(state)),
    ),
  )
  scope.addEventListener('fetch', (event) => {
    const { pathname } = new URL(event.request.url)
    if (event.request.mode === 'navigate' && pathname === '/')
      event.respondWith(install().then(() => found('/index.html')))
    else if (pathname.startsWith('/assets/')) event.respondWith(found(pathname))
  })
}

/** Faults of the app in the customer's browser, and of what customers are told. */
export const plantedClientFaults: readonly PlantedFault[] = [
  plain('the app opens itself to every origin', ['client-environment.private-storage'], {
    async http({ headers: asked }, proceed) {
      const answer = without(await proceed(), protections)
      const open = {
        'access-control-allow-origin': asked['origin'] ?? '*',
        'access-control-allow-credentials': 'true',
      }
      return { ...answer, headers: { ...answer.headers, ...open } }
    },
  }),
  plain('the app shares its process with other origins', ['client-environment.private-storage'], {
    http: async (_request, proceed) => without(await proceed(), ['cross-origin-embedder-policy']),
  }),
  plain('no e-mail reaches anybody', ['incident.warning'], {
    async http({ url }, proceed) {
      const answer = await proceed()
      return url.includes('way=mail')
        ? { ...answer, body: new TextEncoder().encode('{"notices":[]}') }
        : answer
    },
  }),
  plain(
    'whatever is offered is installed, and found in order ever after',
    ['app-package.'],
    offering(new Map([['/sw.js', utf8ToBytes(`(${String(credulousKeeper)})()`)]])),
  ),
  {
    name: 'the security check does not look for automation',
    noticedBy: ['client-environment.security-check'],
    interference: saying('.webdriver', '.nothing'),
  },
  {
    name: 'the app says that a certificate is there before it is',
    noticedBy: ['app-tells.certificate-application'],
    interference: saying('绑定未完成', '证书申请已完成'),
  },
  {
    name: 'the app tells every customer that the payment succeeded',
    noticedBy: ['app-tells.payment-result'],
    interference: saying('人工复核中', '已完成'),
  },
]

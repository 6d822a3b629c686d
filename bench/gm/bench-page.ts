import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build } from 'vite'

// `npm run bench:gm:page`: the benchmark of gm-crypto and of the packages that run in a browser, on a page in Chromium.

/** What a page has none of. */
const standIns = new Map([
  ['./native.ts', 'no-native.ts'],
  ['./libsm.ts', 'no-libsm.ts'],
])
const limitMs = 5 * 60_000
const folder = fileURLToPath(new URL('../../gm/', import.meta.url))

/** Builds the page's scripts; answers the folder they lie in and the one the page loads. */
async function bundle(place: string): Promise<{ assets: string; entry: string }> {
  await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['anqu-source', 'module', 'browser'] },
    plugins: [
      {
        name: 'stand-ins',
        enforce: 'pre',
        resolveId: (source) => {
          const file = standIns.get(source)
          return file === undefined ? undefined : path.join(folder, file)
        },
      },
    ],
    build: {
      outDir: place,
      target: 'es2022',
      rollupOptions: {
        input: path.join(folder, 'page.ts'),
        output: { entryFileNames: 'assets/page.js' },
      },
    },
  })
  return { assets: path.join(place, 'assets'), entry: 'page.js' }
}

/** Serves the page and its scripts, and nothing else. */
async function serve({ assets, entry }: { assets: string; entry: string }): Promise<Server> {
  const scripts = new Map<string, Buffer>()
  for (const name of await readdir(assets))
    scripts.set(`/assets/${name}`, await readFile(path.join(assets, name)))
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/assets/${entry}"></script>`
  const server = createServer(({ url = '' }, response) => {
    const script = scripts.get(url)
    if (script) response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(page)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function run(executablePath: string): Promise<void> {
  const place = await mkdtemp(path.join(tmpdir(), 'gm-bench-'))
  const server = await serve(await bundle(place))
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    console.log(`Chromium ${browser.version()}`)
    const page = await browser.newPage()
    const ended = new Promise<void>((resolve, reject) => {
      setTimeout(() => reject(new Error('the page did not finish')), limitMs).unref()
      page.on('pageerror', reject)
      page.on('console', (message) => {
        if (message.text() === 'done') resolve()
        else console.log(message.text())
      })
    })
    // A server that listens on a port has an address.
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await ended
  } finally {
    await browser.close()
    server.close()
    await rm(place, { recursive: true })
  }
}

const executablePath = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (file) => file !== undefined && existsSync(file),
)
if (executablePath === undefined) {
  console.error('No Chromium found; set CHROMIUM_PATH.')
  process.exitCode = 1
} else await run(executablePath)

import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { build } from 'vite'

export interface BenchPage {
  /** The page's script, built by Vite from the sources of the workspaces. */
  readonly entry: string
  /** Files that take the place of imports a page has none of, by the import. */
  readonly standIns?: ReadonlyMap<string, string>
  readonly limitMs: number
}

/** Builds the page's scripts; answers the folder they lie in. */
async function bundle({ entry, standIns }: BenchPage, place: string): Promise<string> {
  await build({
    root: path.dirname(entry),
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['anqu-source', 'module', 'browser'] },
    plugins: [{ name: 'stand-ins', enforce: 'pre', resolveId: (source) => standIns?.get(source) }],
    worker: { format: 'es' },
    build: {
      outDir: place,
      target: 'es2022',
      rollupOptions: { input: entry, output: { entryFileNames: 'assets/page.js' } },
    },
  })
  return path.join(place, 'assets')
}

/** As the apps are served: isolated from other origins. */
const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

/** Serves the page and its scripts, and nothing else. */
async function serve(assets: string): Promise<Server> {
  const scripts = new Map<string, Buffer>()
  for (const name of await readdir(assets))
    scripts.set(`/assets/${name}`, await readFile(path.join(assets, name)))
  const page =
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/assets/page.js"></script>'
  const server = createServer(({ url = '' }, response) => {
    const script = scripts.get(url)
    if (script) response.writeHead(200, { ...isolated, 'content-type': 'text/javascript' }).end(script)
    else if (url === '/') response.writeHead(200, { ...isolated, 'content-type': 'text/html' }).end(page)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** Where Chromium is; `CHROMIUM_PATH` names another one. */
export function findChromium(): string | undefined {
  return [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (file) => file !== undefined && existsSync(file),
  )
}

/** Runs the page until it says `done`; prints its version, and hands on what the page writes to its console before. */
export async function runPage(
  page: BenchPage,
  executablePath: string,
  print: (line: string) => void = console.log,
): Promise<void> {
  const place = await mkdtemp(path.join(tmpdir(), 'bench-page-'))
  const server = await serve(await bundle(page, place))
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    console.log(`Chromium ${browser.version()}`)
    const tab = await browser.newPage()
    const ended = new Promise<void>((resolve, reject) => {
      setTimeout(() => reject(new Error('the page did not finish')), page.limitMs).unref()
      tab.on('pageerror', reject)
      tab.on('console', (message) => {
        if (message.text() === 'done') resolve()
        else print(message.text())
      })
    })
    // A server that listens on a port has an address.
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await ended
  } finally {
    await browser.close()
    server.close()
    await rm(place, { recursive: true })
  }
}

import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build } from 'vite'

// `npm run bench:gm:page`: the benchmark of gm-crypto and of the packages that run in a browser, on a page in Chromium.

const folder = fileURLToPath(new URL('../../gm/', import.meta.url))

async function bundle(place: string): Promise<Buffer> {
  await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['anqu-source', 'module', 'browser'] },
    plugins: [
      {
        name: 'no-native',
        enforce: 'pre',
        resolveId: (source) => (source === './native.ts' ? path.join(folder, 'no-native.ts') : undefined),
      },
    ],
    build: { outDir: place, target: 'es2022', rollupOptions: { input: path.join(folder, 'page.ts') } },
  })
  const [file] = (await readdir(path.join(place, 'assets'))).filter((name) => name.endsWith('.js'))
  if (file === undefined) throw new Error('the page was not built')
  return readFile(path.join(place, 'assets', file))
}

async function run(executablePath: string): Promise<void> {
  const place = await mkdtemp(path.join(tmpdir(), 'gm-bench-'))
  const script = await bundle(place)
  const server = createServer((request, response) => {
    if (request.url === '/page.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    console.log(`Chromium ${browser.version()}`)
    const page = await browser.newPage()
    const ended = new Promise<void>((resolve, reject) => {
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

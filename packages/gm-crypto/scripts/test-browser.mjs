// Runs browser/suite.js in Chromium twice: under a content security policy that allows WebAssembly, and under one that
// does not, where the JavaScript engine must take over by itself. Needs a Chromium (CHROMIUM_PATH, or one in the usual
// places).
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build } from 'vite'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const candidates = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/usr/bin/chromium-browser',
]
const policies = {
  '/wasm': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
  '/js': "default-src 'none'; script-src 'self'",
}

async function bundle(place) {
  await build({
    root,
    logLevel: 'error',
    resolve: { conditions: ['anqu-source', 'module', 'browser'] },
    build: { outDir: place, target: 'es2022', rollupOptions: { input: join(root, 'browser/suite.js') } },
  })
  const [file] = (await readdir(join(place, 'assets'))).filter((name) => name.endsWith('.js'))
  return readFile(join(place, 'assets', file))
}

function serve(script) {
  const server = createServer((request, response) => {
    if (request.url === '/suite.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
      return
    }
    const policy = policies[request.url ?? '']
    if (policy === undefined) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
    response.end(
      '<!doctype html><meta charset="utf-8"><title>gm-crypto</title><script type="module" src="/suite.js"></script>',
    )
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

async function runPage(browser, url, expectedEngine) {
  const page = await browser.newPage()
  await page.goto(url)
  await page.waitForFunction(() => globalThis.suiteResult !== undefined, undefined, { timeout: 120_000 })
  const result = await page.evaluate(() => globalThis.suiteResult)
  await page.close()
  if (result.engine !== expectedEngine)
    result.problems.push(`the ${result.engine} engine instead of ${expectedEngine}`)
  console.log(`\n${expectedEngine} engine: ${result.checks} checks, ${result.problems.length} problems`)
  for (const [name, value] of Object.entries(result.figures ?? {})) {
    console.log(`  ${name.padEnd(24)}${value.toLocaleString('en').padStart(10)}`)
  }
  for (const problem of result.problems) console.error(`  ${problem}`)
  return result.problems.length
}

const executablePath = candidates.find((path) => path !== undefined && existsSync(path))
if (executablePath === undefined) {
  console.error('No Chromium found; set CHROMIUM_PATH.')
  process.exit(1)
}
const place = await mkdtemp(join(tmpdir(), 'gm-crypto-page-'))
const server = await serve(await bundle(place))
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  const { port } = server.address()
  console.log(`Chromium ${browser.version()}`)
  let problems = 0
  for (const engine of ['wasm', 'js'])
    problems += await runPage(browser, `http://127.0.0.1:${port}/${engine}`, engine)
  process.exitCode = problems === 0 ? 0 : 1
} finally {
  await browser.close()
  server.close()
  await rm(place, { recursive: true })
}

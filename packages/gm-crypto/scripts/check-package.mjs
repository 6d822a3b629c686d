// Packs the library as npm would publish it, has publint judge it, and uses the packed files from three kinds of
// consumer: an ES module in Node, a CommonJS file in Node, and a Vite build. The examples are the ones of examples/.
import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { build } from 'vite'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const place = await mkdtemp(join(tmpdir(), 'gm-crypto-pack-'))
const installed = join(place, 'node_modules/@anqu/gm-crypto')

function run(command, args, cwd = place) {
  return execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] }).toString()
}

async function unpack() {
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', place], root),
  )
  await mkdir(installed, { recursive: true })
  run('tar', ['-xzf', join(place, packed.filename), '-C', installed, '--strip-components', '1'])
  console.log(
    `npm pack: ${packed.files.length} files, ${packed.size} bytes packed, ${packed.unpackedSize} unpacked`,
  )
  const unwanted = packed.files.filter(({ path }) => /\.test\.|assembly\/|scripts\/|node_modules/.test(path))
  if (unwanted.length > 0)
    throw new Error(`packed by mistake: ${unwanted.map(({ path }) => path).join(', ')}`)
}

async function judge() {
  const { messages } = await publint({ pkgDir: installed, pack: false, strict: true })
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  for (const message of messages) console.error(formatMessage(message, manifest))
  if (messages.length > 0) throw new Error('publint has something to say')
  console.log('publint: nothing to say')
}

async function viteConsumer() {
  const page = join(place, 'vite')
  await mkdir(page)
  await cp(join(root, 'examples/browser.js'), join(page, 'browser.js'))
  await writeFile(
    join(page, 'index.html'),
    '<!doctype html><script type="module" src="./browser.js"></script>',
  )
  await build({ root: page, logLevel: 'error', build: { outDir: 'out' } })
  const folder = join(page, 'out/assets')
  const [file] = await readdir(folder)
  const bundle = await readFile(join(folder, file))
  console.log(`Vite: ${bundle.length} bytes, ${gzipSync(bundle).length} gzipped`)
}

try {
  await unpack()
  await judge()
  for (const name of ['node-esm.mjs', 'node-commonjs.cjs']) {
    await cp(join(root, 'examples', name), join(place, name))
    console.log(`${name}: ${run(process.execPath, [join(place, name)]).trim()}`)
  }
  await viteConsumer()
} finally {
  await rm(place, { recursive: true })
}

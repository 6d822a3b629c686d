import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium, runPage } from '../chromium.ts'

// `npm run bench:gm:page`: the benchmark of gm-crypto and of the packages that run in a browser, on a page in Chromium.

const folder = fileURLToPath(new URL('../../gm/', import.meta.url))
const executablePath = findChromium()
if (executablePath === undefined) {
  console.error('No Chromium found; set CHROMIUM_PATH.')
  process.exitCode = 1
} else {
  const standIns = new Map([
    ['./native.ts', path.join(folder, 'no-native.ts')],
    ['./libsm.ts', path.join(folder, 'no-libsm.ts')],
  ])
  await runPage({ entry: path.join(folder, 'page.ts'), standIns, limitMs: 5 * 60_000 }, executablePath)
}

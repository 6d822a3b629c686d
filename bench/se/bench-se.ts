import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { initGmCrypto } from '@anqu/gm-crypto'
import { findChromium, runPage } from '../chromium.ts'
import { channelOverhead } from './channel-table.ts'
import { inProcess } from './sign-table.ts'

// `npm run bench:se`: what a signature costs through the card, in this process and in a worker in Chromium, beside the bare
// engine in the same run; what the secure channel adds; and the TSM with up to 100,000 cards.

const limitMs = 3 * 60_000

const load = (): string => loadavg()[0]?.toFixed(1) ?? '?'
const engine = await initGmCrypto()
console.log(`CPU      ${cpus()[0]?.model.trim()} × ${cpus().length}, load ${load()}`)
console.log(`Node     ${process.version}, OpenSSL ${process.versions.openssl}; engine in use: ${engine}`)
console.log(
  'Rows of a table take turns, 41 rounds; a row is its median round. Each signature has its own PIN check.',
)
await inProcess()
await channelOverhead()
const chromium = findChromium()
console.log(`\nload ${load()}`)
if (chromium === undefined) console.log('No Chromium found; set CHROMIUM_PATH. The worker is not measured.')
else await runPage({ entry: fileURLToPath(new URL('../../se/page.ts', import.meta.url)), limitMs }, chromium)
console.log(`\nload ${load()}; the TSM (npm run bench:tsm)`)
await import('./tsm-scale.ts')

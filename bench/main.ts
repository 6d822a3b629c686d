import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, totalmem } from 'node:os'
import { initGmCrypto } from '@anqu/gm-crypto'
import { cryptoBench } from './crypto.bench.ts'
import { paymentsBench } from './payments.bench.ts'

// `npm run bench` answers the first questions about speed; `npm run bench -- crypto` or `-- payments` one of them only.
// docs/reference/benchmarks.md says what is measured and how to read it. No figure makes the run fail.

const require = createRequire(import.meta.url)
const peers = ['sm-crypto', 'sm-crypto-v2', '@lifeni/libsm-js', '@noble/curves', '@node-rs/argon2']

function versionOf(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      // A package.json always has its version.
      return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { version: string })
        .version
    } catch {
      continue
    }
  }
  return 'missing'
}

const asked = process.argv.slice(2)
const wanted = (part: string): boolean => asked.length === 0 || asked.includes(part)
const startedAt = performance.now()
const engine = await initGmCrypto()
console.log(`Machine  ${cpus()[0]?.model.trim()} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB`)
console.log(`Node     ${process.version}, OpenSSL ${process.versions.openssl}, gm-crypto engine: ${engine}`)
console.log(`Peers    ${peers.map((name) => `${name} ${versionOf(name)}`).join(', ')}`)
if (wanted('crypto')) await cryptoBench()
if (wanted('payments')) await paymentsBench()
console.log(`\n${((performance.now() - startedAt) / 1000).toFixed(0)} s`)

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { gzipSync } from 'node:zlib'
import { initGmCrypto } from '@anqu/gm-crypto'
import { loadWasmEngine, wasmModule } from '@anqu/gm-crypto/engines'
import { poolTable } from './pool-rows.ts'
import { judge, printGroup, type Group, type Target } from './report.ts'
import { sm2Groups } from './sm2-rows.ts'
import { symmetricGroups } from './symmetric-rows.ts'
import { timingReport } from './timing.ts'

// Times SM2, SM3 and SM4 of this project against Node's own (OpenSSL) and the npm packages people use, in one run on one
// machine, and checks the ratios the project has set itself.

const require = createRequire(import.meta.url)

function version(name: string): string {
  const path = require.resolve.paths(name)?.map((folder) => `${folder}/${name}/package.json`) ?? []
  for (const file of path) {
    try {
      // A package.json always has its version.
      return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
    } catch {
      continue
    }
  }
  return 'missing'
}

function opensslSpeed(): string {
  try {
    const lines = execFileSync('openssl', ['speed', '-seconds', '1', 'sm2'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim()
      .split('\n')
    return lines.slice(-2).join('\n')
  } catch {
    return '(no openssl command that knows sm2)'
  }
}

async function main(): Promise<void> {
  const engine = await initGmCrypto()
  await loadWasmEngine()
  const packages = ['sm-crypto', 'sm-crypto-v2', '@lifeni/libsm-js', '@noble/curves']
  console.log(`CPU      ${cpus()[0]?.model.trim()} × ${cpus().length}`)
  console.log(`Node     ${process.version}, OpenSSL ${process.versions.openssl}; engine in use: ${engine}`)
  console.log(`Peers    ${packages.map((name) => `${name} ${version(name)}`).join(', ')}`)
  const results: { group: Group; target: Target | undefined }[] = []
  for (const make of [...(await sm2Groups()), ...symmetricGroups()]) {
    const group = make()
    printGroup(group)
    for (const target of group.targets) results.push({ group, target })
  }
  const size = gzipSync(wasmModule()).length
  console.log(`\nWebAssembly module: ${wasmModule().length} bytes, ${size} gzipped (at most 30,720)`)
  console.log(`\nopenssl speed sm2:\n${opensslSpeed()}`)
  await poolTable()
  await timingReport()
  const failed = judge(results) + (size <= 30_720 ? 0 : 1)
  console.log(failed === 0 ? '\nEvery ratio is reached.' : `\n${failed} ratios are not reached.`)
  if (failed > 0 && process.argv.includes('--check')) process.exitCode = 1
}

await main()

// Runs the judges of certificates: BouncyCastle, OpenSSL and @peculiar/asn1, on what packages/pki writes and on what the CA
// issues, and a million mutated inputs for the parsers. A judge that is missing is a failure here, since whoever asks for this
// run wants their verdict; in `npm test` it is skipped with its reason.
import { requireNode } from './node-version.mjs'

requireNode()

const judges = [
  'bouncy-castle',
  'bouncy-castle-cms',
  'judged-lists',
  'judged-ocsp',
  'openssl-interop',
  'peculiar-certificates',
  'peculiar-revocation',
  'peculiar-cms',
].map((name) => `packages/pki/src/${name}.test.ts`)

/** On what the CA issues and publishes. */
const onTheCa = ['peculiar', 'openssl-bouncy-castle'].map((name) => `apps/ca/src/judges/${name}.test.ts`)

/** For each of the parsers; those that work on the curve with every input get a quarter. */
const ROUNDS = 66_000
const ENOUGH = 1_000_000

async function main() {
  const { mkdtempSync, readFileSync, rmSync } = await import('node:fs')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const { run } = await import('./progress.mjs')
  const folder = mkdtempSync(join(tmpdir(), 'anqu-fuzz-'))
  const counts = join(folder, 'counts')
  const files = [...judges, ...onTheCa, 'packages/pki/src/fuzz.test.ts', 'packages/encoding/src/fuzz.test.ts']
  const { code } = await run(process.execPath, ['scripts/test.mjs', ...files], {
    show: true,
    env: { ANQU_JUDGES: 'required', ANQU_FUZZ_ROUNDS: String(ROUNDS), ANQU_FUZZ_COUNTS: counts },
  })
  process.exitCode = code
  if (code === 0) {
    const numbers = readFileSync(counts, 'utf8').trim().split('\n').map(Number)
    const total = numbers.reduce((sum, number) => sum + number, 0)
    process.stdout.write(`${total} mutated inputs for ${numbers.length} kinds of structures\n`)
    if (total < ENOUGH) process.exitCode = 1
  }
  rmSync(folder, { recursive: true })
}

import('./progress.mjs').then(({ runScript }) => runScript(main))

// Runs the judges of packages/pki: BouncyCastle, OpenSSL and @peculiar/asn1. A judge that is missing is a failure here, since
// whoever asks for this run wants their verdict; in `npm test` it is skipped with its reason.
import { requireNode } from './node-version.mjs'

requireNode()

const judges = [
  'bouncy-castle',
  'bouncy-castle-cms',
  'openssl-interop',
  'judged-lists',
  'judged-ocsp',
  'peculiar-certificates',
  'peculiar-revocation',
  'peculiar-cms',
]

async function main() {
  const { run } = await import('./progress.mjs')
  const files = judges.map((name) => `packages/pki/src/${name}.test.ts`)
  const { code } = await run(process.execPath, ['scripts/test.mjs', ...files], {
    show: true,
    env: { ANQU_JUDGES: 'required' },
  })
  process.exitCode = code
}

import('./progress.mjs').then(({ runScript }) => runScript(main))

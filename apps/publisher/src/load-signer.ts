import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { loadCertifiedKey, type CertifiedKey } from '@anqu/ca/api'
import { loadKeyFile } from '@anqu/platform'

const dayMs = 86_400_000
/** A release must stay installable for a while after it was made. */
const leastValidMs = 30 * dayMs

type Issuer = Parameters<typeof loadCertifiedKey<'client-code-signing'>>[0]['authority']

/** The signing key in force; a new one with a certificate of its own when the last one runs out soon. */
export async function loadSigner(options: {
  readonly dataDir: string
  readonly issuer: Issuer
  readonly nowMs: number
}): Promise<CertifiedKey> {
  const { dataDir, issuer, nowMs } = options
  const kek = await loadKeyFile(path.join(dataDir, 'key-encryption-key'))
  const load = (generation: number): Promise<CertifiedKey> =>
    loadCertifiedKey({
      folder: path.join(dataDir, `signing-${generation}`),
      kek,
      purpose: 'client-code-signing',
      commonName: 'Anqu App Publisher',
      authority: issuer,
    })
  const latest = await latestGeneration(dataDir)
  const loaded = await load(latest)
  return loaded.certificate.notAfterMs - nowMs >= leastValidMs ? loaded : load(latest + 1)
}

async function latestGeneration(dataDir: string): Promise<number> {
  const numbers = (await readdir(dataDir)).flatMap((name) => {
    const match = /^signing-([1-9]\d*)$/.exec(name)
    return match ? [Number(match[1])] : []
  })
  return Math.max(1, ...numbers)
}

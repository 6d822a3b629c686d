import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { bytesToBase64 } from '@anqu/encoding'
import { exportPkcs8, fromPem, importPkcs8, Sm2PrivateKey, toPem } from '@anqu/gm-crypto'
import { verifyProcessEvidence, type ProcessVerdict } from './process-evidence.ts'

const label = 'PRIVATE KEY'

/** The key reports are signed with; made at the first run, readable by its owner only. */
export function signingKey(folder: string): Sm2PrivateKey {
  const file = path.join(folder, 'signing-key.pem')
  if (existsSync(file)) return importPkcs8(fromPem(readFileSync(file, 'utf8'), label))
  const key = Sm2PrivateKey.generate()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(file, toPem(label, exportPkcs8(key)), { mode: 0o600 })
  writeFileSync(path.join(folder, 'signing-key.pub'), `${bytesToBase64(key.publicKey.bytes)}\n`)
  return key
}

/**
 * The signed records of what people did, judged. `signers.txt` in the folder lists the public keys that count, one a line
 * (base64 of 65 bytes); without it no record is trusted.
 */
export function readProcessEvidence(folder: string, nowMs: number): ProcessVerdict[] {
  if (!existsSync(folder)) return []
  const signersFile = path.join(folder, 'signers.txt')
  const signers = existsSync(signersFile)
    ? readFileSync(signersFile, 'utf8').split(/\s+/).filter(Boolean)
    : []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => {
      const record: unknown = JSON.parse(readFileSync(path.join(folder, name), 'utf8'))
      return verifyProcessEvidence(record, { signers, nowMs })
    })
}

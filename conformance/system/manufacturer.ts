import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes, bytesToBase64, bytesToHex } from '@anqu/encoding'
import { randomBytes } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { SM4 } from '@anqu/secure-element'
import { sealTransportKeys, TRANSPORT_VERSION } from '@anqu/secure-element/issuer'
import type { LiveSystem } from './live-system.ts'

/** A new physical card as a line of its manufacturer's list: card id, key set, keys under the TSM's certificate. */
export async function manufacturedLine({ dataDir }: LiveSystem): Promise<string> {
  const certificate = await readFile(path.join(dataDir, 'tsm', 'keys', 'tsm-encryption.cer'), 'utf8')
  const { publicKey } = parseCertificate(base64ToBytes(certificate.trim()))
  const cardId = randomBytes(10)
  const keys = { encryption: randomBytes(16), mac: randomBytes(16), data: randomBytes(16) }
  const sealed = sealTransportKeys(publicKey, cardId, { version: TRANSPORT_VERSION, cipher: SM4, keys })
  return `${bytesToHex(cardId)},${TRANSPORT_VERSION},${bytesToBase64(sealed)}`
}

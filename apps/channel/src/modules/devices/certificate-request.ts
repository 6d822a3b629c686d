import { Refusal } from '@anqu/contract'
import { ParseError } from '@anqu/encoding'
import type { Sm2PublicKey } from '@anqu/gm-crypto'
import { parseCsr, PkiError, verifyCsr, type Name } from '@anqu/pki'

/** Pseudonymous: a certificate tells the device's id, and the CA adds the holder's pseudonym (B-5.1-3). */
export const subjectOf = (deviceId: string) => [
  { type: 'C' as const, value: 'CN' },
  { type: 'O' as const, value: 'Anqu' },
  { type: 'CN' as const, value: deviceId },
]

/** The request must be signed by its own key and carry exactly the subject it was told to. */
export function checkRequest(der: Uint8Array, deviceId: string): Sm2PublicKey {
  try {
    const csr = parseCsr(der)
    if (!verifyCsr(csr) || !sameName(csr.subject, subjectOf(deviceId)))
      throw new Refusal('certificate.refused', 'the request does not verify or names another subject')
    return csr.publicKey
  } catch (error) {
    if (error instanceof ParseError || error instanceof PkiError)
      throw new Refusal('certificate.refused', `request: ${error.message}`)
    throw error
  }
}

const sameName = (a: Name, b: ReturnType<typeof subjectOf>): boolean =>
  a.length === b.length &&
  b.every((attribute, index) => a[index]?.type === attribute.type && a[index]?.value === attribute.value)

import { equalBytes, ParseError } from '@anqu/encoding'
import { sm2Verifier, sm3, Sm2PublicKey } from '@anqu/gm-crypto'
import { parseCertificate, PkiError, type Certificate } from '@anqu/pki'
import { Recent } from '../recent.ts'

export type StoredKey = { readonly serial: string; readonly der: Uint8Array; readonly public_key: Uint8Array }

/**
 * The key behind a serial, or undefined when what is stored is not what this CA certified: a key put into the register by
 * whoever got at the database speaks for nobody (A-9.5-3).
 */
export type CertifiedKeys = (stored: StoredKey) => Sm2PublicKey | undefined

const kept = 50_000

export function createCertifiedKeys(issuer: Certificate): CertifiedKeys {
  const verify = sm2Verifier(issuer.publicKey, { format: 'der' })
  // One signature a certificate, not one a call; what is stored now must be what was checked then.
  const checked = new Recent<Uint8Array>(kept)
  const certified = ({ serial, der, public_key: publicKey }: StoredKey): boolean => {
    try {
      const certificate = parseCertificate(der)
      return (
        certificate.serialHex === serial &&
        equalBytes(certificate.publicKey.bytes, publicKey) &&
        verify(certificate.tbs, certificate.signature)
      )
    } catch (error) {
      if (error instanceof ParseError || error instanceof PkiError) return false
      throw error
    }
  }
  return (stored) => {
    const der = new Uint8Array(stored.der)
    const publicKey = new Uint8Array(stored.public_key)
    const digest = sm3(new Uint8Array([...publicKey, ...der]))
    const before = checked.get(stored.serial)
    if (before === undefined || !equalBytes(before, digest)) {
      if (!certified({ serial: stored.serial, der, public_key: publicKey })) return undefined
      checked.set(stored.serial, digest)
    }
    return Sm2PublicKey.fromBytes(publicKey)
  }
}

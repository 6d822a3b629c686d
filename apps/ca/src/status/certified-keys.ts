import { equalBytes, ParseError } from '@anqu/encoding'
import { sm2Verifier, sm3, Sm2PublicKey } from '@anqu/gm-crypto'
import { parseCertificate, PkiError, type Certificate, type PublicKeyInfo } from '@anqu/pki'
import { Recent } from '../recent.ts'

export type StoredKey = { readonly serial: string; readonly der: Uint8Array; readonly public_key: Uint8Array }

/** A key of SM2, or one of a transitional kind. */
export type CertifiedKey = { readonly sm2: Sm2PublicKey } | { readonly transitional: PublicKeyInfo }

/**
 * The key behind a serial, or undefined when what is stored is not what this CA certified: a key put into the register by
 * whoever got at the database speaks for nobody (A-9.5-3).
 */
export type CertifiedKeys = (stored: StoredKey) => CertifiedKey | undefined

const kept = 50_000
const DER_SEQUENCE = 0x30

/** The register keeps the point of an SM2 key, and of other keys all there is to say about them. */
const isPoint = (publicKey: Uint8Array): boolean => publicKey[0] !== DER_SEQUENCE

export function createCertifiedKeys(issuer: Certificate): CertifiedKeys {
  const verify = sm2Verifier(issuer.publicKey, { format: 'der' })
  // One signature a certificate, not one a call; what is stored now must be what was checked then.
  const checked = new Recent<Uint8Array>(kept)
  const certified = ({ serial, der, public_key: publicKey }: StoredKey): boolean => {
    try {
      const { serialHex, publicKeyInfo, tbs, signature } = parseCertificate(der)
      const key = isPoint(publicKey) ? publicKeyInfo.bytes : publicKeyInfo.raw
      return serialHex === serial && equalBytes(key, publicKey) && verify(tbs, signature)
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
    return isPoint(publicKey)
      ? { sm2: Sm2PublicKey.fromBytes(publicKey) }
      : { transitional: parseCertificate(der).publicKeyInfo }
  }
}

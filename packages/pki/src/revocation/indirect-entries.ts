import { bytesToHex, concatBytes, derSequence, derTime, derUnsigned, encodeDer } from '@anqu/encoding'
import { extensionToDer } from '../certificate/extension-to-der.ts'
import { generalNameToDer } from '../name/general-name.ts'
import { nameKey } from '../name/name.ts'
import * as oids from '../oids.ts'
import { PkiError } from '../pki-error.ts'
import { CrlEntries, type RevokedSerial } from './crl-entries.ts'
import { reasonCode } from './reason.ts'

type ForeignSerial = RevokedSerial & Required<Pick<RevokedSerial, 'certificateIssuer'>>

const isForeign = (entry: RevokedSerial): entry is ForeignSerial => entry.certificateIssuer !== undefined

/** Every one names its issuer, though the first of a row would do: a reader that forgets must not mistake it. */
function entryToBytes({ serial, revokedAtMs, reason, certificateIssuer }: ForeignSerial): Uint8Array {
  const code = derUnsigned(reasonCode(reason), 0x0a)
  const issuer = derSequence(generalNameToDer({ kind: 'directory', value: certificateIssuer }))
  return encodeDer(
    derSequence(
      derUnsigned(serial),
      derTime(revokedAtMs),
      derSequence(
        ...(reason === 'unspecified' ? [] : [extensionToDer(oids.OID_REASON_CODE, 'plain', code)]),
        extensionToDer(oids.OID_CERTIFICATE_ISSUER, 'critical', issuer),
      ),
    ),
  )
}

/** Entries of an indirect list (RFC 5280 section 5.3.3): those of the signer first, then those of the others. */
export function encodeIndirectEntries(revoked: readonly RevokedSerial[]): Uint8Array {
  const own = new CrlEntries()
  const others: Uint8Array[] = []
  const seen = new Set<string>()
  for (const entry of revoked) {
    if (!isForeign(entry)) {
      own.add(entry)
      continue
    }
    const key = `${bytesToHex(entry.serial)} ${nameKey(entry.certificateIssuer)}`
    if (seen.has(key)) throw new PkiError('serial', 'a serial number stands in the list twice')
    seen.add(key)
    others.push(entryToBytes(entry))
  }
  return concatBytes(own.encode(), ...others)
}

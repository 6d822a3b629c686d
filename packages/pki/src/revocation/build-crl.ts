import {
  ByteWriter,
  compareBytes,
  derExplicit,
  derImplicit,
  derOctets,
  derPrimitive,
  derRaw,
  derSequence,
  derTime,
  derUnsigned,
  encodeDer,
  type DerValue,
} from '@anqu/encoding'
import { signedToDer, sm2SignatureAlgorithm } from '../algorithm.ts'
import { keyIdentifier } from '../certificate/build-certificate.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { extensionToDer } from '../certificate/extension-to-der.ts'
import * as oids from '../oids.ts'
import { PkiError } from '../pki-error.ts'
import type { Signer } from '../signer.ts'
import { crlScopeToDer, type CrlScope } from './issuing-distribution-point.ts'
import { reasonCode, type RevocationReason } from './reason.ts'

export interface RevokedSerial {
  /** Magnitude of the serial number. */
  readonly serial: Uint8Array
  readonly revokedAtMs: number
  /** `unspecified` is left out of the list, as RFC 5280 section 5.3.1 asks. */
  readonly reason: RevocationReason
}

export interface CrlRequest {
  readonly issuer: Certificate
  readonly signer: Signer
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  /** Grows with every list of the same scope. */
  readonly number: bigint
  readonly revoked: readonly RevokedSerial[]
  /** Absent for one list over everything the issuer issued. */
  readonly scope?: CrlScope
  /** Makes a delta list over the complete list of this number. */
  readonly deltaBase?: bigint
}

/** Longest list built, bytes: about four million entries. */
const MAX_BYTES = 256 * 1024 * 1024

/** Length and first bytes of a serial as one number below 2^53: decides nearly every comparison of random serials. */
function sortKey(serial: Uint8Array): number {
  let key = serial.length
  for (let index = 0; index < 5; index++) key = key * 256 + (serial[index] ?? 0)
  return key
}

/** In ascending order of the serials, so that readers may search instead of walk. */
function inOrder(revoked: readonly RevokedSerial[]): readonly RevokedSerial[] {
  const keyed = revoked.map((entry) => ({ key: sortKey(entry.serial), entry }))
  // oxlint-disable-next-line unicorn/no-array-sort -- a million entries: the array is ours and is not copied.
  keyed.sort((left, right) => left.key - right.key || compareBytes(left.entry.serial, right.entry.serial))
  return keyed.map(({ entry }) => entry)
}

function encodeReason(reason: RevocationReason): Uint8Array {
  if (reason === 'unspecified') return new Uint8Array(0)
  const code = derUnsigned(reasonCode(reason), 0x0a)
  return encodeDer(derSequence(extensionToDer(oids.OID_REASON_CODE, 'plain', code)))
}

/** Writes each entry directly: a list holds up to a million of them. */
function encodeEntries(revoked: readonly RevokedSerial[]): Uint8Array {
  const writer = new ByteWriter(MAX_BYTES)
  const reasons = new Map<RevocationReason, Uint8Array>()
  for (const { serial, reason, revokedAtMs } of inOrder(revoked)) {
    let encodedReason = reasons.get(reason)
    if (!encodedReason) {
      encodedReason = encodeReason(reason)
      reasons.set(reason, encodedReason)
    }
    const time = encodeDer(derTime(revokedAtMs))
    const signByte = (serial[0] ?? 0) >= 0x80 ? 1 : 0
    if (serial.length === 0 || serial.length + signByte > 20 || serial[0] === 0) {
      throw new PkiError('serial', 'a revoked serial number has 1 to 20 bytes, the first not zero')
    }
    // An entry is shorter than 128 bytes, so that its length takes one byte.
    writer.u8(0x30).u8(2 + signByte + serial.length + time.length + encodedReason.length)
    writer.u8(0x02).u8(signByte + serial.length)
    if (signByte) writer.u8(0)
    writer.bytes(serial).bytes(time).bytes(encodedReason)
  }
  return writer.finish()
}

function crlExtensions({ issuer, signer, number, scope, deltaBase }: CrlRequest): DerValue {
  const keyId = issuer.extensions.subjectKeyId ?? keyIdentifier(signer.publicKey)
  const list = [
    extensionToDer(oids.OID_AUTHORITY_KEY_IDENTIFIER, 'plain', derSequence(derImplicit(0, derOctets(keyId)))),
    extensionToDer(oids.OID_CRL_NUMBER, 'plain', derUnsigned(number)),
  ]
  if (scope) list.push(extensionToDer(oids.OID_ISSUING_DISTRIBUTION_POINT, 'critical', crlScopeToDer(scope)))
  if (deltaBase !== undefined) {
    list.push(extensionToDer(oids.OID_DELTA_CRL_INDICATOR, 'critical', derUnsigned(deltaBase)))
  }
  return derExplicit(0, derSequence(...list))
}

/** DER of a version 2 list (RFC 5280 section 5.1) signed with sm2-with-sm3. */
export async function buildCrl(request: CrlRequest): Promise<Uint8Array> {
  const { issuer, thisUpdateMs, nextUpdateMs, revoked } = request
  if (!(thisUpdateMs < nextUpdateMs)) throw new PkiError('validity', 'the next update is not after this one')
  const entries = revoked.length === 0 ? [] : [derPrimitive(0x30, encodeEntries(revoked))]
  const tbs = encodeDer(
    derSequence(
      derUnsigned(1),
      sm2SignatureAlgorithm(),
      derRaw(issuer.subjectDer),
      derTime(thisUpdateMs),
      derTime(nextUpdateMs),
      ...entries,
      crlExtensions(request),
    ),
  )
  return encodeDer(await signedToDer(tbs, request.signer))
}

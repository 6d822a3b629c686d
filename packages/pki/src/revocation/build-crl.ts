import {
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
import { CrlEntries, type RevokedSerial } from './crl-entries.ts'
import { urlPointToDer } from './distribution-point.ts'
import { encodeIndirectEntries } from './indirect-entries.ts'
import { crlScopeToDer, type CrlScope } from './issuing-distribution-point.ts'

export interface CrlRequest {
  readonly issuer: Certificate
  readonly signer: Signer
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  /** Grows with every list of the same scope. */
  readonly number: bigint
  /** In any order, each serial once; a `CrlEntries` when they come from a stream. */
  readonly revoked: readonly RevokedSerial[] | CrlEntries
  /** Absent for one list over everything the issuer issued. */
  readonly scope?: CrlScope
  /** Makes a delta list over the complete list of this number. */
  readonly deltaBase?: bigint
  /** Where delta lists over this complete list are found (RFC 5280 section 5.2.6). */
  readonly deltaUrls?: readonly string[]
}

function crlExtensions({ issuer, signer, number, scope, deltaBase, deltaUrls }: CrlRequest): DerValue {
  const keyId = issuer.extensions.subjectKeyId ?? keyIdentifier(signer.publicKey)
  const list = [
    extensionToDer(oids.OID_AUTHORITY_KEY_IDENTIFIER, 'plain', derSequence(derImplicit(0, derOctets(keyId)))),
    extensionToDer(oids.OID_CRL_NUMBER, 'plain', derUnsigned(number)),
  ]
  if (scope) list.push(extensionToDer(oids.OID_ISSUING_DISTRIBUTION_POINT, 'critical', crlScopeToDer(scope)))
  if (deltaBase !== undefined) {
    list.push(extensionToDer(oids.OID_DELTA_CRL_INDICATOR, 'critical', derUnsigned(deltaBase)))
  }
  if (deltaUrls?.length)
    list.push(extensionToDer(oids.OID_FRESHEST_CRL, 'plain', derSequence(...deltaUrls.map(urlPointToDer))))
  return derExplicit(0, derSequence(...list))
}

function encodeEntries({ revoked, scope }: CrlRequest): Uint8Array {
  if (revoked instanceof CrlEntries) return revoked.encode()
  if (scope?.indirect) return encodeIndirectEntries(revoked)
  const entries = new CrlEntries()
  for (const entry of revoked) entries.add(entry)
  return entries.encode()
}

function checkRequest({ thisUpdateMs, nextUpdateMs, number, deltaBase, deltaUrls }: CrlRequest): void {
  if (!(thisUpdateMs < nextUpdateMs)) throw new PkiError('validity', 'the next update is not after this one')
  if (deltaBase === undefined) return
  // RFC 5280 section 5.2.4: a delta list is newer than what it changes, and there is no delta list of a delta list.
  if (deltaBase >= number) throw new PkiError('extension', 'a delta list has a higher number than its base')
  if (deltaUrls?.length) throw new PkiError('extension', 'only a complete list may point to delta lists')
}

/** DER of a version 2 list (RFC 5280 section 5.1) signed with sm2-with-sm3. */
export async function buildCrl(request: CrlRequest): Promise<Uint8Array> {
  checkRequest(request)
  const { issuer, thisUpdateMs, nextUpdateMs } = request
  const encoded = encodeEntries(request)
  const entries = encoded.length === 0 ? [] : [derPrimitive(0x30, encoded)]
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

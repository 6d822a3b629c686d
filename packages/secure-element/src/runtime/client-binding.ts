import {
  ByteReader,
  ByteWriter,
  concatBytes,
  encodeBerTlv,
  findBerTlv,
  utf8ToBytes,
  type BerTlv,
} from '@anqu/encoding'
import { sm2Verify, sm3 } from '@anqu/gm-crypto'
import { parseCertificate, PkiError } from '@anqu/pki'
import { requireStatus, StatusError, StatusWord } from '../apdu/status-word.ts'
import { isClientVersion } from '../channel/key-set.ts'

/** One client instance and the application instance it reaches, by the version of the channel keys it was given. */
export interface ClientBinding {
  readonly version: number
  readonly aid: Uint8Array
  /** Identifier of the client instance, 1 to 32 bytes, as the TSM knows it. */
  readonly instance: Uint8Array
  /** SM3 of the certificate the client software is signed with. */
  readonly certificateHash: Uint8Array
}

/** What the publisher of client software signs with its code-signing certificate when it releases it. */
export interface ClientStatement {
  /** Name of the software, 1 to 255 bytes of UTF-8. */
  readonly name: string
  readonly version: number
  /** SM3 of the load file whose application the software was released for. */
  readonly packageHash: Uint8Array
}

export interface ClientBindingRequest {
  readonly version: number
  readonly aid: Uint8Array
  readonly instance: Uint8Array
  /** `encodeClientStatement`. */
  readonly statement: Uint8Array
  /** DER of the code-signing certificate. */
  readonly certificate: Uint8Array
  /** r‖s over `statement`, default user ID. */
  readonly signature: Uint8Array
}

export const BINDING_TAG = 0xbf31
const TAG = {
  version: 0x80,
  instance: 0x81,
  statement: 0x82,
  certificate: 0x83,
  signature: 0x84,
  aid: 0x4f,
} as const
const MAGIC = utf8ToBytes('ANQUCLIENT1')
const HASH_LENGTH = 32
const LONGEST_INSTANCE = 32

/** The bytes to sign. The leading word keeps them apart from everything else a publisher signs. */
export function encodeClientStatement({ name, version, packageHash }: ClientStatement): Uint8Array {
  if (packageHash.length !== HASH_LENGTH) throw new RangeError('a package is named by its SM3 of 32 bytes')
  return new ByteWriter().bytes(MAGIC).vector8(utf8ToBytes(name)).u32(version).bytes(packageHash).finish()
}

/** The data object that binds a client instance by STORE DATA to the issuer security domain. */
export function encodeClientBinding(request: ClientBindingRequest): Uint8Array {
  const { version, aid, instance, statement, certificate, signature } = request
  return encodeBerTlv(
    BINDING_TAG,
    concatBytes(
      encodeBerTlv(TAG.version, Uint8Array.of(version)),
      encodeBerTlv(TAG.aid, aid),
      encodeBerTlv(TAG.instance, instance),
      encodeBerTlv(TAG.statement, statement),
      encodeBerTlv(TAG.certificate, certificate),
      encodeBerTlv(TAG.signature, signature),
    ),
  )
}

/**
 * The binding that a request asks for, when its software is signed under the certificate it shows, and the SM3 of the load
 * file that this software was released for.
 * @throws StatusError 6982 for a statement that certificate did not sign, 6A80 for anything malformed.
 */
export function verifyClientBinding(object: BerTlv): { client: ClientBinding; packageHash: Uint8Array } {
  const field = (tag: number): Uint8Array => {
    const value = object.children && findBerTlv(object.children, tag)?.value
    requireStatus(value !== undefined, StatusWord.wrongData)
    return value.slice()
  }
  const [version = 0, ...more] = field(TAG.version)
  requireStatus(more.length === 0 && isClientVersion(version), StatusWord.wrongData)
  const [aid, instance, statement, der] = [
    field(TAG.aid),
    field(TAG.instance),
    field(TAG.statement),
    field(TAG.certificate),
  ]
  requireStatus(instance.length >= 1 && instance.length <= LONGEST_INSTANCE, StatusWord.wrongData)
  const packageHash = packageNamedBy(statement)
  requireStatus(sm2Verify(signerKey(der), statement, field(TAG.signature)), StatusWord.securityNotSatisfied)
  return { client: { version, aid, instance, certificateHash: sm3(der) }, packageHash }
}

export function encodeBinding({ aid, instance, certificateHash }: ClientBinding): Uint8Array {
  return new ByteWriter().vector8(aid).vector8(instance).bytes(certificateHash).finish()
}

export function parseBinding(version: number, bytes: Uint8Array): ClientBinding {
  const reader = new ByteReader(bytes, 'client binding')
  const [aid, instance] = [reader.vector8().slice(), reader.vector8().slice()]
  const certificateHash = reader.bytes(HASH_LENGTH).slice()
  reader.end()
  return { version, aid, instance, certificateHash }
}

function packageNamedBy(statement: Uint8Array): Uint8Array {
  const reader = new ByteReader(statement, 'client statement')
  const magic = reader.bytes(MAGIC.length)
  requireStatus(
    magic.every((byte, at) => byte === MAGIC[at]) && reader.vector8().length > 0,
    StatusWord.wrongData,
  )
  reader.u32()
  const packageHash = reader.bytes(HASH_LENGTH).slice()
  reader.end()
  return packageHash
}

function signerKey(der: Uint8Array) {
  try {
    return parseCertificate(der).publicKey
  } catch (error) {
    if (error instanceof PkiError) throw new StatusError(StatusWord.wrongData)
    throw error
  }
}

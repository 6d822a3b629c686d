import { concatBytes, encodeBerTlv, hexToBytes } from '@anqu/encoding'
import { keyType, type KeySet } from '../../channel/key-set.ts'

const OID = 0x06
/** 1.2.840.114283, the arc of GlobalPlatform. */
const GLOBAL_PLATFORM = '2a864886fc6b'

function oid(tail: string): Uint8Array {
  return encodeBerTlv(OID, hexToBytes(GLOBAL_PLATFORM + tail))
}

/** Card recognition data (GlobalPlatform Card Specification 2.3.1 §H.2): version 2.3.1, SCP03 with i = 70. */
export function cardRecognitionData(): Uint8Array {
  const parts = [
    oid('01'),
    encodeBerTlv(0x60, oid('02020301')),
    encodeBerTlv(0x63, oid('03')),
    encodeBerTlv(0x64, oid('040370')),
  ]
  return encodeBerTlv(0x66, encodeBerTlv(0x73, concatBytes(...parts)))
}

/** Key information template: for each key its identifier, version, type and length, and nothing of the key itself. */
export function keyInformation(keySets: readonly KeySet[]): Uint8Array {
  const entries = keySets.flatMap(({ version, cipher }) =>
    [1, 2, 3].map((identifier) =>
      encodeBerTlv(0xc0, Uint8Array.of(identifier, version, keyType(cipher), cipher.keyLength)),
    ),
  )
  return encodeBerTlv(0xe0, concatBytes(...entries))
}

/** Card production life cycle data: a virtual card was fabricated by nobody, so all 42 bytes are zero. */
export function productionData(): Uint8Array {
  return encodeBerTlv(0x9f7f, new Uint8Array(42))
}

/** One entry of GET STATUS: E3{4F identifier, 9F70 state, C5 privileges}. */
export function statusEntry(aid: Uint8Array, state: number, privileges: Uint8Array): Uint8Array {
  const parts = [
    encodeBerTlv(0x4f, aid),
    encodeBerTlv(0x9f70, Uint8Array.of(state)),
    encodeBerTlv(0xc5, privileges),
  ]
  return encodeBerTlv(0xe3, concatBytes(...parts))
}

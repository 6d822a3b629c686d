import { concatBytes, encodeBerTlv, hexToBytes } from '@anqu/encoding'
import { keyType, type KeySet } from '../../channel/key-set.ts'
import type { LoadFile } from '../../runtime/load-file.ts'

const OID = 0x06
/** 1.2.840.114283, the arc of GlobalPlatform. */
const GLOBAL_PLATFORM = '2a864886fc6b'

function oid(tail: string): Uint8Array {
  return encodeBerTlv(OID, hexToBytes(GLOBAL_PLATFORM + tail))
}

/** Card recognition data (GlobalPlatform Card Specification 2.3.1 §H.2): version 2.3.1, SCP03 with i = 70, SCP02 if spoken. */
export function cardRecognitionData(scp02?: number): Uint8Array {
  const parts = [
    oid('01'),
    encodeBerTlv(0x60, oid('02020301')),
    encodeBerTlv(0x63, oid('03')),
    encodeBerTlv(0x64, oid('040370')),
    ...(scp02 === undefined ? [] : [encodeBerTlv(0x64, oid(`0402${scp02.toString(16)}`))]),
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

/** Key derivation data: what tells cards apart when keys are diversified; the first ten bytes of INITIALIZE UPDATE too. */
export function diversificationData(diversification: Uint8Array): Uint8Array {
  return encodeBerTlv(0xcf, diversification)
}

/** Sequence counter of the channel keys, as the next session will use it. */
export function sequenceCounter(sequence: number): Uint8Array {
  return encodeBerTlv(0xc1, Uint8Array.of(sequence >> 16, (sequence >> 8) & 0xff, sequence & 0xff))
}

/** Extended card resources (ETSI TS 102 226 §8.2.1.7): applications, free non-volatile and volatile memory. */
export function cardResources(applications: number, free: number): Uint8Array {
  const number = (value: number) =>
    Uint8Array.of(value >> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff)
  const parts = [
    encodeBerTlv(0x81, Uint8Array.of(applications)),
    encodeBerTlv(0x82, number(free)),
    encodeBerTlv(0x83, number(free)),
  ]
  return tagged(0xff21, concatBytes(...parts))
}

/** FFxx and 2F00 are no tags as ISO/IEC 7816-4 makes them; GlobalPlatform's specifications use them all the same. */
export function tagged(tag: number, value: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(tag >> 8, tag & 0xff), encodeBerTlv(0x04, value).subarray(1))
}

/** One entry of GET STATUS: E3{4F identifier, 9F70 state, C5 privileges, and what the kind of entry adds}. */
export function statusEntry(
  aid: Uint8Array,
  state: number,
  privileges: Uint8Array,
  ...more: readonly Uint8Array[]
): Uint8Array {
  const parts = [
    encodeBerTlv(0x4f, aid),
    encodeBerTlv(0x9f70, Uint8Array.of(state)),
    encodeBerTlv(0xc5, privileges),
    ...more,
  ]
  return encodeBerTlv(0xe3, concatBytes(...parts))
}

/** CE: version of a load file, as its package says. */
export function versionEntry({ version }: LoadFile): Uint8Array {
  return encodeBerTlv(
    0xce,
    Uint8Array.of(version >>> 24, (version >> 16) & 0xff, (version >> 8) & 0xff, version & 0xff),
  )
}

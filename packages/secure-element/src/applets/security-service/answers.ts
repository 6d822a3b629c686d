import {
  ByteReader,
  ByteWriter,
  bytesToHex,
  bytesToUtf8,
  concatBytes,
  encodeBerTlv,
  hexToBytes,
  ParseError,
  utf8ToBytes,
} from '@anqu/encoding'
import type { Certificate } from '@anqu/pki'
import { KEY_USAGES, type KeyUsage } from './container-record.ts'

const LAYOUT = 1
const HAS_PENDING = 0x01
const HAS_CERTIFICATE = 0x02
const PIN_SET = 0x01
const PIN_MUST_CHANGE = 0x02
const PIN_CAN_BE_RESET = 0x04

/** Answer of GET STATUS. */
export interface ServiceStatus {
  readonly pinSet: boolean
  /** The issuer reset the PIN: it must be changed before anything else. */
  readonly pinMustChange: boolean
  /** The issuer holds a resetting code for this card. */
  readonly pinCanBeReset: boolean
  readonly triesLeft: number
  readonly triesLimit: number
  readonly containers: number
  /** Bytes of card memory that are free. */
  readonly freeBytes: number
}

/** The pair of one usage in a container, as LIST CONTAINERS tells of it: the certificate itself is read by selector. */
export interface PairEntry {
  readonly usage: KeyUsage
  /** A pair was generated and waits for its certificate. */
  readonly pending: boolean
  readonly certificate: CertificateEntry | undefined
}

export interface CertificateEntry {
  readonly serialHex: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

export interface ContainerEntry {
  readonly name: string
  readonly pairs: readonly PairEntry[]
}

/** File control information: 6F{84 application identifier, A5{}}. */
export function selectInformation(aid: Uint8Array): Uint8Array {
  return encodeBerTlv(0x6f, concatBytes(encodeBerTlv(0x84, aid), encodeBerTlv(0xa5, new Uint8Array(0))))
}

export function encodeStatus(status: ServiceStatus): Uint8Array {
  const { triesLeft, triesLimit, containers, freeBytes } = status
  const pin =
    (status.pinSet ? PIN_SET : 0) |
    (status.pinMustChange ? PIN_MUST_CHANGE : 0) |
    (status.pinCanBeReset ? PIN_CAN_BE_RESET : 0)
  const writer = new ByteWriter().u8(LAYOUT).u8(pin).u8(triesLeft).u8(triesLimit)
  return writer.u16(containers).u32(freeBytes).finish()
}

/** @throws ParseError for another layout. */
export function parseStatus(bytes: Uint8Array): ServiceStatus {
  const reader = layoutReader(bytes, 'card status')
  const pin = reader.u8()
  const [triesLeft, triesLimit, containers, freeBytes] = [
    reader.u8(),
    reader.u8(),
    reader.u16(),
    reader.u32(),
  ]
  reader.end()
  const has = (bit: number): boolean => (pin & bit) !== 0
  return {
    pinSet: has(PIN_SET),
    pinMustChange: has(PIN_MUST_CHANGE),
    pinCanBeReset: has(PIN_CAN_BE_RESET),
    triesLeft,
    triesLimit,
    containers,
    freeBytes,
  }
}

export function certificateEntry(certificate: Certificate): CertificateEntry {
  const { serialHex, notBeforeMs, notAfterMs } = certificate
  return { serialHex, notBeforeMs, notAfterMs }
}

export function encodeInventory(entries: readonly ContainerEntry[]): Uint8Array {
  const writer = new ByteWriter().u8(LAYOUT).u8(entries.length)
  for (const { name, pairs } of entries) {
    writer.vector8(utf8ToBytes(name))
    for (const { pending, certificate } of pairs) {
      writer.u8((pending ? HAS_PENDING : 0) | (certificate ? HAS_CERTIFICATE : 0))
      if (certificate === undefined) continue
      writer.vector8(hexToBytes(certificate.serialHex))
      writer.u64(BigInt(certificate.notBeforeMs)).u64(BigInt(certificate.notAfterMs))
    }
  }
  return writer.finish()
}

/** @throws ParseError for another layout. */
export function parseInventory(bytes: Uint8Array): ContainerEntry[] {
  const reader = layoutReader(bytes, 'container list')
  const entries: ContainerEntry[] = []
  for (let left = reader.u8(); left > 0; left--) {
    const name = bytesToUtf8(reader.vector8())
    entries.push({ name, pairs: KEY_USAGES.map((usage) => readPair(reader, usage)) })
  }
  reader.end()
  return entries
}

function readPair(reader: ByteReader, usage: KeyUsage): PairEntry {
  const flags = reader.u8()
  const pending = (flags & HAS_PENDING) !== 0
  if ((flags & HAS_CERTIFICATE) === 0) return { usage, pending, certificate: undefined }
  const serialHex = bytesToHex(reader.vector8())
  const [notBeforeMs, notAfterMs] = [Number(reader.u64()), Number(reader.u64())]
  return { usage, pending, certificate: { serialHex, notBeforeMs, notAfterMs } }
}

function layoutReader(bytes: Uint8Array, path: string): ByteReader {
  const reader = new ByteReader(bytes, path)
  if (reader.u8() !== LAYOUT) throw new ParseError(path, 0, `layout ${LAYOUT}`)
  return reader
}

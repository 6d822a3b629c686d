import { ByteReader, ByteWriter, bytesToHex, bytesToUtf8, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { requireStatus, StatusWord } from '../../apdu/status-word.ts'

/** What a key pair is for; the byte is P2 of the commands (B-5.4.3-1). */
export const KEY_USAGES = ['signing', 'encryption'] as const
export type KeyUsage = (typeof KEY_USAGES)[number]

/**
 * The key pairs of one usage. `pending` was generated and waits for its certificate; `active` has one. A renewal makes
 * `pending` beside `active`, and installing its certificate moves it over in one step, so that a failure anywhere
 * before leaves the old pair at work.
 */
export interface PairSlots {
  readonly active: string | undefined
  readonly pending: string | undefined
  /** A request was made under the PIN and its certificate may be installed once. */
  readonly certificateExpected: boolean
}

export interface ContainerRecord {
  /** SM3 of the certificate that the software was signed with which made the container; empty: everybody's. */
  readonly owner: Uint8Array
  readonly signing: PairSlots
  readonly encryption: PairSlots
}

const ID_LENGTH = 8
const NO_PAIRS: PairSlots = { active: undefined, pending: undefined, certificateExpected: false }
export const EVERYBODY = new Uint8Array(0)

export function emptyContainer(owner: Uint8Array): ContainerRecord {
  return { owner, signing: NO_PAIRS, encryption: NO_PAIRS }
}

const LONGEST_NAME = 64

/** @throws StatusError 6A80 unless 1 to 64 bytes of UTF-8 without control characters. */
export function parseContainerName(bytes: Uint8Array): string {
  requireStatus(bytes.length >= 1 && bytes.length <= LONGEST_NAME, StatusWord.wrongData)
  const name = bytesToUtf8(bytes)
  requireStatus(!/\p{Cc}/u.test(name), StatusWord.wrongData)
  return name
}

/** Path of a container's record. */
export function containerPath(name: string): string {
  return `container/${bytesToHex(utf8ToBytes(name))}`
}

export function containerName(path: string): string {
  return bytesToUtf8(hexToBytes(path.slice('container/'.length)))
}

export function encodeContainer(record: ContainerRecord): Uint8Array {
  const writer = new ByteWriter().vector8(record.owner)
  for (const usage of KEY_USAGES) {
    const { active, pending, certificateExpected } = record[usage]
    writer
      .vector8(idBytes(active))
      .vector8(idBytes(pending))
      .u8(certificateExpected ? 1 : 0)
  }
  return writer.finish()
}

export function parseContainer(bytes: Uint8Array): ContainerRecord {
  const reader = new ByteReader(bytes, 'container')
  const owner = reader.vector8().slice()
  const slots = (): PairSlots => ({
    active: idOf(reader.vector8(ID_LENGTH)),
    pending: idOf(reader.vector8(ID_LENGTH)),
    certificateExpected: reader.u8() === 1,
  })
  const record = { owner, signing: slots(), encryption: slots() }
  reader.end()
  return record
}

function idBytes(id: string | undefined): Uint8Array {
  return id === undefined ? new Uint8Array(0) : hexToBytes(id)
}

function idOf(bytes: Uint8Array): string | undefined {
  return bytes.length === 0 ? undefined : bytesToHex(bytes)
}

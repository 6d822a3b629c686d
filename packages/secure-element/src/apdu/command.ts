import { StatusError, StatusWord } from './status-word.ts'

/** A command APDU (ISO/IEC 7816-3 §12.1). `ne` is the expected length of the answer, 0 when none is expected. */
export interface CommandApdu {
  readonly cla: number
  readonly ins: number
  readonly p1: number
  readonly p2: number
  readonly data: Uint8Array
  readonly ne: number
}

/** Largest data field of one extended command. */
export const MAX_COMMAND_DATA = 65_535
const NO_DATA = new Uint8Array(0)

/**
 * Reads all four cases, short and extended. The data field is a view of `bytes`.
 * @throws StatusError 6700 when the lengths do not add up.
 */
export function parseCommand(bytes: Uint8Array): CommandApdu {
  const [cla, ins, p1, p2, first] = bytes
  if (cla === undefined || ins === undefined || p1 === undefined || p2 === undefined) throw wrongLength()
  const build = (data: Uint8Array, ne: number): CommandApdu => ({ cla, ins, p1, p2, data, ne })
  if (first === undefined) return build(NO_DATA, 0)
  if (bytes.length === 5) return build(NO_DATA, first === 0 ? 256 : first)
  if (first !== 0) return build(...shortBody(bytes, first))
  if (bytes.length < 7) throw wrongLength()
  return build(...extendedBody(bytes))
}

/** Encodes in the shortest form that carries `command`: short where Lc ≤ 255 and Ne ≤ 256, else extended. */
export function encodeCommand(command: CommandApdu): Uint8Array {
  const { cla, ins, p1, p2, data, ne } = command
  if (data.length > MAX_COMMAND_DATA) throw new RangeError('command data longer than 65,535 bytes')
  const short = data.length <= 255 && ne <= 256
  const length = data.length
  const lc = length === 0 ? [] : short ? [length] : [0, length >> 8, length & 0xff]
  const le = ne === 0 ? [] : short ? [ne & 0xff] : [...(length === 0 ? [0] : []), (ne >> 8) & 0xff, ne & 0xff]
  const bytes = new Uint8Array(4 + lc.length + length + le.length)
  let at = 0
  for (const byte of [cla, ins, p1, p2, ...lc]) bytes[at++] = byte
  bytes.set(data, at)
  at += length
  for (const byte of le) bytes[at++] = byte
  return bytes
}

function shortBody(bytes: Uint8Array, lc: number): [Uint8Array, number] {
  const data = bytes.subarray(5, 5 + lc)
  if (bytes.length === 5 + lc) return [data, 0]
  if (bytes.length !== 6 + lc) throw wrongLength()
  const le = bytes[5 + lc]
  return [data, le === undefined || le === 0 ? 256 : le]
}

function extendedBody(bytes: Uint8Array): [Uint8Array, number] {
  const length = u16(bytes, 5)
  if (bytes.length === 7) return [NO_DATA, length === 0 ? 65_536 : length]
  if (length === 0) throw wrongLength()
  const data = bytes.subarray(7, 7 + length)
  if (bytes.length === 7 + length) return [data, 0]
  if (bytes.length !== 9 + length) throw wrongLength()
  const ne = u16(bytes, 7 + length)
  return [data, ne === 0 ? 65_536 : ne]
}

/** The caller has checked that both bytes are there. */
function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function wrongLength(): StatusError {
  return new StatusError(StatusWord.wrongLength)
}

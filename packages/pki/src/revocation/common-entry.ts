/**
 * The shape that nearly every entry of a revocation list has: serial, UTCTime, and nothing or one plain reason. Lists of a
 * million entries are read several times faster when this shape is recognised byte by byte; anything else, also what merely
 * might be wrong, is left to the strict reader. What is recognised here is a subset of what that reader accepts, and a test
 * holds the two together.
 */

const REASON = Uint8Array.of(0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01)

function twoDigits(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] ?? 0) - 0x30
  const low = (bytes[at + 1] ?? 0) - 0x30
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : -1
}

/** Days above 28 are left to the strict reader, which knows the months. */
function isCommonTime(bytes: Uint8Array, at: number): boolean {
  const month = twoDigits(bytes, at + 4)
  const day = twoDigits(bytes, at + 6)
  const [hour, minute, second] = [
    twoDigits(bytes, at + 8),
    twoDigits(bytes, at + 10),
    twoDigits(bytes, at + 12),
  ]
  return (
    bytes[at] === 0x17 &&
    bytes[at + 1] === 13 &&
    twoDigits(bytes, at + 2) >= 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    hour >= 0 &&
    hour <= 23 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    second <= 59 &&
    bytes[at + 14] === 0x5a
  )
}

function isCommonReason(bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < REASON.length; index++) if (bytes[at + index] !== REASON[index]) return false
  const code = bytes[at + REASON.length] ?? 0
  return code >= 1 && code <= 10 && code !== 7
}

/** Length of the entry that begins at `at` when it has the common shape, 0 otherwise. */
export function commonEntryLength(bytes: Uint8Array, at: number): number {
  const length = bytes[at + 1] ?? 0x80
  const serialLength = bytes[at + 3] ?? 0
  const first = bytes[at + 4] ?? 0x80
  const end = at + 2 + length
  const plain = end === at + 4 + serialLength + 15
  if (bytes[at] !== 0x30 || length >= 0x80 || end > bytes.length || bytes[at + 2] !== 0x02) return 0
  if (serialLength < 2 || serialLength > 20 || first >= 0x80) return 0
  if (first === 0 && (bytes[at + 5] ?? 0) < 0x80) return 0
  if (!plain && end !== at + 4 + serialLength + 15 + REASON.length + 1) return 0
  if (!isCommonTime(bytes, at + 4 + serialLength)) return 0
  return plain || isCommonReason(bytes, at + 4 + serialLength + 15) ? 2 + length : 0
}

import { engine } from '../engine/current.ts'
import { requireLength } from '../errors.ts'
import { type KeyBytes, withKey } from '../keys/secret-bytes.ts'

export const blockSize = 16

/** Lends the 32 round keys of `key` to `action` and erases them afterwards. */
export function withSchedule<T>(key: KeyBytes, action: (schedule: Int32Array) => T): T {
  const schedule = withKey(key, (bytes) => {
    requireLength(bytes, blockSize, 'an SM4 key')
    return engine().sm4Schedule(bytes)
  })
  try {
    return action(schedule)
  } finally {
    schedule.fill(0)
  }
}

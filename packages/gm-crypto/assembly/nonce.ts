import { sign } from './sm2'
import { inRange } from './scalar'
import { B0, B1, B3, B6 } from './slots'
import { DATA, HASH, sm3Finish, wipeData } from './symmetric'

// The random bytes, the private key and the digest must be read before `sign` uses the slots.
function pad(value: u8): void {
  for (let i = 0; i < 64; i++) store<u8>(DATA + i, value ^ (i < 32 ? load<u8>(B6 + i) : 0))
}

/** B3 = HMAC-SM3 under the random bytes at B6 of (scalar B1 ‖ digest B0 ‖ counter); see src/engine/js/hedged-sign.ts. */
function deriveNonce(counter: i32): void {
  pad(0x36)
  memory.copy(DATA + 64, B1, 32)
  memory.copy(DATA + 96, B0, 32)
  store<u8>(DATA + 128, <u8>counter)
  sm3Finish(129, 0)
  pad(0x5c)
  memory.copy(DATA + 64, HASH, 32)
  sm3Finish(96, 0)
  memory.copy(B3, HASH, 32)
}

/** r in B4 and s in B5 from digest B0, scalar B1, its inverse B2 and 32 random bytes B6; 0 only after 256 refusals. */
export function signHedged(): i32 {
  for (let counter = 0; counter < 256; counter++) {
    deriveNonce(counter)
    wipeData(160)
    if (inRange(B3) === 1 && sign() === 1) return 1
  }
  return 0
}

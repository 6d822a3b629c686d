import type { SymmetricEngine } from '../engine.ts'
import { sm3FinishJs, sm3Initial } from '../js/sm3-padding.ts'

/** The module's functions for SM3, SM4 and GHASH; see assembly/symmetric.ts. */
export interface SymmetricExports {
  readonly sm3Blocks: (blocks: number) => void
  readonly sm3Finish: (length: number, before: number) => void
  readonly sm4Schedule: () => void
  readonly sm4Blocks: (blocks: number) => void
  readonly sm4CbcBlocks: (blocks: number) => void
  readonly sm4Counter: (length: number) => void
  readonly ghash: (blocks: number) => void
  readonly wipeData: (length: number) => void
}

// Places in the module's memory (assembly/symmetric.ts).
const hashAt = 20480
const counterAt = 20544
const hashKeyAt = 20560
const ghashAt = 20576
const scheduleAt = 20608
const keyAt = 20736
const dataAt = 65536
// What goes through the module in one call: little enough to stay in the first-level cache, and to be erased quickly.
const chunk = 16384
// A hash of more bytes than a 32-bit count can tell is finished in JavaScript.
const longestInside = 0xffffffff - chunk

/** The module's functions and its whole memory as bytes, renewed by the caller whenever the memory grows. */
interface Module {
  readonly exports: SymmetricExports
  readonly view: () => Uint8Array<ArrayBuffer>
}

function sm3Part({ exports, view }: Module): Pick<SymmetricEngine, 'sm3' | 'sm3Finish' | 'sm3Blocks'> {
  const loadState = (state: Int32Array): void => {
    view().set(new Uint8Array(state.buffer, state.byteOffset, 32), hashAt)
  }
  const takeHash = (dataLength: number): Uint8Array<ArrayBuffer> => {
    const out = view().slice(hashAt, hashAt + 32)
    exports.wipeData(dataLength + 72)
    return out
  }
  const sm3Blocks = (state: Int32Array, data: Uint8Array): void => {
    loadState(state)
    for (let at = 0; at < data.length; at += chunk) {
      const part = data.subarray(at, at + chunk)
      view().set(part, dataAt)
      exports.sm3Blocks(part.length / 64)
    }
    new Uint8Array(state.buffer, state.byteOffset, 32).set(view().subarray(hashAt, hashAt + 32))
    exports.wipeData(Math.min(chunk, data.length))
  }
  const sm3Finish = (state: Int32Array, tail: Uint8Array, before: number): Uint8Array<ArrayBuffer> => {
    if (before > longestInside) return sm3FinishJs(state, tail, before)
    loadState(state)
    view().set(tail, dataAt)
    exports.sm3Finish(tail.length, before)
    return takeHash(tail.length)
  }
  return {
    sm3(data) {
      if (data.length > chunk) {
        const state = Int32Array.from(sm3Initial)
        const whole = data.length - (data.length % 64)
        sm3Blocks(state, data.subarray(0, whole))
        return sm3Finish(state, data.subarray(whole), whole)
      }
      view().set(data, dataAt)
      exports.sm3Finish(data.length, 0)
      return takeHash(data.length)
    },
    sm3Finish,
    sm3Blocks,
  }
}

type Sm4Part = Pick<SymmetricEngine, 'sm4Schedule' | 'sm4Blocks' | 'sm4CbcBlocks' | 'sm4Counter'>

function sm4Part({ exports, view }: Module): Sm4Part {
  const loadSchedule = (schedule: Int32Array): void => {
    view().set(new Uint8Array(schedule.buffer, schedule.byteOffset, 128), scheduleAt)
  }
  // Runs `work` over `input` a chunk at a time, in place in the module, and copies the results to `output`.
  const through = (input: Uint8Array, output: Uint8Array, work: (length: number) => void): void => {
    for (let at = 0; at < input.length; at += chunk) {
      const length = Math.min(chunk, input.length - at)
      view().set(input.subarray(at, at + length), dataAt)
      work(length)
      output.set(view().subarray(dataAt, dataAt + length), at)
    }
    exports.wipeData(Math.min(chunk, input.length) + 128)
  }
  return {
    sm4Schedule(key) {
      view().set(key, keyAt)
      exports.sm4Schedule()
      const out = new Int32Array(32)
      new Uint8Array(out.buffer).set(view().subarray(scheduleAt, scheduleAt + 128))
      exports.wipeData(0)
      return out
    },
    sm4Blocks(schedule, input, output) {
      loadSchedule(schedule)
      through(input, output, (length) => exports.sm4Blocks(length / 16))
    },
    sm4CbcBlocks(schedule, iv, input, output) {
      loadSchedule(schedule)
      view().set(iv, counterAt)
      through(input, output, (length) => exports.sm4CbcBlocks(length / 16))
    },
    sm4Counter(schedule, counter, input, output) {
      loadSchedule(schedule)
      view().set(counter, counterAt)
      through(input, output, (length) => exports.sm4Counter(length))
    },
  }
}

function ghashPart({ exports, view }: Module): Pick<SymmetricEngine, 'ghash'> {
  return {
    ghash(hashKey, state, data) {
      view().set(hashKey, hashKeyAt)
      view().set(state, ghashAt)
      for (let at = 0; at < data.length; at += chunk) {
        const part = data.subarray(at, at + chunk)
        const count = Math.ceil(part.length / 16)
        view().fill(0, dataAt + part.length, dataAt + 16 * count)
        view().set(part, dataAt)
        exports.ghash(count)
      }
      state.set(view().subarray(ghashAt, ghashAt + 16))
      exports.wipeData(Math.min(chunk, data.length))
    },
  }
}

/** SM3, SM4 and GHASH over the module. */
export function symmetricWasm(
  exports: SymmetricExports,
  view: () => Uint8Array<ArrayBuffer>,
): SymmetricEngine {
  const module = { exports, view }
  return { ...sm3Part(module), ...sm4Part(module), ...ghashPart(module) }
}

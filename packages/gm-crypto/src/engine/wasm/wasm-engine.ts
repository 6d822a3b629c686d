import { curveEngine } from '../curve-core.ts'
import type { Engine } from '../engine.ts'
import { type SymmetricExports, symmetricWasm } from './symmetric-wasm.ts'
import { wasmBase64 } from './module.generated.ts'

/** What the module exports; see assembly/index.ts. */
interface WasmExports extends SymmetricExports {
  readonly memory: WebAssembly.Memory
  readonly prepare: () => void
  readonly wipe: () => void
  readonly multiplyBase: () => void
  readonly multiplyAny: () => void
  readonly combine: () => number
  readonly isOnCurve: () => number
  readonly decompress: (parity: number) => number
  readonly signingInverse: () => void
  readonly multiplyAdd: () => void
  readonly sign: () => number
  readonly signHedged: () => number
  readonly verify: () => number
  readonly buildTable: (slot: number) => void
  readonly verifyWithTable: (slot: number) => number
  readonly tableEnd: (slot: number) => number
}

const bytesAt = 16384
const bytesLength = 2048
const pageSize = 65536

/** The bytes of the WebAssembly module. */
export function wasmModule(): Uint8Array<ArrayBuffer> {
  const text = atob(wasmBase64)
  return Uint8Array.from(text, (digit) => digit.charCodeAt(0))
}

function wasmEngine(exports: WasmExports): Engine {
  const { memory } = exports
  let whole = new Uint8Array(memory.buffer)
  let view = whole.subarray(bytesAt, bytesAt + bytesLength)
  return {
    ...symmetricWasm(exports, () => whole),
    ...curveEngine({
      ...exports,
      bytes: () => view,
      reserveTable(slot) {
        const missing = exports.tableEnd(slot) - memory.buffer.byteLength
        if (missing > 0) memory.grow(Math.ceil(missing / pageSize))
        // Growing detaches every earlier view of the memory.
        whole = new Uint8Array(memory.buffer)
        view = whole.subarray(bytesAt, bytesAt + bytesLength)
      },
    }),
    name: 'wasm',
  }
}

/**
 * Compiles and starts the WebAssembly engine. Rejects where WebAssembly or its SIMD instructions are missing, or where a
 * content security policy without 'wasm-unsafe-eval' forbids it.
 */
export async function loadWasmEngine(): Promise<Engine> {
  const { instance } = await WebAssembly.instantiate(wasmModule(), {})
  // The module is our own, built from assembly/index.ts whose exports WasmExports lists.
  return wasmEngine(instance.exports as unknown as WasmExports)
}

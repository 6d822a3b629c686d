import { fromHex } from './bytes.ts'
import { useEngine } from './engine/current.ts'
import { jsEngine } from './engine/js-engine.ts'
import { loadWasmEngine } from './engine/wasm/wasm-engine.ts'

/** Hexadecimal text to bytes and back; test material only. */
export const hex = fromHex

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** The engines every behaviour is tested on. */
export const engineNames = ['js', 'wasm'] as const

/** Puts the named engine in use for the tests that follow. */
export async function testOn(name: (typeof engineNames)[number]): Promise<void> {
  useEngine(name === 'js' ? jsEngine : await loadWasmEngine())
}

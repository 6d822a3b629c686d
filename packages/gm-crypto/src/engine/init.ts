import { engineName, useEngine } from './current.ts'
import type { EngineName } from './engine.ts'
import { passesSelfTest } from './self-test.ts'
import { loadWasmEngine } from './wasm/wasm-engine.ts'

let started: Promise<EngineName> | undefined

async function start(): Promise<EngineName> {
  try {
    const wasm = await loadWasmEngine()
    if (passesSelfTest(wasm)) useEngine(wasm)
  } catch (error) {
    // No WebAssembly, no SIMD, or forbidden by the page's policy: the JavaScript engine stays. Anything else is a bug.
    const barred =
      typeof WebAssembly === 'undefined' || error instanceof WebAssembly.CompileError || isPolicyError(error)
    if (!barred) throw error
  }
  return engineName()
}

// Browsers report a policy that forbids compiling as a CompileError or as an EvalError.
function isPolicyError(error: unknown): boolean {
  return error instanceof EvalError || error instanceof WebAssembly.LinkError || error instanceof RangeError
}

/**
 * Loads the fastest engine this place allows, tests it against the standards' examples, and says which is in use.
 * Everything works before it has finished, on the JavaScript engine. Calling it again costs nothing.
 */
export function initGmCrypto(): Promise<EngineName> {
  started ??= start()
  return started
}

import type { Engine, EngineName } from './engine.ts'
import { jsEngine } from './js-engine.ts'

// Everything works from the first moment on the JavaScript engine; `initGmCrypto` may put a faster one in its place.
let chosen: Engine = jsEngine

/** The engine in use. */
export function engine(): Engine {
  return chosen
}

/** Puts another engine in place; both engines give the same answers, so work under way is not disturbed. */
export function useEngine(next: Engine): void {
  chosen = next
}

/** Which engine is in use: `wasm` or `js`. */
export function engineName(): EngineName {
  return chosen.name
}

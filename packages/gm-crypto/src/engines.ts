// The engines themselves, for benchmarks and tests. Applications use `@anqu/gm-crypto`, which picks one.
export { jsEngine } from './engine/js-engine.ts'
export type { Engine } from './engine/engine.ts'
export { loadWasmEngine, wasmModule } from './engine/wasm/wasm-engine.ts'

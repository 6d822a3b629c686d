import { peerEngine } from './peer-engine.ts'

// Stands in for gm-crypto's own start (bench/platform/use-peer.ts): the engine of the peers is put in use, unasked.

type Current = { useEngine(engine: object): void; engineName(): string }
// Beside the module this one stands in for.
const current = (await import(
  new URL('./engine/current.js', import.meta.resolve('@anqu/gm-crypto')).href
)) as Current

export async function initGmCrypto(): Promise<string> {
  current.useEngine(peerEngine)
  return current.engineName()
}

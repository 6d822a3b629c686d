import { engineName } from './current.ts'
import type { EngineName } from './engine.ts'

/** Picks the fastest engine this place allows and says which; everything works before it has finished. */
export async function initGmCrypto(): Promise<EngineName> {
  return engineName()
}

import type { Interference } from '../system/interference.ts'
import type { LiveSystem } from '../system/live-system.ts'

/** A behaviour that is broken on purpose, and the controls that must notice. */
export type PlantedFault = {
  readonly name: string
  readonly interference: (system: LiveSystem) => Promise<Interference>
  /** Ids, or the beginning of ids. */
  readonly noticedBy: readonly string[]
}

/** The same interference whatever the system. */
export const plain = (
  name: string,
  noticedBy: readonly string[],
  interference: Interference,
): PlantedFault => ({
  name,
  noticedBy,
  interference: async () => interference,
})

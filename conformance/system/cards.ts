import { ClientCard } from '@anqu/client'
import { inspectCard } from '@anqu/secure-element/inspection'
import { disturbed } from './installation.ts'
import type { Interference } from './interference.ts'
import type { LiveSystem } from './live-system.ts'

/** Cards that a check has made itself, as an interference may change what is seen of them. */
export function createCards(
  interference: () => Interference | undefined,
): Pick<LiveSystem, 'wire' | 'inspect' | 'client'> {
  return {
    wire: (card) => disturbed(card, interference),
    async inspect(storage) {
      const inspection = await inspectCard(storage)
      return interference()?.inspection?.(inspection) ?? inspection
    },
    client: (card, store) => interference()?.client?.(card, store) ?? new ClientCard(card, store),
  }
}

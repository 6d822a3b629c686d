import type { OutputOf, staffCards } from '@anqu/contract'
import type { Tone } from '@anqu/ui'

export type Card = OutputOf<typeof staffCards>['cards'][number]

export const stateTones: Readonly<Record<Card['state'], Tone>> = {
  enrolled: 'info',
  personalised: 'good',
  locked: 'warn',
  deleted: 'plain',
}
export const orderKeys = {
  none: 'orderNone',
  lock: 'orderLock',
  unlock: 'orderUnlock',
  delete: 'orderDelete',
} as const

import type { OutputOf, staffPropose } from '@anqu/contract'
import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'

export type Proposal = OutputOf<typeof staffPropose>['proposal']

/** Whether the digest that is sent back with a decision is that of the action on the screen. */
export const digestFits = ({ action, digest }: Pick<Proposal, 'action' | 'digest'>): boolean =>
  bytesToHex(sm3(utf8ToBytes(JSON.stringify(action)))) === digest

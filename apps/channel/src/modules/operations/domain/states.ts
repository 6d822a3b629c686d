import type { OperationState } from '@anqu/contract'

/**
 * The life of an operation. `unknown` is a state of its own: the outside party was asked and has not answered, so nobody
 * may claim success or failure until it has been asked again (D-5.3.4). `held` is for staff: the outside party contradicted
 * the order, or has been silent for too long; nothing is posted until an answer that fits has come.
 */
const allowed: Readonly<Record<OperationState, readonly OperationState[]>> = {
  prepared: ['challenged', 'refused'],
  challenged: ['authorised', 'refused'],
  authorised: ['executing', 'held', 'refused'],
  executing: ['done', 'refused', 'reversed', 'unknown', 'held'],
  unknown: ['executing'],
  held: ['executing', 'refused', 'reversed'],
  done: [],
  refused: [],
  reversed: [],
}

const mayBecome = (from: OperationState, to: OperationState): boolean => allowed[from].includes(to)

/** Throws on a transition the table does not have: that would be a bug, never a customer's doing. */
export function assertTransition(from: OperationState, to: OperationState): void {
  if (!mayBecome(from, to)) throw new Error(`an operation cannot go from ${from} to ${to}`)
}

import type { TransitionalAlgorithm } from '@anqu/pki'
import type { Profile } from './profiles.ts'

export type KeyAlgorithm = 'sm2' | TransitionalAlgorithm

/** The transitional algorithms a profile allows now (A-9.5-5, A-9.5-6): each by name, and none after its last day. */
export const openTransition = ({ parameters }: Profile, nowMs: number): TransitionalAlgorithm[] =>
  (parameters.transitional ?? []).filter(({ untilMs }) => untilMs > nowMs).map(({ algorithm }) => algorithm)

/** When keys of this kind are to be gone; Infinity for SM2. */
export const endOf = ({ parameters }: Profile, algorithm: KeyAlgorithm): number =>
  algorithm === 'sm2'
    ? Number.POSITIVE_INFINITY
    : (parameters.transitional?.find((entry) => entry.algorithm === algorithm)?.untilMs ?? 0)

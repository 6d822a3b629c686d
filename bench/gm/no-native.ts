import type { Contender } from './measure.ts'

// A browser has no SM2, SM3 or SM4 of its own.
export const nativeSm2 = (): { sign: Contender[]; verify: Contender[] } => ({ sign: [], verify: [] })
export const nativeSm3 = (): Contender[] => []
export const nativeCounter = (): Contender[] => []

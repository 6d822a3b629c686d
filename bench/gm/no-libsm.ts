import type { Contender } from './measure.ts'

// The package does not run on a page as it is.
export const libsmPeer = async (): Promise<Record<'sign' | 'verify' | 'encrypt', Contender[]>> => ({
  sign: [],
  verify: [],
  encrypt: [],
})

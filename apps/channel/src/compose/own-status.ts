import { Refusal } from '@anqu/contract'
import type { Clock } from '@anqu/platform'
import {
  AuthorityUnavailable,
  createStatusAnswers,
  type CertificationAuthority,
} from '../modules/certificates/index.ts'

type Chain = readonly Uint8Array[]

/** The state of certificates of our own, as the CA tells it. */
export function ownStatus(needs: { authority: Pick<CertificationAuthority, 'statusAnswer'>; clock: Clock }): {
  statusOf(chain: Chain): Promise<Uint8Array>
  isRevoked(chain: Chain): Promise<boolean>
} {
  const statusAnswers = createStatusAnswers(needs)
  const orWhenAway = async <T>(answer: () => Promise<T>, away: (why: string) => T): Promise<T> => {
    try {
      return await answer()
    } catch (error) {
      if (error instanceof AuthorityUnavailable) return away(error.message)
      throw error
    }
  }
  return {
    // Without an answer customers encrypt nothing, so that they are told to try again.
    statusOf: (chain) =>
      orWhenAway(
        async () => (await statusAnswers(chain)).der,
        (why) => {
          throw new Refusal('server.unavailable', why)
        },
      ),
    // While the CA is away nothing could be certified in the place of a revoked one either.
    isRevoked: (chain) =>
      orWhenAway(
        async () => (await statusAnswers(chain)).status === 'revoked',
        () => false,
      ),
  }
}

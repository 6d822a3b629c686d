import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { z } from 'zod'
import type { Interference, RawAnswer } from '../system/interference.ts'
import { plain, type PlantedFault } from './planted-fault.ts'

/** As a cache that never asks again: for each place, the first answer for ever. */
function keptAnswers(): Interference {
  const first = new Map<string, RawAnswer>()
  return {
    async http({ url }, proceed) {
      if (!/\/(ocsp|crl)\b/.test(url)) return proceed()
      const answer = first.get(url) ?? (await proceed())
      first.set(url, answer)
      return answer
    },
  }
}

/** Whatever the CA says since. */
function firstStatus(): Interference {
  let first: unknown
  return {
    async call(route, _input, proceed) {
      const answer = await proceed()
      if (route.name !== 'encryption.certificate') return answer
      // That route answers with an object.
      const given = answer as Record<string, unknown>
      first ??= given['status']
      return { ...given, status: first }
    },
  }
}

export const plantedCertificateFaults: readonly PlantedFault[] = [
  plain(
    'the CA finds every signature good',
    ['certificate-lifecycle.states', 'signature.', 'stored-keys.', 'transitional-algorithms.'],
    {
      authority: (path, answer) =>
        path.endsWith('/verify-signature') ? { valid: true, status: 'good', nearExpiry: false } : answer,
    },
  ),
  plain(
    'the issuing CA is taken for the root',
    ['certificate-validation.chain', 'certificate-algorithms.', 'certificate-envelope.algorithms'],
    {
      async http({ url }, proceed) {
        const answer = await proceed()
        if (!url.endsWith('/v1/anchors')) return answer
        const anchors = z
          .object({ certificates: z.array(z.string()) })
          .loose()
          .parse(JSON.parse(bytesToUtf8(answer.body)))
        const swapped = { ...anchors, certificates: anchors.certificates.toReversed() }
        return { ...answer, body: utf8ToBytes(JSON.stringify(swapped)) }
      },
    },
  ),
  plain('the server gives the first status answer for ever', ['encryption-status.'], firstStatus()),
  plain('the encryption certificate comes with its issuer first', ['data-encryption.'], {
    async call(route, _input, proceed) {
      const answer = await proceed()
      if (route.name !== 'encryption.certificate') return answer
      const { chain } = z.object({ chain: z.array(z.string()) }).parse(answer)
      return { chain: chain.toReversed() }
    },
  }),
  {
    name: 'the CA answers everybody with the certificate it made first',
    noticedBy: ['certificate-validation.purpose'],
    interference: async () => {
      let first: unknown
      return {
        authority: (path, answer) => {
          if (path !== '/v1/certificates') return answer
          first ??= answer
          return first
        },
      }
    },
  },
  {
    name: 'status answers and lists stay as they were before',
    noticedBy: ['certificate-status.published', 'certificate-envelope.recipient-first'],
    interference: async () => keptAnswers(),
  },
]

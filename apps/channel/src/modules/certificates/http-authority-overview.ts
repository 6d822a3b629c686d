import {
  eventBytes,
  eventsAnswer,
  expiryCalendarAnswer,
  profilesAnswer,
  proposal,
  proposalsAnswer,
  publicationAnswer,
  readAnswer,
  revokeAnswer,
  searchAnswer,
  statisticsAnswer,
  transitionAnswer,
  type certificateSummary,
  type chainedEvent,
} from '@anqu/ca/api'
import { base64ToBytes, bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import type { ServiceCall } from '@anqu/platform'
import type { z } from 'zod'
import { AuthorityUnavailable } from './authority.ts'
import type { AuthorityOverview, CertificateSummary, ChainedEvent, Proposal } from './authority-overview.ts'

/** What the channel is called at the CA; it is part of what an event's link is computed over. */
export const callerName = 'channel'

/** The calls of staff to the built-in CA. */
export function createHttpOverview(call: ServiceCall): AuthorityOverview {
  return {
    async search({ deviceId, ...rest }) {
      const body = { ...rest, terminalId: deviceId }
      const found = await call('/v1/certificates/search', body, searchAnswer)
      return { certificates: found.certificates.map(toSummary), nextCursor: found.nextCursor }
    },
    async read(serial) {
      const { certificate, der } = await call('/v1/certificates/read', { serial }, readAnswer)
      return certificate === null || der === null
        ? undefined
        : { certificate: toSummary(certificate), der: base64ToBytes(der) }
    },
    expiryCalendar: async (request) =>
      (await call('/v1/certificates/expiry-calendar', request, expiryCalendarAnswer)).days,
    statistics: () => call('/v1/statistics', {}, statisticsAnswer),
    publication: () => call('/v1/publication', {}, publicationAnswer),
    transition: () => call('/v1/transition', {}, transitionAnswer),
    profiles: async () => (await call('/v1/profiles', {}, profilesAnswer)).profiles,
    async hold({ officer: actor, ...rest }) {
      const body = { ...rest, actor, by: 'operator' }
      return (await call('/v1/certificates/suspend', body, revokeAnswer)).status
    },
    propose: async (request) => asShown(await call('/v1/proposals', request, proposal)),
    proposals: async (request) => {
      const found = await call('/v1/proposals/search', request, proposalsAnswer)
      return { proposals: found.proposals.map(asShown), nextCursor: found.nextCursor }
    },
    decide: async (request) => asShown(await call('/v1/proposals/decide', request, proposal)),
    events: async (request) =>
      (await call('/v1/events', request, eventsAnswer)).events.map(withComputedDigest),
  }
}

const toSummary = ({
  terminalId: deviceId,
  ...rest
}: z.infer<typeof certificateSummary>): CertificateSummary => ({ ...rest, deviceId })

/** The digest must be that of the action beside it: what staff are shown is what the CA carries out. */
function asShown(given: z.infer<typeof proposal>): Proposal {
  if (bytesToHex(sm3(utf8ToBytes(JSON.stringify(given.action)))) !== given.digest)
    throw new AuthorityUnavailable(`proposal ${given.proposalId} is not what its digest says`)
  return given
}

function withComputedDigest(event: z.infer<typeof chainedEvent>): ChainedEvent {
  const link = concatBytes(hexToBytes(event.previousDigest), eventBytes(callerName, event))
  const byOperator = event.detail?.startsWith('operator: ') ?? false
  return { ...event, byOperator, computedDigest: bytesToHex(sm3(link)) }
}

import type { SignedRoute } from '@anqu/platform'
import * as api from './api/index.ts'
import { readPublication, type PublicationNeeds } from './publication/publication-state.ts'
import { issueCustomer, issueServer, issueStaff, type IssueNeeds } from './issue/issue-certificate.ts'
import { certificateInstalled, renewCertificate } from './issue/renew-certificate.ts'
import { decide, listProposals, propose, type OfficerNeeds } from './officers/proposals.ts'
import { readEvents } from './overview/event-chain.ts'
import { readCertificate, searchCertificates } from './overview/search.ts'
import { expiryCalendar, statistics } from './overview/statistics.ts'
import { transition } from './overview/transition.ts'
import {
  ask,
  readStatus,
  verifyCertificate,
  verifySignature,
  type VerifyNeeds,
} from './status/certificate-status.ts'

type Needs = IssueNeeds & OfficerNeeds & VerifyNeeds & PublicationNeeds

/** Every signed call of the CA. */
export function registerCalls(route: SignedRoute, needs: Needs): void {
  route('/v1/certificates', api.issueRequest, (input, { caller }) => issueCustomer(needs, input, caller))
  route('/v1/server-certificates', api.serverRequest, (input, { caller }) =>
    issueServer(needs, input, caller),
  )
  route('/v1/staff-certificates', api.staffRequest, (input, { caller }) => issueStaff(needs, input, caller))
  route('/v1/certificates/renew', api.renewRequest, (input, { caller }) =>
    renewCertificate(needs, input, caller),
  )
  route('/v1/certificates/installed', api.installedRequest, (input, { caller }) =>
    certificateInstalled(needs, input, caller),
  )
  registerStatus(route, needs)
  registerOverview(route, needs)
  registerOfficers(route, needs)
}

function registerStatus(route: SignedRoute, needs: Needs): void {
  route('/v1/certificates/verify-signature', api.verifyRequest, (input, { caller }) =>
    verifySignature(needs, input, caller),
  )
  route('/v1/certificates/verify', api.verifyCertificateRequest, (input, { caller }) =>
    verifyCertificate(needs, input, caller),
  )
  route('/v1/certificates/status', api.statusRequest, ({ serial }) => readStatus(needs, serial))
  route('/v1/certificates/revoke', api.revokeRequest, (input, { caller }) =>
    ask(needs, { ...input, caller, to: 'revoked' }),
  )
  route('/v1/certificates/suspend', api.suspendRequest, (input, { caller }) =>
    ask(needs, { ...input, caller, to: 'suspended' }),
  )
  route('/v1/certificates/resume', api.resumeRequest, (input, { caller }) =>
    ask(needs, { ...input, caller, to: 'good' }),
  )
}

function registerOverview(route: SignedRoute, needs: Needs): void {
  route('/v1/certificates/search', api.searchRequest, (input, { caller }) =>
    searchCertificates(needs, input, caller),
  )
  route('/v1/certificates/read', api.readRequest, ({ serial }, { caller }) =>
    readCertificate(needs, serial, caller),
  )
  route('/v1/certificates/expiry-calendar', api.expiryCalendarRequest, (input, { caller }) =>
    expiryCalendar(needs, input, caller),
  )
  route('/v1/publication', api.publicationRequest, async () => readPublication(needs))
  route('/v1/statistics', api.statisticsRequest, (_input, { caller }) => statistics(needs, caller))
  route('/v1/transition', api.transitionRequest, () => transition(needs))
  route('/v1/events', api.eventsRequest, (input, { caller }) => readEvents(needs.db, input, caller))
}

function registerOfficers(route: SignedRoute, needs: Needs): void {
  route('/v1/profiles', api.profilesRequest, () => needs.profiles.describe())
  route('/v1/proposals', api.proposeRequest, (input, { caller }) => propose(needs, input, caller))
  route('/v1/proposals/decide', api.decideRequest, (input, { caller }) => decide(needs, input, caller))
  route('/v1/proposals/search', api.proposalsRequest, (input, { caller }) =>
    listProposals(needs, input, caller),
  )
}

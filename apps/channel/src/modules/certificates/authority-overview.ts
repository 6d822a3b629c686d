import type {
  OutputOf,
  staffDecide,
  staffExpiryCalendar,
  staffProfiles,
  staffPublication,
  staffTransition,
} from '@anqu/contract'

type ProposalView = OutputOf<typeof staffDecide>['proposal']
export type Profile = OutputOf<typeof staffProfiles>['profiles'][number]
export type Action = ProposalView['action']

export type CertificateSummary = NonNullable<ProposalView['certificate']>

export type Proposal = Pick<
  ProposalView,
  'proposalId' | 'action' | 'digest' | 'state' | 'proposedAtMs' | 'expiresAtMs' | 'decidedAtMs'
> & { readonly proposedBy: string; readonly decidedBy: string | null }

export type CertificateSearch = {
  readonly serial?: string | undefined
  readonly accountId?: string | undefined
  readonly deviceId?: string | undefined
  readonly profile?: string | undefined
  readonly status?: 'good' | 'suspended' | 'revoked' | 'expired' | undefined
  readonly expiresFromMs?: number | undefined
  readonly expiresBeforeMs?: number | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export type ProposalSearch = {
  readonly state?: Proposal['state'] | undefined
  readonly proposalId?: string
  /** What is proposed about this certificate. */
  readonly serial?: string
  readonly cursor?: string | undefined
  readonly limit: number
}

/** An event of the CA in the chain of its log. */
export type ChainedEvent = {
  readonly position: number
  readonly atMs: number
  readonly event: string
  readonly serial: string | null
  readonly outcome: string
  readonly actor: string | null
  readonly detail: string | null
  /** An officer of ours did it at the CA, so that nobody but the CA has told the holder. */
  readonly byOperator: boolean
  readonly correlationId: string
  readonly previousDigest: string
  readonly digest: string
  /** What `digest` has to be, computed here from everything above. */
  readonly computedDigest: string
}

/**
 * What staff see and do at the certification authority, apart from what every payment needs of it (`authority.ts`). The
 * same two errors: not there, or refused.
 */
export type AuthorityOverview = {
  /** Newest first. */
  search(
    search: CertificateSearch,
  ): Promise<{ certificates: CertificateSummary[]; nextCursor: string | null }>
  read(serial: string): Promise<{ certificate: CertificateSummary; der: Uint8Array } | undefined>
  expiryCalendar(request: {
    readonly fromMs: number
    readonly days: number
  }): Promise<OutputOf<typeof staffExpiryCalendar>['days']>
  statistics(): Promise<{
    certificates: { profile: string; status: CertificateSummary['status']; count: number }[]
    nearExpiry: number
    issuedLastDay: number
    revokedLastDay: number
    openProposals: number
  }>
  /** How it tells everybody the state of certificates. */
  publication(): Promise<Omit<OutputOf<typeof staffPublication>, 'atMs'>>
  /** Algorithms beside SM2: what is allowed, and what still uses them. */
  transition(): Promise<Omit<OutputOf<typeof staffTransition>, 'atMs'>>
  profiles(): Promise<Profile[]>
  /** Puts a certificate on hold in the name of an officer. */
  hold(request: {
    readonly serial: string
    readonly reason: string
    readonly officer: string
    readonly correlationId: string
  }): Promise<CertificateSummary['status']>
  propose(request: {
    readonly action: Action
    readonly officer: string
    readonly correlationId: string
  }): Promise<Proposal>
  /** Newest first; `cursor` is the last proposal of the page before. */
  proposals(request: ProposalSearch): Promise<{ proposals: Proposal[]; nextCursor: string | null }>
  decide(request: {
    readonly proposalId: string
    readonly digest: string
    readonly decision: 'approve' | 'reject'
    readonly officer: string
    readonly correlationId: string
  }): Promise<Proposal>
  /** In the order of the chain, those after a position. */
  events(request: { readonly afterPosition: number; readonly limit: number }): Promise<ChainedEvent[]>
}

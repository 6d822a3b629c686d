import type {
  InputOf,
  OutputOf,
  staffApplications,
  staffBatches,
  staffCampaignFailures,
  staffCampaigns,
  staffCard,
  staffMasterKeys,
  staffProposeBatch,
  staffUploadApplication,
} from '@anqu/contract'

type Named<T, Key extends keyof T> = Omit<T, Key | 'own'> & { readonly [K in Key]: string | null }
export type CardView = OutputOf<typeof staffCard>['card']
export type CardRecord = OutputOf<typeof staffCard>['records'][number]
type ApplicationView = OutputOf<typeof staffApplications>['applications'][number]
type CampaignView = OutputOf<typeof staffCampaigns>['campaigns'][number]
/** People are the ids the channel knows them by. */
export type Application = Named<ApplicationView, 'registeredBy' | 'activatedBy'>
export type Campaign = Named<CampaignView, 'requestedBy' | 'approvedBy'>

export type Batch = Named<OutputOf<typeof staffBatches>['batches'][number], 'requestedBy' | 'decidedBy'>

type MasterKeysView = OutputOf<typeof staffMasterKeys>
export type MasterKeys = {
  readonly keys: readonly Named<MasterKeysView['keys'][number], 'requestedBy' | 'approvedBy'>[]
  readonly renewal:
    | (Omit<NonNullable<MasterKeysView['renewal']>, 'requestedBy' | 'own'> & { readonly requestedBy: string })
    | null
}

export type CardSearch = {
  readonly cardId?: string | undefined
  readonly accountId?: string | undefined
  readonly state?: CardView['state'] | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** What staff see and do at the trusted service manager, apart from what clients need of it (`service-manager.ts`). */
export type CardOffice = {
  cards(search: CardSearch): Promise<{ cards: CardView[]; nextCursor: string | null }>
  /** The newest ones, oldest first. */
  records(cardId: string, limit: number): Promise<CardRecord[]>
  order(order: {
    readonly cardId: string
    readonly order: 'lock' | 'unlock' | 'delete'
    readonly reason: string
    readonly requester: string
    readonly approver: string | null
    readonly correlationId: string
  }): Promise<CardView>
  applications(): Promise<Application[]>
  uploadApplication(
    order: Omit<InputOf<typeof staffUploadApplication>, 'format'> & { readonly requester: string },
  ): Promise<Application>
  setApplication(order: {
    readonly applicationId: string
    readonly version: number
    readonly state: 'active' | 'deprecated'
    readonly actor: string
  }): Promise<Application>
  campaigns(page: {
    readonly cursor?: string | undefined
    readonly limit: number
  }): Promise<{ campaigns: Campaign[]; nextCursor: string | null }>
  proposeCampaign(order: {
    readonly name: string
    readonly applicationId: string
    readonly version: number
    readonly requester: string
  }): Promise<Campaign>
  decideCampaign(order: {
    readonly campaignId: string
    readonly decision: 'approve' | 'reject' | 'pause' | 'resume' | 'cancel'
    readonly actor: string
  }): Promise<Campaign>
  campaignFailures(page: {
    readonly campaignId: string
    readonly cursor?: string | undefined
    readonly limit: number
  }): Promise<OutputOf<typeof staffCampaignFailures>>
  /** One failed card, or all of them. */
  retryCampaign(order: {
    readonly campaignId: string
    readonly cardId: string | null
    readonly actor: string
  }): Promise<Campaign>
  batches(page: {
    readonly cursor?: string | undefined
    readonly limit: number
  }): Promise<{ batches: Batch[]; nextCursor: string | null }>
  proposeBatch(order: { readonly name: string; readonly file: string; readonly requester: string }): Promise<{
    batch: Batch | null
    problems: OutputOf<typeof staffProposeBatch>['problems']
  }>
  decideBatch(order: {
    readonly batchId: string
    readonly decision: 'approve' | 'reject'
    readonly actor: string
  }): Promise<Batch>
  masterKeys(): Promise<MasterKeys>
  proposeMasterKey(order: {
    readonly reason: string
    readonly requester: string
    readonly retires: number | null
  }): Promise<MasterKeys>
  decideMasterKey(order: {
    readonly renewalId: string
    readonly decision: 'approve' | 'reject'
    readonly actor: string
  }): Promise<MasterKeys>
}

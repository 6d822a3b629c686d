/** Name of the protocol in what callers and the TSM sign. */
export const protocol = 'anqu-tsm'

/** Signed calls (POST). */
export const paths = {
  scriptBegin: '/v1/scripts/begin',
  scriptContinue: '/v1/scripts/continue',
  cards: '/v1/cards',
  cardOrder: '/v1/cards/order',
  cardLost: '/v1/cards/lost',
  batches: '/v1/cards/batches',
  batchPropose: '/v1/cards/batches/propose',
  batchDecide: '/v1/cards/batches/decide',
  packages: '/v1/packages',
  packageRegister: '/v1/packages/register',
  packageState: '/v1/packages/state',
  campaigns: '/v1/campaigns',
  campaignPropose: '/v1/campaigns/propose',
  campaignDecide: '/v1/campaigns/decide',
  campaignFailures: '/v1/campaigns/failures',
  campaignRetry: '/v1/campaigns/retry',
  keys: '/v1/keys',
  keysPropose: '/v1/keys/propose',
  keysDecide: '/v1/keys/decide',
  records: '/v1/records',
  recordsVerify: '/v1/records/verify',
  recordsReport: '/v1/records/report',
} as const

/** Unsigned (GET): the TSM's certificates. */
export const trustPath = '/v1/trust'

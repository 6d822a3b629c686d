import type { RefusalCode } from '@anqu/contract'
import type { ServiceCall } from '@anqu/platform'
import {
  batchAnswer,
  batchesAnswer,
  batchProposeAnswer,
  campaignAnswer,
  campaignFailuresAnswer,
  campaignsAnswer,
  cardAnswer,
  cardsAnswer,
  keysAnswer,
  packageAnswer,
  packagesAnswer,
  paths,
  recordsAnswer,
  type batch,
  type campaign,
  type card,
  type cardFailure,
  type sePackage,
} from '@anqu/tsm/api'
import type { z } from 'zod'
import type { Application, Batch, Campaign, CardOffice, CardView, MasterKeys } from './card-office.ts'

/** The calls of staff to the built-in TSM. */
export function createHttpCardOffice(call: ServiceCall): CardOffice {
  return {
    async cards({ accountId, cursor = null, ...rest }) {
      const found = await call(paths.cards, { ...rest, cursor, holder: accountId }, cardsAnswer)
      return { cards: found.cards.map(toCard), nextCursor: found.nextCursor }
    },
    async records(cardId, limit) {
      const records = await allRecords(call, cardId)
      return records.slice(-limit).map(({ cardId: _card, hash: _hash, ...record }) => record)
    },
    order: async (order) => toCard((await call(paths.cardOrder, order, cardAnswer)).card),
    applications: async () => (await call(paths.packages, {}, packagesAnswer)).packages.map(toApplication),
    async uploadApplication({ applicationId: aid, loadFileHash: hash, ...rest }) {
      return toApplication((await call(paths.packageRegister, { ...rest, aid, hash }, packageAnswer)).package)
    },
    async setApplication({ applicationId: aid, ...rest }) {
      return toApplication((await call(paths.packageState, { ...rest, aid }, packageAnswer)).package)
    },
    async campaigns({ cursor = null, limit }) {
      const found = await call(paths.campaigns, { cursor, limit }, campaignsAnswer)
      return { campaigns: found.campaigns.map(toCampaign), nextCursor: found.nextCursor }
    },
    async proposeCampaign({ applicationId: packageAid, version: packageVersion, ...rest }) {
      const body = { ...rest, packageAid, packageVersion, cards: null }
      return toCampaign((await call(paths.campaignPropose, body, campaignAnswer)).campaign)
    },
    decideCampaign: async (order) =>
      toCampaign((await call(paths.campaignDecide, order, campaignAnswer)).campaign),
    async batches({ cursor = null, limit }) {
      const found = await call(paths.batches, { cursor, limit }, batchesAnswer)
      return { batches: found.batches.map(toBatch), nextCursor: found.nextCursor }
    },
    async proposeBatch(order) {
      const { batch: made, problems } = await call(paths.batchPropose, order, batchProposeAnswer)
      return { batch: made === null ? null : toBatch(made), problems }
    },
    decideBatch: async (order) => toBatch((await call(paths.batchDecide, order, batchAnswer)).batch),
    masterKeys: async () => toMasterKeys(await call(paths.keys, {}, keysAnswer)),
    proposeMasterKey: async (order) => toMasterKeys(await call(paths.keysPropose, order, keysAnswer)),
    decideMasterKey: async (order) => toMasterKeys(await call(paths.keysDecide, order, keysAnswer)),
    async campaignFailures({ cursor = null, ...rest }) {
      const found = await call(paths.campaignFailures, { ...rest, cursor }, campaignFailuresAnswer)
      const failures = found.failures.map((failure) => ({ ...failure, reason: failureWords[failure.reason] }))
      return { failures, nextCursor: found.nextCursor }
    },
    async retryCampaign({ cardId, ...rest }) {
      const body = { ...rest, cards: cardId === null ? null : [cardId] }
      return toCampaign((await call(paths.campaignRetry, body, campaignAnswer)).campaign)
    },
  }
}

const failureWords = {
  'card-no-room': 'card.no-room',
  'card-package-refused': 'card.package-refused',
  'card-refused': 'card.command-refused',
  'card-not-authentic': 'card.not-authentic',
} as const satisfies Record<z.infer<typeof cardFailure>, RefusalCode>

const recordPage = 200
/** A card lives through a few hundred steps; one with more shows the first ones. */
const recordPages = 10

async function allRecords(call: ServiceCall, cardId: string) {
  const records: z.infer<typeof recordsAnswer>['records'] = []
  let cursor: string | null = null
  for (let pages = 0; pages < recordPages; pages += 1) {
    const body = { cardId, limit: recordPage, cursor }
    const found: z.infer<typeof recordsAnswer> = await call(paths.records, body, recordsAnswer)
    records.push(...found.records)
    cursor = found.nextCursor
    if (cursor === null) break
  }
  return records
}

const toCard = ({ holder, packageAid, packageVersion, ...rest }: z.infer<typeof card>): CardView => ({
  ...rest,
  accountId: holder,
  applicationId: packageAid,
  applicationVersion: packageVersion,
})

const toApplication = ({ aid, modules: _modules, ...rest }: z.infer<typeof sePackage>): Application => ({
  ...rest,
  applicationId: aid,
})

const toBatch = ({ requester, ...rest }: z.infer<typeof batch>): Batch => ({
  ...rest,
  requestedBy: requester,
})

const toMasterKeys = ({ keys, renewal }: z.infer<typeof keysAnswer>): MasterKeys => ({
  keys: keys.map(({ requester: requestedBy, approver: approvedBy, ...rest }) => ({
    ...rest,
    requestedBy,
    approvedBy,
  })),
  renewal: renewal && {
    renewalId: renewal.renewalId,
    reason: renewal.reason,
    requestedBy: renewal.requester,
    requestedAtMs: renewal.requestedAtMs,
    retires: renewal.retires,
  },
})

const toCampaign = (given: z.infer<typeof campaign>): Campaign => {
  const { packageAid, packageVersion, requester, approver, ...rest } = given
  return {
    ...rest,
    applicationId: packageAid,
    version: packageVersion,
    requestedBy: requester,
    approvedBy: approver,
  }
}

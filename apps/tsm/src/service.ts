import path from 'node:path'
import { loadCertifiedKey } from '@anqu/ca/api'
import { bytesToBase64 } from '@anqu/encoding'
import {
  createCallers,
  createHttpServer,
  loadKeyFile,
  migrate,
  platformMigrations,
  signedRoutes,
  UntrustedCall,
  type Clock,
  type Db,
  type ErrorRenderer,
  type HttpServer,
  type HttpServerOptions,
  type Log,
  type SignedRoute,
} from '@anqu/platform'
import { paths, protocol, trustPath } from './api/paths.ts'
import {
  batchDecideRequest,
  batchesRequest,
  batchProposeRequest,
  campaignDecideRequest,
  campaignFailuresRequest,
  campaignProposeRequest,
  campaignRetryRequest,
  campaignsRequest,
  cardLostRequest,
  cardOrderRequest,
  cardsRequest,
  keysDecideRequest,
  keysProposeRequest,
  keysRequest,
  packageRegisterRequest,
  packagesRequest,
  packageStateRequest,
  recordsReportRequest,
  recordsRequest,
  recordsVerifyRequest,
  scriptBegin,
  scriptContinue,
} from './api/schemas.ts'
import { createCampaignCards } from './campaigns/campaign-cards.ts'
import { createCampaigns } from './campaigns/campaigns.ts'
import { createBatches } from './cards/batches.ts'
import { createCards } from './cards/cards.ts'
import type { AuthorityLink } from './keys/authority-link.ts'
import { loadCardKeys } from './keys/card-keys.ts'
import { createMasterKeys } from './keys/master-keys.ts'
import { createPackages } from './packages/packages.ts'
import { createPublisher, deliverSecurityService, loadPublisherKey } from './packages/publisher.ts'
import { createRecords } from './records/records.ts'
import { TsmRefusal } from './refused.ts'
import { createScripts } from './scripts/scripts.ts'

export type TsmNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly dataDir: string
  readonly callersDir: string
  readonly signersDir: string
  readonly authority: AuthorityLink
  readonly listen: HttpServerOptions['listen']
}

export type Tsm = HttpServer & {
  housekeeping(): Promise<void>
  sealRecords(): Promise<number>
}

export const settingPrefix = 'ANQU_TSM_'
const migrations = { module: 'tsm', directory: new URL('./store/migrations/', import.meta.url) }

/** The trusted service manager as an HTTP service. Calls and answers are signed. */
export async function createTsm(needs: TsmNeeds): Promise<Tsm> {
  const { db, clock, log, callersDir, listen } = needs
  await migrate(db, [platformMigrations, migrations], { clock })
  const { signing, encryption, parts } = await composeParts(needs)
  const { scripts, records, masterKeys } = parts
  const callers = createCallers({ protocol, db, clock, folder: callersDir })
  const server = createHttpServer({ listen, settingPrefix, log, renderError, correlation: 'inherit' })
  server.app.get(trustPath, async () => ({
    signature: bytesToBase64(signing.certificate.raw),
    encryption: bytesToBase64(encryption.certificate.raw),
    chain: needs.authority.anchors.map(({ raw }) => bytesToBase64(raw)),
  }))
  await server.app.register(async (scope) => {
    const route = signedRoutes(scope, { protocol, callers, key: signing.key, refuse: refuseWith(log) })
    declareRoutes(route, parts)
  })
  return {
    ...server,
    sealRecords: () => records.seal(),
    async housekeeping() {
      await callers.forgetNonces()
      await scripts.forget()
      await masterKeys.retireUnused()
    },
  }
}

async function composeParts({ db, clock, dataDir, signersDir, authority }: TsmNeeds) {
  const kek = await loadKeyFile(path.join(dataDir, 'key-encryption-key'))
  const certified = { folder: path.join(dataDir, 'keys'), kek, authority }
  const signing = await loadCertifiedKey({ ...certified, purpose: 'tsm-signature', commonName: 'Anqu TSM' })
  const encryption = await loadCertifiedKey({
    ...certified,
    purpose: 'tsm-encryption',
    commonName: 'Anqu TSM',
  })
  const publisherKey = await loadPublisherKey({ dataDir, signersDir, authority })
  const records = createRecords({ db, clock })
  const keys = await loadCardKeys({ db, clock, kek })
  const masterKeys = createMasterKeys({ db, clock, records, keys })
  const packages = createPackages({ db, clock, anchors: authority.anchors, signersDir })
  await deliverSecurityService(packages, publisherKey)
  const campaigns = createCampaigns({ db, clock, packages })
  const campaignCards = createCampaignCards({ db, clock })
  const encryptionKey = encryption.key
  const cards = createCards({ db, records })
  const batches = createBatches({ db, clock, records, keys, encryptionKey })
  const encryptionChain = [encryption.certificate, ...authority.anchors.slice(0, -1)]
  const scripts = createScripts({
    db,
    clock,
    records,
    keys,
    packages,
    campaigns,
    campaignCards,
    encryptionKey,
    encryptionChain,
    publisher: createPublisher(publisherKey),
  })
  return {
    signing,
    encryption,
    parts: { records, masterKeys, packages, campaigns, campaignCards, cards, batches, scripts },
  }
}

type Parts = Awaited<ReturnType<typeof composeParts>>['parts']

function declareRoutes(route: SignedRoute, parts: Parts): void {
  const { records, masterKeys, packages, campaigns, campaignCards, cards, batches, scripts } = parts
  route(paths.scriptBegin, scriptBegin, (input) => scripts.begin(input))
  route(paths.scriptContinue, scriptContinue, (input) => scripts.continue(input))
  route(paths.cards, cardsRequest, (input) => cards.list(input))
  route(paths.cardOrder, cardOrderRequest, async (input) => ({ card: await cards.order(input) }))
  route(paths.cardLost, cardLostRequest, (input) => cards.lost(input))
  route(paths.batches, batchesRequest, (input) => batches.list(input))
  route(paths.batchPropose, batchProposeRequest, (input) => batches.propose(input))
  route(paths.batchDecide, batchDecideRequest, async (input) => ({ batch: await batches.decide(input) }))
  route(paths.packages, packagesRequest, async () => ({ packages: await packages.list() }))
  route(paths.packageRegister, packageRegisterRequest, async (input) => ({
    package: await packages.register(input),
  }))
  route(paths.packageState, packageStateRequest, async (input) => ({
    package: await packages.setState(input),
  }))
  route(paths.campaigns, campaignsRequest, (input) => campaigns.list(input))
  route(paths.campaignPropose, campaignProposeRequest, async (input) => ({
    campaign: await campaigns.propose(input),
  }))
  route(paths.campaignDecide, campaignDecideRequest, async (input) => ({
    campaign: await campaigns.decide(input),
  }))
  route(paths.campaignFailures, campaignFailuresRequest, (input) => campaignCards.failures(input))
  route(paths.campaignRetry, campaignRetryRequest, async (input) => ({
    campaign: await campaigns.retry(input),
  }))
  route(paths.keys, keysRequest, () => masterKeys.list())
  route(paths.keysPropose, keysProposeRequest, (input) => masterKeys.propose(input))
  route(paths.keysDecide, keysDecideRequest, (input) => masterKeys.decide(input))
  route(paths.records, recordsRequest, (input) => records.list(input))
  route(paths.recordsVerify, recordsVerifyRequest, () => records.verify())
  route(paths.recordsReport, recordsReportRequest, (input) => records.report(input))
}

const refuseWith = (log: Log) => (error: unknown) => {
  if (!(error instanceof TsmRefusal)) return undefined
  log.info({ refused: error.code, why: error.message }, 'refused')
  return { status: 422, value: { refused: error.code } }
}

const renderError: ErrorRenderer = (error, correlationId) =>
  error instanceof UntrustedCall
    ? {
        status: 401,
        body: {
          error: {
            code: 'tsm.untrusted',
            zh: '请求未通过验证',
            en: 'The request is not trusted',
            correlationId,
          },
        },
      }
    : undefined

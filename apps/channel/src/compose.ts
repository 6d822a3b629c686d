import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { SecretBytes } from '@anqu/gm-crypto'
import { createMessageServer, type MessageServer } from '@anqu/message'
import { policy } from '@anqu/policy'
import {
  createPeriodicJobs,
  migrate,
  platformMigrations,
  type Clock,
  type Db,
  type Log,
  type PeriodicJobs,
  type ShortLivedStore,
} from '@anqu/platform'
import { Refusal } from '@anqu/contract'
import type { BoundRoute, RequestContext } from './http/bound-route.ts'
import { createChannelStore } from './http/channel-store.ts'
import { auditRoutes, createAudit, type Audit } from './modules/audit/index.ts'
import { createCertificates, type CertificationAuthority } from './modules/certificates/index.ts'
import { createConsent } from './modules/consent/index.ts'
import { createDevices } from './modules/devices/index.ts'
import {
  createFactors,
  transactionScope,
  type Factors,
  type OtpOrder,
  type SendSms,
  type Witness,
} from './modules/factors/index.ts'
import { birthdayOf, createIdentity } from './modules/identity/index.ts'
import { createInsurance } from './modules/insurance/index.ts'
import { createKeys, type KeySystem } from './modules/keys/index.ts'
import { createLedger } from './modules/ledger/index.ts'
import { createLimits, dayOf } from './modules/limits/index.ts'
import { createMonitoring } from './modules/monitoring/index.ts'
import { createNotifications } from './modules/notifications/index.ts'
import {
  createOperations,
  operationFigures,
  operationStaffRoutes,
  type Operations,
} from './modules/operations/index.ts'
import { createOperators, type Operators } from './modules/operators/index.ts'
import { createHttpBankCore, createPaymentAccounts, payPremium } from './modules/payments/index.ts'
import { createSessions, environmentHash, type Sessions } from './modules/sessions/index.ts'

/** Everything the channel reaches outside itself. */
export type Outside = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly store: ShortLivedStore
  readonly kek: SecretBytes
  readonly authority: CertificationAuthority
  readonly bankUrl: string
  readonly sendSms: SendSms
  readonly witness: Witness | undefined
  readonly dataDir: string
}

export type Channel = {
  readonly routes: readonly BoundRoute[]
  readonly messages: MessageServer
  readonly keys: KeySystem
  readonly audit: Audit
  readonly sessions: Sessions
  readonly operators: Operators
  readonly operations: Operations
  readonly jobs: PeriodicJobs
}

const moduleNames = [
  'keys',
  'audit',
  'ledger',
  'limits',
  'notifications',
  'consent',
  'identity',
  'factors',
  'sessions',
  'devices',
  'certificates',
  'insurance',
  'payments',
  'operations',
  'operators',
] as const

const migrations = [
  platformMigrations,
  ...moduleNames.map((module) => ({
    module,
    directory: new URL(`./modules/${module}/store/migrations/`, import.meta.url),
  })),
]

/** Puts the modules together; the only file that knows every one of them. */
export async function compose(outside: Outside): Promise<Channel> {
  const { db, clock, log, store, authority } = outside
  await migrate(db, migrations, { clock })
  const keys = await createKeys({
    db,
    clock,
    kek: outside.kek,
    certify: (csr, purpose) => authority.issueServer(csr, purpose),
  })
  const audit = createAudit({ db, clock, keys })
  const messages = createMessageServer({
    chain: keys.messageKey.chain,
    key: keys.messageKey.key,
    clock,
    store: createChannelStore(
      store,
      (state) => keys.seal('channel', state),
      (sealed) => keys.open('channel', sealed),
    ),
    limits: {
      windowMs: policy.message.windowMs,
      channelMs: policy.message.channelMs,
      channelMessages: policy.message.channelMessages,
    },
  })
  const customer = await composeCustomer(outside, keys, audit)
  const { factors, identity, sessions, devices, insurance, operations, certificates } = customer
  const operators = createOperators({ db, clock, store, audit, keys, factors })
  const monitoring = createMonitoring({
    clock,
    audit,
    counts: async () => ({
      customers: await identity.count(),
      boundDevices: await devices.countActive(),
      activeSessions: await sessions.countActive(),
      policies: await insurance.count(db),
    }),
    operationFigures: () => operationFigures(db, clock.nowMs()),
    today: () => dayOf(clock.nowMs()),
    locks: () => factors.guard.locks(),
    clearLock: (subject, scope) => factors.guard.clear(subject, scope),
    conformanceReport: () => readReport(outside.dataDir),
  })
  const staffRoutes = operationStaffRoutes({
    db,
    audit,
    postingsOf: (correlationId) => customer.ledger.postingsOf(correlationId),
    requery: (operationId) => operations.requery(operationId),
  })
  return {
    messages,
    keys,
    audit,
    sessions,
    operators,
    operations,
    routes: [
      ...customer.routes,
      ...auditRoutes({ db, clock, audit }),
      ...operators.routes,
      ...monitoring.routes,
      ...staffRoutes,
      ...certificates.routes,
    ],
    jobs: jobsOf({ db, clock, log }, { audit, operations, certificates }),
  }
}

type Late = {
  operations?: Operations
  sessions?: Sessions
  devices?: ReturnType<typeof createDevices>
  factors?: Factors
}

/** A module that another one needs back: set once below, before the first request. */
function late<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a module was used before it was composed')
  return value
}

async function composeCustomer(outside: Outside, keys: KeySystem, audit: Audit) {
  const { db, clock, log, store } = outside
  const lateModules: Late = {}
  const notifications = createNotifications({ db, clock })
  const { notifyIn } = notifications
  const consent = createConsent({ db, clock, audit })
  const ledger = createLedger({ db, clock })
  const factors = createFactors({
    db,
    clock,
    store,
    audit,
    keys,
    messageKey: keys.messageKey.key,
    sendSms: outside.sendSms,
    witness: outside.witness,
    otpOrder: (request, context) =>
      otpOrder({ late: lateModules, person: (id) => identity.person(id) }, request, context),
  })
  const identity = createIdentity({
    db,
    clock,
    audit,
    keys,
    factors,
    notifyIn,
    assertConsent: (consentId, clientKeyId) => consent.assertAccepted(consentId, clientKeyId),
    attachConsentIn: (tx, consentId, accountId) => consent.attachIn(tx, consentId, accountId),
  })
  const certificates = createCertificates({ db, clock, audit, authority: outside.authority })
  const devices = createDevices({
    db,
    clock,
    audit,
    environmentHash,
    notifyIn,
    verifyOtp: (entry, accountId, context) => factors.verifyCustomerOtp(entry, accountId, context),
    issueCertificate: (request) => certificates.issue(request),
    revokeIn: (tx, request) => certificates.revokeIn(tx, request),
    endSessionsOf: (tx, accountId, reason) => late(lateModules.sessions).endAllOf(tx, accountId, reason),
  })
  const sessions = createSessions({
    db,
    clock,
    store,
    audit,
    keys,
    factors,
    notifyIn,
    findByPhone: (phone) => identity.findByPhone(phone),
    masked: (accountId) => identity.masked(accountId),
    boundDevice: (accountId, clientKeyId) => devices.boundDevice(accountId, clientKeyId),
    consentOutdated: (accountId) => consent.isOutdated(accountId),
  })
  const limits = createLimits({
    db,
    clock,
    audit,
    verifyTransactionPassword: (accountId, secret, context) =>
      factors.verifyTransactionPassword(accountId, secret, context),
  })
  const insurance = createInsurance({
    db,
    clock,
    keys,
    audit,
    insuredPerson: async (accountId) => {
      const { idNumber } = await identity.person(accountId)
      return { birthday: birthdayOf(idNumber), nameMasked: (await identity.masked(accountId)).nameMasked }
    },
  })
  const bank = await createHttpBankCore({ db, clock, url: outside.bankUrl, key: keys.receiptKey.key })
  const accounts = createPaymentAccounts({
    db,
    clock,
    keys,
    bank,
    payer: (accountId) => identity.person(accountId),
  })
  const premium = payPremium({
    bank,
    accountOf: (accountId) => accounts.find(accountId),
    findOpenProposal: (proposalId, accountId) => insurance.findOpenProposal(proposalId, accountId),
    issuePolicyIn: (tx, claim) => insurance.issuePolicyIn(tx, claim),
    postIn: (tx, order) => ledger.post(tx, order),
  })
  const operations = createOperations(
    {
      db,
      clock,
      log,
      audit,
      keys,
      limits,
      notifyIn,
      pictures: factors.pictures,
      verifyTransactionPassword: (accountId, secret, context) =>
        factors.verifyTransactionPassword(accountId, secret, context),
      verifyOtp: (entry, accountId, context) => factors.verifyCustomerOtp(entry, accountId, context),
      transactionGuard: {
        begin: (accountId) => factors.guard.begin(accountId, transactionScope),
        passed: (accountId) => factors.guard.passed(accountId, transactionScope),
      },
      verifySignature: (claim) => certificates.verifySignature(claim),
      assertClientVersion,
    },
    [premium],
  )
  Object.assign(lateModules, { operations, sessions, devices, factors })
  const routes = [
    consent,
    factors,
    identity,
    sessions,
    devices,
    limits,
    insurance,
    notifications,
    operations,
  ].flatMap((module) => module.routes)
  return { factors, identity, sessions, devices, insurance, operations, certificates, ledger, routes }
}

/** A version behind the oldest one that may move money is refused (B-7.5.1.4-3). */
function assertClientVersion(version: string): void {
  const parts = (text: string): number[] => text.split('.').map(Number)
  const [given, oldest] = [parts(version), parts(policy.client.oldestFundVersion)]
  for (const [index, least] of oldest.entries()) {
    const part = given[index] ?? 0
    if (part > least) return
    if (part < least) throw new Refusal('client.too-old', version)
  }
}

/** To whom a code goes and what it is bound to, for each purpose but registration. */
async function otpOrder(
  needs: { late: Late; person: (accountId: string) => Promise<{ phone: string }> },
  request: Parameters<Parameters<typeof createFactors>[0]['otpOrder']>[0],
  context: RequestContext,
): Promise<OtpOrder> {
  if (request.purpose === 'login') {
    const accountId = await late(needs.late.sessions).pendingAccount(request.loginId, context)
    return { purpose: 'login', binding: request.loginId, phone: (await needs.person(accountId)).phone }
  }
  if (context.customer === null) throw new Refusal('session.required')
  const { accountId, deviceId } = context.customer
  const { phone } = await needs.person(accountId)
  if (request.purpose !== 'operation') return { purpose: request.purpose, binding: accountId, phone }
  if (deviceId === null) throw new Refusal('device.not-bound')
  const order = await late(needs.late.operations).otpBinding(request.operationId, { accountId, deviceId })
  const about = `向${order.payee}付款${order.amountFen / 100n}.${String(order.amountFen % 100n).padStart(2, '0')}元`
  return { purpose: 'operation', binding: order.binding, phone, about }
}

const secondMs = 1_000

function jobsOf(
  needs: { db: Db; clock: Clock; log: Log },
  work: { audit: Audit; operations: Operations; certificates: ReturnType<typeof createCertificates> },
): PeriodicJobs {
  const jobs = createPeriodicJobs(needs)
  jobs.registerPeriodic('audit.seal', secondMs / 2, async () => void (await work.audit.seal()))
  jobs.registerPeriodic('audit.sign-head', 60 * secondMs, () => work.audit.signHead())
  jobs.registerPeriodic('operations.resume', secondMs, async () => void (await work.operations.resume()))
  jobs.registerPeriodic('operations.expire', 30 * secondMs, () => work.operations.expire())
  jobs.registerPeriodic('certificates.revocations', 5 * secondMs, () => work.certificates.sendRevocations())
  return jobs
}

async function readReport(dataDir: string): Promise<Record<string, unknown> | null> {
  try {
    // Written by the conformance runner as one JSON object.
    return JSON.parse(await readFile(path.join(dataDir, 'conformance', 'latest.json'), 'utf8')) as Record<
      string,
      unknown
    >
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

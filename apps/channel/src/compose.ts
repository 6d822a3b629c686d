import type { SecretBytes } from '@anqu/gm-crypto'
import type { GmPool } from '@anqu/gm-crypto/pool'
import type { MessageServer } from '@anqu/message'
import {
  migrate,
  platformMigrations,
  type Clock,
  type Db,
  type Log,
  type PeriodicJobs,
  type ShortLivedStore,
} from '@anqu/platform'
import { Refusal } from '@anqu/contract'
import { composeOperationsForStaff } from './compose/compose-operations-for-staff.ts'
import { composeWarnings } from './compose/compose-warnings.ts'
import { composeMessages } from './compose/compose-messages.ts'
import { ownStatus } from './compose/own-status.ts'
import { periodicJobs } from './compose/periodic-jobs.ts'
import { readReport } from './compose/read-report.ts'
import type { BoundRoute, RequestContext } from './http/bound-route.ts'
import { createDataEncryption, type DataEncryption } from './http/data-encryption.ts'
import { auditRoutes, createAudit, type Audit } from './modules/audit/index.ts'
import {
  createCertificates,
  type Certificates,
  type AuthorityOverview,
  type CertificationAuthority,
} from './modules/certificates/index.ts'
import { createConsent } from './modules/consent/index.ts'
import { createDevices, deviceBinding } from './modules/devices/index.ts'
import {
  createFactors,
  transactionScope,
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
import { createNotifications, type Notifications } from './modules/notifications/index.ts'
import { createOperations, operationFigures, type Operations } from './modules/operations/index.ts'
import { createOperators, staffNames, type Operators } from './modules/operators/index.ts'
import { createHttpBankCore, createPaymentAccounts, payPremium } from './modules/payments/index.ts'
import {
  createSecureElements,
  type CardOffice,
  type ServiceManager,
} from './modules/secure-elements/index.ts'
import type { Messenger } from './modules/warnings/index.ts'
import { createReleases } from './modules/releases/index.ts'
import { createSessions, environmentHash, type Sessions } from './modules/sessions/index.ts'

/** Everything the channel reaches outside itself. */
export type Outside = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly store: ShortLivedStore
  readonly kek: SecretBytes
  /** Workers for the arithmetic of SM2; without them it is done in this thread. */
  readonly pool: GmPool | undefined
  readonly authority: CertificationAuthority
  readonly authorityOverview: AuthorityOverview
  readonly serviceManager: ServiceManager
  readonly cardOffice: CardOffice
  readonly bankUrl: string
  readonly sendSms: SendSms
  readonly messenger: Messenger
  readonly witness: Witness | undefined
  readonly dataDir: string
  /** The release of the mobile app that is served, if one is. */
  readonly mobileDir?: string | undefined
}

export type Channel = {
  readonly routes: readonly BoundRoute[]
  readonly messages: MessageServer
  readonly keys: KeySystem
  readonly audit: Audit
  readonly encryption: DataEncryption
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
  'secure-elements',
  'insurance',
  'payments',
  'operations',
  'operators',
  'warnings',
  'releases',
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
  const { statusOf, isRevoked } = ownStatus({ authority, clock })
  const keys = await createKeys({
    db,
    clock,
    kek: outside.kek,
    pool: outside.pool,
    certify: (csr, purpose) => authority.issueServer(csr, purpose),
    isRevoked,
  })
  const audit = createAudit({ db, clock, keys })
  const encryption = createDataEncryption({ audit, encryption: keys.encryption, statusOf })
  const messages = composeMessages({ keys, clock, store })
  const notifications = createNotifications({ db, clock })
  const base: Base = { keys, audit, late: {}, notifyIn: notifications.notifyIn }
  const people = composePeople(outside, base)
  const business = await composeBusiness(outside, base, people)
  const { factors, sessions, certificates, secureElements } = people
  const { insurance, operations, ledger } = business
  const operators = createOperators({ db, clock, store, audit, keys, factors })
  const warnings = composeWarnings(outside, { audit, notifyIn: notifications.notifyIn, ...people })
  const monitoring = composeMonitoring(outside, audit, { ...people, ...business })
  return {
    messages,
    keys,
    audit,
    encryption,
    sessions,
    operators,
    operations,
    routes: [
      ...encryption.routes,
      ...[...Object.values(people), business.limits, insurance, notifications, operations].flatMap(
        (module) => module.routes,
      ),
      ...auditRoutes({ db, clock, audit }),
      ...operators.routes,
      ...monitoring.routes,
      ...warnings.routes,
      ...composeOperationsForStaff({ db, clock, audit }, { ledger, operations }),
    ],
    jobs: periodicJobs(
      { db, clock, log },
      { audit, operations, certificates, secureElements, keys, warnings },
    ),
  }
}

type Late = { operations?: Operations; sessions?: Sessions }
type Base = { keys: KeySystem; audit: Audit; late: Late; notifyIn: Notifications['notifyIn'] }

/** A module that another one needs back: set once below, before the first request. */
function late<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a module was used before it was composed')
  return value
}

/** Figures for staff, gathered from the modules that own them. */
function composeMonitoring(
  { db, clock, dataDir }: Outside,
  audit: Audit,
  modules: ReturnType<typeof composePeople> & Awaited<ReturnType<typeof composeBusiness>>,
) {
  const { identity, devices, sessions, insurance, factors } = modules
  return createMonitoring({
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
    conformanceReport: () => readReport(dataDir),
  })
}

/** Who the customer is: consent, identity, factors, sessions, devices and their certificates. */
function composePeople(outside: Outside, base: Base) {
  const { db, clock, store } = outside
  const { keys, audit, late: lateModules, notifyIn } = base
  const consent = createConsent({ db, clock, audit })
  const factors = createFactors({
    db,
    clock,
    store,
    audit,
    keys,
    agree: keys.messageKey.agree,
    sendSms: outside.sendSms,
    witness: outside.witness,
    otpOrder: (request, context) =>
      otpOrder({ late: lateModules, person: identity.person }, request, context),
  })
  const identity = createIdentity({
    db,
    clock,
    audit,
    keys,
    factors,
    notifyIn,
    assertConsent: consent.assertAccepted,
    attachConsentIn: consent.attachIn,
  })
  const secureElements = createSecureElements({
    db,
    clock,
    audit,
    manager: outside.serviceManager,
    office: outside.cardOffice,
    staffNames: (staffIds) => staffNames(db, staffIds),
    assertBinding: (bindingId, context) => devices.assertOpenBinding(bindingId, context),
  })
  const followed = secureElements.following(audit)
  const certificates = composeCertificates(outside, { audit: followed, notifyIn })
  const devices = createDevices({
    db,
    clock,
    audit: followed,
    assertProvisioned: secureElements.assertProvisioned,
    cardLostIn: secureElements.lostIn,
    environmentHash,
    notifyIn,
    verifyOtp: factors.verifyCustomerOtp,
    ...forDevices(certificates),
    verifyTransactionPassword: factors.verifyTransactionPassword,
    endOtherSessionsOf: (tx, customer, reason) =>
      late(lateModules.sessions).endOthersOf(tx, customer, reason),
  })
  const releases = createReleases({ db, clock, directory: outside.mobileDir })
  const sessions = createSessions({
    db,
    clock,
    store,
    audit,
    keys,
    factors,
    notifyIn,
    findByPhone: identity.findByPhone,
    masked: identity.masked,
    boundDevice: devices.boundDevice,
    assertOurs: releases.assertOurs,
    consentOutdated: consent.isOutdated,
  })
  lateModules.sessions = sessions
  return { consent, factors, identity, certificates, secureElements, devices, sessions }
}

const composeCertificates = (
  { db, clock, authority, authorityOverview: overview }: Outside,
  rest: Pick<Parameters<typeof createCertificates>[0], 'audit' | 'notifyIn'>,
) =>
  createCertificates({
    ...rest,
    db,
    clock,
    authority,
    overview,
    staffNames: (staffIds) => staffNames(db, staffIds),
  })

/** What devices need of their certificates. */
const forDevices = (certificates: Certificates) => ({
  issueCertificate: certificates.issue,
  certificateStates: certificates.statesOf,
  verifySignature: certificates.verifySignature,
  renewCertificate: certificates.renew,
  installedIn: certificates.installedIn,
  revokeIn: certificates.revokeIn,
  suspendIn: certificates.suspendIn,
  resumeCertificate: certificates.resume,
  signedByHolder: certificates.signedByHolder,
})

/** What the customer does: insurance, limits, payments, and the pipeline they run through. */
async function composeBusiness(outside: Outside, base: Base, people: ReturnType<typeof composePeople>) {
  const { db, clock, log } = outside
  const { keys, audit, late: lateModules, notifyIn } = base
  const { factors, identity, certificates, secureElements } = people
  const ledger = createLedger({ db, clock })
  const limits = createLimits({
    db,
    clock,
    audit,
    verifyTransactionPassword: factors.verifyTransactionPassword,
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
  const accounts = createPaymentAccounts({ db, clock, keys, bank, payer: identity.person })
  const premium = payPremium({
    bank,
    accountOf: accounts.find,
    findOpenProposal: insurance.findOpenProposal,
    issuePolicyIn: insurance.issuePolicyIn,
    postIn: ledger.post,
  })
  const { guard } = factors
  const operations = createOperations(
    {
      db,
      clock,
      log,
      audit: secureElements.following(audit),
      keys,
      limits,
      notifyIn,
      pictures: factors.pictures,
      verifyTransactionPassword: factors.verifyTransactionPassword,
      verifyOtp: factors.verifyCustomerOtp,
      transactionGuard: {
        begin: (accountId) => guard.begin(accountId, transactionScope),
        passed: (accountId) => guard.passed(accountId, transactionScope),
      },
      verifySignature: (claim) =>
        secureElements.verifying(claim.correlationId, () => certificates.verifySignature(claim)),
      expiryNotice: certificates.expiryNotice,
    },
    [premium],
  )
  lateModules.operations = operations
  return { ledger, limits, insurance, operations }
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
  if (request.purpose === 'release-device' || request.purpose === 'resume-certificate')
    return { purpose: request.purpose, binding: deviceBinding(accountId, request.deviceId), phone }
  if (request.purpose !== 'operation') return { purpose: request.purpose, binding: accountId, phone }
  if (deviceId === null) throw new Refusal('device.not-bound')
  const order = await late(needs.late.operations).otpBinding(request.operationId, { accountId, deviceId })
  const about = `向${order.payee}付款${order.amountFen / 100n}.${String(order.amountFen % 100n).padStart(2, '0')}元`
  return { purpose: 'operation', binding: order.binding, phone, about }
}

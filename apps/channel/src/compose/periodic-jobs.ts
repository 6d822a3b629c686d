import { createPeriodicJobs, type Clock, type Db, type Log, type PeriodicJobs } from '@anqu/platform'
import type { Audit } from '../modules/audit/index.ts'
import type { Certificates } from '../modules/certificates/index.ts'
import type { KeySystem } from '../modules/keys/index.ts'
import type { Operations } from '../modules/operations/index.ts'
import type { Warnings } from '../modules/warnings/index.ts'
import type { SecureElements } from '../modules/secure-elements/index.ts'

const secondMs = 1_000

/** What happens by itself, and how often. */
export function periodicJobs(
  needs: { db: Db; clock: Clock; log: Log },
  work: {
    audit: Audit
    operations: Operations
    certificates: Certificates
    secureElements: SecureElements
    keys: Pick<KeySystem, 'encryption'>
    warnings: Warnings
  },
): PeriodicJobs {
  const jobs = createPeriodicJobs(needs)
  jobs.registerPeriodic('audit.seal', secondMs / 2, async () => void (await work.audit.seal()))
  jobs.registerPeriodic('audit.sign-head', 60 * secondMs, () => work.audit.signHead())
  jobs.registerPeriodic('operations.resume', secondMs, async () => void (await work.operations.resume()))
  jobs.registerPeriodic('operations.expire', 30 * secondMs, () => work.operations.expire())
  jobs.registerPeriodic('certificates.revocations', 5 * secondMs, () => work.certificates.sendRevocations())
  jobs.registerPeriodic('certificates.orders', 5 * secondMs, () => work.certificates.sendOrders())
  jobs.registerPeriodic('certificates.events', 5 * secondMs, () => work.certificates.followEvents())
  jobs.registerPeriodic('secure-elements.send', 2 * secondMs, () => work.secureElements.send())
  jobs.registerPeriodic('keys.renew', 10 * secondMs, () => work.keys.encryption.renew())
  jobs.registerPeriodic('warnings.spread', 2 * secondMs, () => work.warnings.spread())
  return jobs
}

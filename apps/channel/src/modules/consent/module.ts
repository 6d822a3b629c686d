import { consentDecide, consentNotice, consentWithdraw, Refusal, type OutputOf } from '@anqu/contract'
import { sql, uuidv7, type Clock, type Db, type Transaction } from '@anqu/platform'
import { bind, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import { notice } from './notice.ts'

export type Consent = {
  readonly routes: BoundRoute[]
  /** Throws unless this installation accepted the notice in force with this very consent. */
  assertAccepted(consentId: string, clientKeyId: string): Promise<void>
  attachIn(tx: Transaction, consentId: string, accountId: string): Promise<void>
  /** True when the account's newest decision is not an acceptance of the notice in force. */
  isOutdated(accountId: string): Promise<boolean>
}

type Decision = { notice_version: string; decision: string }

function noticeView(language: 'zh' | 'en'): OutputOf<typeof consentNotice> {
  const { version, title, introduction, sections, purposes, collected, shared } = notice
  return {
    version,
    title: title[language],
    introduction: introduction[language],
    sections: sections.map(({ heading, text }) => ({ heading: heading[language], text: text[language] })),
    purposes: purposes.map((purpose) => ({
      key: purpose.key,
      required: purpose.required,
      title: purpose.title[language],
      why: purpose.why[language],
      data: purpose.data.map((item) => item[language]),
    })),
    collected: collected.map(({ item, purpose }) => ({ item: item[language], purpose: purpose[language] })),
    shared: shared.map(({ party, item, purpose }) => ({
      party: party[language],
      item: item[language],
      purpose: purpose[language],
    })),
  }
}

/** What the customer agreed to, and when; refusing is always possible (A-5.10-1, A-5.10-2, D-6.1.5-s1). */
export function createConsent({ db, clock, audit }: { db: Db; clock: Clock; audit: AuditLog }): Consent {
  const store = async (
    context: RequestContext,
    what: { decision: 'accepted' | 'refused' | 'withdrawn'; purposes: readonly string[] },
  ): Promise<string> => {
    const consentId = uuidv7(clock.nowMs())
    const accountId = context.customer?.accountId ?? null
    await db.transaction(async (tx) => {
      await tx.execute(sql`
        insert into consent (consent_id, client_key_id, account_id, notice_version, decision, purposes, at_ms)
        values (${consentId}, ${context.clientKeyId}, ${accountId}, ${notice.version}, ${what.decision}, ${what.purposes}::text[], ${clock.nowMs()})`)
      await audit.recordIn(tx, {
        event: `consent.${what.decision}`,
        eventClass: 'consent',
        outcome: 'success',
        subject: accountId ?? 'anonymous',
        description: `Privacy notice ${notice.version} ${what.decision}`,
        origin: context.origin,
        resource: `consent:${consentId}`,
        correlationId: context.correlationId,
        fields: { purposes: what.purposes.join(',') },
      })
    })
    return consentId
  }
  return {
    async assertAccepted(consentId, clientKeyId) {
      const row = await db.maybe<Decision>(
        sql`select notice_version, decision from consent where consent_id = ${consentId} and client_key_id = ${clientKeyId}`,
      )
      if (row?.decision !== 'accepted') throw new Refusal('consent.required')
      if (row.notice_version !== notice.version) throw new Refusal('consent.outdated')
    },
    async attachIn(tx, consentId, accountId) {
      await tx.execute(
        sql`update consent set account_id = ${accountId} where consent_id = ${consentId} and account_id is null`,
      )
    },
    async isOutdated(accountId) {
      const row = await db.maybe<Decision>(sql`
        select notice_version, decision from consent
        where account_id = ${accountId} order by at_ms desc, consent_id desc limit 1`)
      return row?.decision !== 'accepted' || row.notice_version !== notice.version
    },
    routes: [
      bind(consentNotice, async ({ language }) => noticeView(language)),
      bind(consentDecide, async ({ version, decision, purposes }, context) => {
        if (version !== notice.version) throw new Refusal('consent.outdated')
        const known = new Set<string>(notice.purposes.map((purpose) => purpose.key))
        const missing = notice.purposes.some((purpose) => purpose.required && !purposes.includes(purpose.key))
        if (!purposes.every((key) => known.has(key)) || (decision === 'accepted' && missing))
          throw new Refusal('consent.required')
        return {
          consentId: await store(context, { decision, purposes: decision === 'accepted' ? purposes : [] }),
          decision,
        }
      }),
      bind(consentWithdraw, async ({ purposes }, context) => ({
        consentId: await store(context, { decision: 'withdrawn', purposes }),
      })),
    ],
  }
}

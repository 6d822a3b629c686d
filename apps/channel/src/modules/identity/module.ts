import {
  identityProfile,
  identityRegister,
  identitySetEmail,
  identitySetTransactionPassword,
} from '@anqu/contract'
import { bytesToUtf8 } from '@anqu/encoding'
import { policy } from '@anqu/policy'
import { sql, type Clock, type Db, type Transaction } from '@anqu/platform'
import { bind, customerOf, type BoundRoute } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import type { Keys } from '../../needs/keys.ts'
import { maskPhone, type Factors } from '../factors/index.ts'
import { maskEmail, maskIdNumber, maskName } from './domain/masking.ts'
import { findEmail, setEmail } from './email.ts'
import { register } from './register.ts'
import { setTransactionPassword } from './set-transaction-password.ts'

export type IdentityNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly audit: AuditLog
  readonly keys: Pick<Keys, 'sealFor' | 'openFor' | 'lookup'>
  readonly factors: Pick<Factors, 'keyboards' | 'otp' | 'passwords' | 'verifyCustomerOtp'>
  readonly assertConsent: (consentId: string, clientKeyId: string) => Promise<void>
  readonly attachConsentIn: (tx: Transaction, consentId: string, accountId: string) => Promise<void>
  readonly notifyIn: (
    tx: Transaction,
    accountId: string,
    notice: { title: { zh: string; en: string }; text: { zh: string; en: string } },
  ) => Promise<void>
}

export type Person = { readonly name: string; readonly idNumber: string; readonly phone: string }

export type Identity = {
  readonly routes: BoundRoute[]
  findByPhone(phone: string): Promise<string | undefined>
  /** The person in the clear; for the one call to the bank and for sending a code. Never leaves in an answer. */
  person(accountId: string): Promise<Person>
  masked(accountId: string): Promise<{ nameMasked: string; phoneMasked: string; idNumberMasked: string }>
  count(): Promise<number>
  /** Where messages reach the customer, in the clear; for the message alone. */
  contact(accountId: string): Promise<{ phone: string; email: string | null }>
  /** Active customers after this one in the order of their ids. */
  accountsAfter(accountId: string | null, limit: number): Promise<string[]>
}

type Row = { name_sealed: Uint8Array; id_number_sealed: Uint8Array; phone_sealed: Uint8Array }

export function createIdentity(needs: IdentityNeeds): Identity {
  const { db, keys } = needs
  const person = async (accountId: string): Promise<Person> => {
    const row = await db.one<Row>(
      sql`select name_sealed, id_number_sealed, phone_sealed from account where account_id = ${accountId}`,
    )
    const open = async (purpose: string, sealed: Uint8Array): Promise<string> =>
      bytesToUtf8(await keys.openFor(accountId, `identity.${purpose}`, sealed))
    return {
      name: await open('name', row.name_sealed),
      idNumber: await open('id-number', row.id_number_sealed),
      phone: await open('phone', row.phone_sealed),
    }
  }
  const masked: Identity['masked'] = async (accountId) => {
    const { name, idNumber, phone } = await person(accountId)
    return {
      nameMasked: maskName(name),
      phoneMasked: maskPhone(phone),
      idNumberMasked: maskIdNumber(idNumber),
    }
  }
  return {
    person,
    masked,
    async findByPhone(phone) {
      const row = await db.maybe<{ account_id: string }>(
        sql`select account_id from account where phone_lookup = ${keys.lookup('phone', phone)} and state = 'active'`,
      )
      return row?.account_id
    },
    async count() {
      const row = await db.one<{ count: bigint }>(sql`select count(*) as count from account`)
      return Number(row.count)
    },
    contact: async (accountId) => ({
      phone: (await person(accountId)).phone,
      email: await findEmail(needs, accountId),
    }),
    async accountsAfter(accountId, limit) {
      const rows = await db.query<{ account_id: string }>(sql`
        select account_id from account
        where state = 'active' and (${accountId}::uuid is null or account_id > ${accountId}::uuid)
        order by account_id limit ${limit}`)
      return rows.map((row) => row.account_id)
    },
    routes: [
      bind(identitySetEmail, ({ email }, context) =>
        setEmail(needs, { email, context, accountId: customerOf(context).accountId }),
      ),
      bind(identityRegister, (input, context) => register(needs, input, context)),
      bind(identitySetTransactionPassword, (input, context) =>
        setTransactionPassword(
          { ...needs, person },
          { input, context, accountId: customerOf(context).accountId },
        ),
      ),
      profileRoute(needs, masked),
    ],
  }
}

/** The own details, masked; reading them is recorded. */
const profileRoute = (needs: IdentityNeeds, masked: Identity['masked']): BoundRoute =>
  bind(identityProfile, async (_input, context) => {
    const { db, factors, audit } = needs
    const accountId = customerOf(context).accountId
    const { registered_at_ms: registeredAtMs } = await db.one<{ registered_at_ms: bigint }>(
      sql`select registered_at_ms from account where account_id = ${accountId}`,
    )
    const login = await factors.passwords.find(accountId, 'login')
    const email = await findEmail(needs, accountId)
    await audit.record({
      event: 'identity.profile-read',
      eventClass: 'sensitive-data-access',
      outcome: 'success',
      subject: accountId,
      description: 'Read own details, masked: name, identity number, phone, e-mail',
      origin: context.origin,
      resource: `account:${accountId}`,
      correlationId: context.correlationId,
    })
    return {
      accountId,
      ...(await masked(accountId)),
      emailMasked: email === null ? null : maskEmail(email),
      registeredAtMs: Number(registeredAtMs),
      hasTransactionPassword: (await factors.passwords.find(accountId, 'transaction')) !== undefined,
      passwordExpiresAtMs: (login?.changedAtMs ?? 0) + policy.password.maxAgeMs,
    }
  })

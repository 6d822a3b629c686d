import { Refusal } from '@anqu/contract'
import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { sql, type Clock, type Db } from '@anqu/platform'
import type { Keys } from '../../needs/keys.ts'
import type { BankCore } from './bank-core/bank-core.ts'

/** What a bank needs to find its customer; leaves the channel in this one call only. */
export type Payer = { readonly name: string; readonly idNumber: string; readonly phone: string }

export type PaymentAccount = {
  /** The bank's token for the account; no card number is ever held here (D-5.6.3.1-s1). */
  readonly token: string
  readonly masked: string
}

type Row = { token_sealed: Uint8Array; masked: string }

/**
 * The account premiums are paid from. At the first payment the bank is asked, by real name, identity number and phone,
 * for the customer's account; it answers with a token and a masked tail, and only those are kept.
 */
export function createPaymentAccounts(needs: {
  db: Db
  clock: Clock
  keys: Pick<Keys, 'sealFor' | 'openFor'>
  bank: BankCore
  payer: (accountId: string) => Promise<Payer>
}): { find(accountId: string): Promise<PaymentAccount> } {
  const { db, clock, keys, bank } = needs
  const purpose = 'payments.account-token'
  const stored = async (accountId: string): Promise<PaymentAccount | undefined> => {
    const row = await db.maybe<Row>(
      sql`select token_sealed, masked from payment_account where account_id = ${accountId}`,
    )
    if (row === undefined) return undefined
    return {
      token: bytesToUtf8(await keys.openFor(accountId, purpose, row.token_sealed)),
      masked: row.masked,
    }
  }
  return {
    async find(accountId) {
      const known = await stored(accountId)
      if (known !== undefined) return known
      const agreed = await bank.findAccount(await needs.payer(accountId), accountId)
      if (agreed === undefined) throw new Refusal('payment.no-account')
      const sealed = await keys.sealFor(accountId, purpose, utf8ToBytes(agreed.token))
      await db.execute(sql`
        insert into payment_account (account_id, token_sealed, masked, agreed_at_ms)
        values (${accountId}, ${sealed}, ${agreed.masked}, ${clock.nowMs()}) on conflict (account_id) do nothing`)
      return agreed
    },
  }
}

import { Refused } from '@anqu/client'
import type { LiveSystem } from '@anqu/conformance/system'
import { sql } from '@anqu/platform'
import { expect } from 'vitest'
import { disagreements } from '../../faults/books.ts'

/** The refusal an attack ends in; anything else that happens is a failure of the test. */
export async function refusalOf(attack: Promise<unknown>): Promise<Refused> {
  const outcome = await attack.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome && outcome.error instanceof Refused) return outcome.error
  if ('error' in outcome) throw outcome.error
  throw new Error(`the attack was answered: ${JSON.stringify(outcome.answer)}`)
}

export const codeOf = async (attack: Promise<unknown>): Promise<string> => (await refusalOf(attack)).code

/** Money, policies, devices and people as they stand in the databases. */
async function holdings(system: LiveSystem): Promise<unknown> {
  const { database } = system
  return {
    channel: await database.rows(
      'anqu_channel',
      sql`select (select count(*) from insurance_policy) as policies, (select count(*) from ledger_transfer) as transfers,
        (select count(*) from device where state = 'active') as devices, (select count(*) from account) as accounts,
        (select count(*) from operation where state = 'done') as done,
        (select coalesce(json_agg(json_build_object('account', account, 'fen', balance_fen) order by account), '[]')
          from ledger_account) as balances`,
    ),
    bank: await database.rows(
      'anqu_bank',
      sql`select count(*) as debits, coalesce(sum(amount_fen), 0)::bigint as total from debit where outcome = 'done'`,
    ),
  }
}

/** Runs an attack and demands that it moved nothing and that all books agree afterwards. */
export async function changesNothing<T>(system: LiveSystem, attack: () => Promise<T>): Promise<T> {
  const before = await holdings(system)
  const result = await attack()
  expect(await holdings(system)).toEqual(before)
  expect(await disagreements(system)).toEqual([])
  return result
}

import { bytesToBase64Url, utf8ToBytes } from '@anqu/encoding'
import { hmacSm3, randomBytes } from '@anqu/gm-crypto'
import { sql, type Clock, type Db } from '@anqu/platform'
import type { FindAnswer } from './wire.ts'

export interface Owner {
  readonly name: string
  readonly idNumber: string
  readonly phone: string
}

export interface Accounts {
  /** The owner's account, by a token that says nothing about it. */
  find(owner: Owner): Promise<FindAnswer>
  balances(): Promise<{ token: string; masked: string; balanceFen: string }[]>
}

/** Nobody's names are kept: an owner is found by a keyed hash. The last four digits come out of it too. */
export function createAccounts(needs: {
  readonly db: Db
  readonly clock: Clock
  readonly ownerKey: Uint8Array
  /** Balance of an account that is opened for an owner the bank has not seen; undefined opens none. */
  readonly openingBalanceFen: bigint | undefined
}): Accounts {
  const { db, clock, ownerKey, openingBalanceFen } = needs
  const read = (hash: Uint8Array) =>
    db.maybe<{ token: string; masked: string }>(
      sql`select token, masked from account where owner_hash = ${hash}`,
    )

  return {
    async find({ name, idNumber, phone }) {
      const hash = hmacSm3(ownerKey, utf8ToBytes(JSON.stringify([name, idNumber, phone])))
      let row = await read(hash)
      if (row === undefined && openingBalanceFen !== undefined) {
        const tail = String(new DataView(hash.buffer, hash.byteOffset).getUint32(0) % 10_000).padStart(4, '0')
        await db.execute(sql`insert into account (token, owner_hash, masked, balance_fen, opened_at_ms)
          values (${`acct_${bytesToBase64Url(randomBytes(24))}`}, ${hash}, ${`6217 **** **** ${tail}`},
            ${openingBalanceFen}, ${clock.nowMs()}) on conflict do nothing`)
        row = await read(hash)
      }
      if (row === undefined) return { outcome: 'not-found' }
      return { outcome: 'found', accountToken: row.token, maskedAccount: row.masked }
    },
    async balances() {
      const rows = await db.query<{ token: string; masked: string; balance: bigint }>(
        sql`select token, masked, balance_fen as balance from account order by opened_at_ms desc limit 200`,
      )
      return rows.map(({ token, masked, balance }) => ({ token, masked, balanceFen: balance.toString() }))
    },
  }
}

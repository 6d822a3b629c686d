import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabase, type TestDatabase } from '../testing/index.ts'
import { isUniqueViolation } from './database-error.ts'
import { openDatabase } from './database.ts'
import { sql } from './sql.ts'

let test: TestDatabase
beforeAll(async () => {
  test = await testDatabase()
  await test.db.execute(sql`create table account (id int4 primary key, balance_fen int8 not null)`)
  await test.db.execute(sql`insert into account values (1, 1000), (2, 1000)`)
})
afterAll(() => test.drop())

describe('database', () => {
  it('reads int8 as bigint, also in arrays and beyond what a number holds', async () => {
    const row = await test.db.one<{ big: bigint; list: (bigint | null)[]; none: bigint | null }>(
      sql`select 9007199254740993::int8 as big, array[1, null, 9007199254740993]::int8[] as list, null::int8 as none`,
    )
    expect(row).toEqual({ big: 9007199254740993n, list: [1n, null, 9007199254740993n], none: null })
  })

  it('carries bytes, lists, bigint and JSON both ways', async () => {
    const row = await test.db.one<{ bytes: Uint8Array; amounts: bigint[]; names: string[]; doc: unknown }>(
      sql`select ${Uint8Array.of(0, 255, 7)}::bytea as bytes, ${[5n, 6n]}::int8[] as amounts,
        ${['a"b', '保险,险']}::text[] as names, ${sql.json({ fen: 12n, list: [1] })}::jsonb as doc`,
    )
    expect([...row.bytes]).toEqual([0, 255, 7])
    expect(row.amounts).toEqual([5n, 6n])
    expect(row.names).toEqual(['a"b', '保险,险'])
    expect(row.doc).toEqual({ fen: '12', list: [1] })
  })

  it('refuses timestamp columns', async () => {
    await expect(test.db.query(sql`select now() as at`)).rejects.toThrow('store milliseconds as int8')
  })

  it('commits what a transaction did and undoes everything when it throws', async () => {
    await test.db.transaction(async (tx) => {
      await tx.execute(sql`update account set balance_fen = balance_fen - 100 where id = 1`)
      await tx.execute(sql`update account set balance_fen = balance_fen + 100 where id = 2`)
    })
    const failing = test.db.transaction(async (tx) => {
      await tx.execute(sql`update account set balance_fen = 0 where id = 1`)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await test.db.query(sql`select balance_fen as b from account order by id`)).toEqual([
      { b: 900n },
      { b: 1100n },
    ])
  })

  it('tells when a caught error had already undone the transaction', async () => {
    const swallowing = test.db.transaction(async (tx) => {
      await tx.execute(sql`update account set balance_fen = 1 where id = 1`)
      await tx.query(sql`select 1 / 0`).catch(() => {})
    })
    await expect(swallowing).rejects.toThrow('rolled back by a failed statement')
  })

  it('runs two transactions that lock each other out until both have committed', async () => {
    let meet: () => void = () => {}
    const bothHoldOne = new Promise<void>((resolve) => {
      let arrived = 0
      meet = () => {
        if (++arrived === 2) resolve()
      }
    })
    const runs = { a: 0, b: 0 }
    const move = (name: 'a' | 'b', first: number, second: number): Promise<void> =>
      test.db.transaction(async (tx) => {
        runs[name] += 1
        await tx.execute(sql`update account set balance_fen = balance_fen + 1 where id = ${first}`)
        meet()
        await bothHoldOne
        await tx.execute(sql`update account set balance_fen = balance_fen + 1 where id = ${second}`)
      })
    const before = await test.db.one<{ sum: bigint }>(sql`select sum(balance_fen)::int8 as sum from account`)
    await Promise.all([move('a', 1, 2), move('b', 2, 1)])
    const after = await test.db.one<{ sum: bigint }>(sql`select sum(balance_fen)::int8 as sum from account`)
    expect(after.sum - before.sum).toBe(4n)
    expect(runs.a + runs.b).toBeGreaterThanOrEqual(3)
  })

  it('gives up on a conflict that stays, after the tries it was given', async () => {
    let tries = 0
    const stubborn = test.db.transaction(
      async (tx) => {
        tries += 1
        await tx.execute(sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`)
      },
      { retries: 2 },
    )
    await expect(stubborn).rejects.toThrow('again')
    expect(tries).toBe(3)
  })

  it('ends a statement that takes too long and stays usable', async () => {
    const hasty = openDatabase({ url: test.url, statementTimeoutMs: 50, poolSize: 1 })
    await expect(hasty.query(sql`select pg_sleep(5)`)).rejects.toThrow('statement timeout')
    expect(await hasty.one(sql`select 1 as n`)).toEqual({ n: 1 })
    await hasty.close()
  })

  it('says how many rows there were when one was promised', async () => {
    await expect(test.db.one(sql`select 1 where false`)).rejects.toThrow('expected one row, got 0')
    await expect(test.db.maybe(sql`select * from account`)).rejects.toThrow('expected at most one row, got 2')
    expect(await test.db.maybe(sql`select 1 where false`)).toBeUndefined()
  })

  it('recognises a key that is taken', async () => {
    const error: unknown = await test.db
      .execute(sql`insert into account values (1, 0)`)
      .catch((e: unknown) => e)
    expect(isUniqueViolation(error)).toBe(true)
    expect(isUniqueViolation(error, 'account_pkey')).toBe(true)
    expect(isUniqueViolation(error, 'other')).toBe(false)
  })
})

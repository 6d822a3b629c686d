import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testDatabase, type TestDatabase } from '../testing/index.ts'
import { openDatabase } from './database.ts'
import { migrate, platformMigrations, type MigrationSet } from './migrate.ts'
import { sql } from './sql.ts'

let test: TestDatabase
let folder: string
let set: MigrationSet
let number = 0
const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text)

beforeAll(async () => {
  test = await testDatabase()
})
afterAll(() => test.drop())
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'migrations-'))
  set = { module: `module_${(number += 1)}`, directory: pathToFileURL(`${folder}/`) }
  return () => rmSync(folder, { recursive: true })
})

describe('migrate', () => {
  it('applies each file once, in order, and later only what is new', async () => {
    write('0001-first.sql', 'create table first_thing (a int); insert into first_thing values (1);')
    expect(await migrate(test.db, [set])).toEqual([`${set.module}/0001-first.sql`])
    write('0002-second.sql', 'alter table first_thing add column b int;')
    expect(await migrate(test.db, [set])).toEqual([`${set.module}/0002-second.sql`])
    expect(await migrate(test.db, [set])).toEqual([])
    expect(await test.db.query(sql`select a, b from first_thing`)).toEqual([{ a: 1, b: null }])
  })

  it('refuses a file that was changed after it was applied, by name', async () => {
    write('0001-change.sql', 'create table changing (a int);')
    await migrate(test.db, [set])
    write('0001-change.sql', 'create table changing (a text);')
    await expect(migrate(test.db, [set])).rejects.toThrow(`${set.module}: 0001-change.sql was changed`)
  })

  it('refuses when an applied file is gone, and a gap in the numbers', async () => {
    write('0001-gone.sql', 'select 1;')
    await migrate(test.db, [set])
    rmSync(path.join(folder, '0001-gone.sql'))
    await expect(migrate(test.db, [set])).rejects.toThrow(
      '0001-gone.sql was applied to this database but its file is gone',
    )
    write('0002-gap.sql', 'select 1;')
    await expect(migrate(test.db, [set])).rejects.toThrow('0002-gap.sql should have number 1')
  })

  it('leaves nothing of a module whose second file fails', async () => {
    write('0001-good.sql', 'create table half_way (a int);')
    write('0002-bad.sql', 'create table half_way (a int);')
    await expect(migrate(test.db, [set])).rejects.toThrow('0002-bad.sql failed')
    const row = await test.db.one<{ there: string | null }>(
      sql`select to_regclass('half_way')::text as there`,
    )
    expect(row.there).toBeNull()
  })

  it('applies a file once when several processes start at once on an empty database', async () => {
    const empty = await testDatabaseWithoutTables()
    write('0001-race.sql', 'create table race (a int); insert into race values (1);')
    const processes = Array.from({ length: 6 }, () => openDatabase({ url: empty.url, poolSize: 2 }))
    const applied = await Promise.all(processes.map((db) => migrate(db, [set, platformMigrations])))
    expect(applied.flat().filter((name) => name.endsWith('0001-race.sql'))).toHaveLength(1)
    expect(await empty.db.query(sql`select a from race`)).toEqual([{ a: 1 }])
    await Promise.all(processes.map((db) => db.close()))
    await empty.drop()
  })
})

async function testDatabaseWithoutTables(): Promise<TestDatabase> {
  const fresh = await testDatabase()
  await fresh.db.execute(sql`drop table schema_migration`)
  await fresh.db.execute(sql`drop table schema_migration_lock`)
  return fresh
}

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { systemClock, type Clock } from '../clock.ts'
import type { Db, Transaction } from './database.ts'
import { sqlState } from './database-error.ts'
import { sql, SqlScript } from './sql.ts'

/** The numbered SQL files (`0001-accounts.sql`) of one module. */
export interface MigrationSet {
  readonly module: string
  /** `new URL('./migrations/', import.meta.url)` */
  readonly directory: URL
}

export class MigrationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MigrationError'
  }
}

interface MigrationFile {
  readonly number: number
  readonly name: string
  readonly text: string
  readonly checksum: string
}

/** The table of this package: leases of periodic jobs. */
export const platformMigrations: MigrationSet = {
  module: 'platform',
  directory: new URL('../jobs/migrations/', import.meta.url),
}

// The compiler copies no SQL, so a built module finds its files beside its source.
function directoryWithFiles({ module, directory }: MigrationSet): URL {
  if (existsSync(directory)) return directory
  const source = new URL(directory.href.replace(/\/dist\/(?!.*\/dist\/)/, '/src/'))
  if (existsSync(source)) return source
  throw new MigrationError(`${module}: no folder of migrations at ${directory.pathname}`)
}

function readFiles(set: MigrationSet): MigrationFile[] {
  const directory = directoryWithFiles(set)
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => {
      const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1] ?? Number.NaN)
      if (Number.isNaN(number))
        throw new MigrationError(`${set.module}: ${name} is not named 0001-some-words.sql`)
      const text = readFileSync(new URL(name, directory), 'utf8').replaceAll('\r\n', '\n')
      return { number, name, text, checksum: createHash('sha256').update(text).digest('hex') }
    })
  files.forEach((file, index) => {
    if (file.number !== index + 1)
      throw new MigrationError(`${set.module}: ${file.name} should have number ${index + 1}`)
  })
  return files
}

async function prepareTables(db: Db): Promise<void> {
  const create = async (): Promise<void> => {
    await db.execute(
      sql`create table if not exists schema_migration (
        module text not null, number int4 not null, name text not null, checksum text not null,
        applied_at_ms int8 not null, primary key (module, number))`,
    )
    await db.execute(sql`create table if not exists schema_migration_lock (id int4 primary key)`)
    await db.execute(sql`insert into schema_migration_lock (id) values (1) on conflict do nothing`)
  }
  // "if not exists" is not atomic: of processes that start at once, several can try and then meet each other's rows.
  for (let attempt = 1; ; attempt += 1)
    try {
      await create()
      return
    } catch (error) {
      if (attempt === 5 || !['23505', '42P07', '42710'].includes(sqlState(error) ?? '')) throw error
    }
}

async function migrateModule(tx: Transaction, set: MigrationSet, clock: Clock): Promise<string[]> {
  const files = readFiles(set)
  // One row lock makes processes that start at once take turns.
  await tx.one(sql`select id from schema_migration_lock where id = 1 for update`)
  const applied = await tx.query<{ number: number; name: string; checksum: string }>(
    sql`select number, name, checksum from schema_migration where module = ${set.module} order by number`,
  )
  for (const row of applied) {
    const file = files[row.number - 1]
    if (file === undefined)
      throw new MigrationError(`${set.module}: ${row.name} was applied to this database but its file is gone`)
    if (file.name !== row.name || file.checksum !== row.checksum)
      throw new MigrationError(
        `${set.module}: ${row.name} was changed after it was applied; add a new file instead`,
      )
  }
  const fresh = files.slice(applied.length)
  for (const file of fresh) {
    await tx.execute(new SqlScript(file.text)).catch((error: unknown) => {
      throw Object.assign(new MigrationError(`${set.module}: ${file.name} failed`), { cause: error })
    })
    await tx.execute(sql`insert into schema_migration (module, number, name, checksum, applied_at_ms)
      values (${set.module}, ${file.number}, ${file.name}, ${file.checksum}, ${clock.nowMs()})`)
  }
  return fresh.map((file) => `${set.module}/${file.name}`)
}

/**
 * Brings the database to the newest number of each module, in the order given, each module in one transaction.
 * Safe when several processes start at once.
 * @returns the files that were applied, as `module/name`
 * @throws {MigrationError} for a file that changed or vanished after it was applied, by name
 */
export async function migrate(
  db: Db,
  sets: readonly MigrationSet[],
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<string[]> {
  await prepareTables(db)
  const done: string[] = []
  for (const set of sets) done.push(...(await db.transaction((tx) => migrateModule(tx, set, clock))))
  return done
}

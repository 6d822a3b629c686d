import { randomBytes } from '@anqu/gm-crypto'
import { Client } from 'pg'
import { openDatabase, type Db } from '../database/database.ts'
import { migrate, type MigrationSet } from '../database/migrate.ts'
import { databaseUrl } from '../database/provision.ts'
import { startTestServer } from './broker.ts'

export interface TestDatabase {
  readonly db: Db
  readonly url: string
  /** Closes and removes the database. */
  drop(): Promise<void>
}

let ownServer: Promise<string> | undefined

async function adminUrl(): Promise<string> {
  const given = process.env['ANQU_TEST_DATABASE_URL'] ?? ''
  if (given !== '') return given
  const broker = process.env['ANQU_TEST_DATABASE_BROKER'] ?? ''
  if (broker !== '') {
    const answer = await fetch(broker)
    const text = await answer.text()
    if (!answer.ok) throw new Error(text)
    return text
  }
  // Without the global setup this thread has a server of its own, which ends with the thread.
  ownServer ??= startTestServer().then((server) => server.adminUrl)
  return ownServer
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** A fresh database of its own for one test file, with the migrations given. Call `drop` in `afterAll`. */
export async function testDatabase(migrations: readonly MigrationSet[] = []): Promise<TestDatabase> {
  const admin = await adminUrl()
  const name = `anqu_test_${Buffer.from(randomBytes(8)).toString('hex')}`
  await asAdmin(admin, `create database ${name}`)
  const url = databaseUrl(admin, name)
  const db = openDatabase({ url, applicationName: name })
  await migrate(db, migrations)
  return {
    db,
    url,
    drop: async () => {
      await db.close()
      await asAdmin(admin, `drop database if exists ${name} with (force)`)
    },
  }
}

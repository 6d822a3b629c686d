import { Pool, type PoolClient, type QueryResult } from 'pg'
import { silentLog, type Log } from '../log.ts'
import { DatabaseError, isRetryable } from './database-error.ts'
import { typeParsers } from './type-parsers.ts'
import type { Sql } from './sql.ts'

export interface DatabaseOptions {
  readonly url: string
  /** Connections at most; 10 by default. */
  readonly poolSize?: number
  /** A statement is ended by the server after this; 15 s by default. */
  readonly statementTimeoutMs?: number
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string
  readonly log?: Log
}

/** Statements on the pool or inside a transaction. int8 comes back as bigint, bytea as bytes, numeric as text. */
export interface Queryable {
  /** All rows. */
  query<T extends object>(statement: Sql): Promise<T[]>
  /** Exactly one row, else DatabaseError. */
  one<T extends object>(statement: Sql): Promise<T>
  /** One row or undefined; more than one is a DatabaseError. */
  maybe<T extends object>(statement: Sql): Promise<T | undefined>
  /** Runs the statement and says how many rows it touched. */
  execute(statement: Sql): Promise<number>
}

export type Transaction = Queryable

export interface Db extends Queryable {
  /**
   * Runs `work` in one READ COMMITTED transaction and commits. When the server rolled it back for the sake of another
   * one (40001, 40P01) it is run again, up to `retries` times, so `work` must have no effect outside the database.
   * When the connection breaks during COMMIT the outcome is not known: the caller's idempotency key must decide.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: { readonly retries?: number }): Promise<T>
  close(): Promise<void>
}

const defaultRetries = 5

async function pauseBefore(attempt: number): Promise<void> {
  await new Promise((resume) => setTimeout(resume, Math.min(5 * 2 ** attempt, 200)))
}

async function withRetries<T>(retries: number, run: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1)
    try {
      return await run()
    } catch (error) {
      if (attempt >= retries || !isRetryable(error)) throw error
      await pauseBefore(attempt)
    }
}

type Run = (statement: Sql) => Promise<QueryResult>

function queryable(run: Run): Queryable {
  return {
    async query<T extends object>(statement: Sql) {
      return (await run(statement)).rows as T[] // the caller names the row's shape; SQL has no types here
    },
    async one<T extends object>(statement: Sql) {
      const { rows } = await run(statement)
      if (rows.length !== 1) throw new DatabaseError(`expected one row, got ${rows.length}`)
      return rows[0] as T // as above
    },
    async maybe<T extends object>(statement: Sql) {
      const { rows } = await run(statement)
      if (rows.length > 1) throw new DatabaseError(`expected at most one row, got ${rows.length}`)
      return rows[0] as T | undefined // as above
    },
    async execute(statement) {
      return (await run(statement)).rowCount ?? 0
    },
  }
}

function runOn(target: Pool | PoolClient): Run {
  return (statement) => {
    const { text, name, values } = statement
    // Without values and name the driver takes the simple protocol, which also takes several statements.
    return target.query(
      name === undefined && values.length === 0 ? { text } : { text, values: [...values], name },
    )
  }
}

async function inTransaction<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED')
    const result = await work(queryable(runOn(client)))
    const commit = await client.query('COMMIT')
    // A statement that failed and was caught leaves a transaction whose COMMIT answers ROLLBACK without an error.
    if (commit.command !== 'COMMIT')
      throw new DatabaseError('the transaction was rolled back by a failed statement')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError
    })
    throw error
  } finally {
    client.release(broken)
  }
}

/** Opens a pool of connections. Nothing is sent until the first statement. */
export function openDatabase(options: DatabaseOptions): Db {
  const {
    url,
    poolSize = 10,
    statementTimeoutMs = 15_000,
    applicationName = 'anqu',
    log = silentLog,
  } = options
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: Math.min(statementTimeoutMs, 10_000),
    idle_in_transaction_session_timeout: 30_000,
    types: typeParsers,
  })
  pool.on('error', (error) => log.warn({ error }, 'an idle database connection broke'))
  const direct = runOn(pool)
  return {
    ...queryable((statement) => withRetries(defaultRetries, () => direct(statement))),
    transaction: (work, { retries = defaultRetries } = {}) =>
      withRetries(retries, () => inTransaction(pool, work)),
    close: () => pool.end(),
  }
}

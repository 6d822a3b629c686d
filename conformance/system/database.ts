import { openDatabase, sql, type Db, type Sql } from '@anqu/platform'
import type { Interference } from './interference.ts'

/**
 * Looks into the databases as somebody would who stole them, moves stored times into the past instead of waiting, and swaps a
 * stored key as somebody would who got to write. It never writes anything else.
 */
export type Databases = {
  /** Rows of one of the system's databases: `anqu_channel`, `anqu_ca`, `anqu_bank` … */
  rows<T extends object>(name: string, statement: Sql): Promise<T[]>
  /** All text and bytes of every table, to search for what must not be there. */
  everything(name: string): Promise<Uint8Array>
  /** Codes count as sent more than a day ago, so that the sending limits do not stand in the way of the next step. */
  letCodesAge(): Promise<void>
  letCodeExpire(otpId: string): Promise<void>
  /** A session looks as if it had last been used, or opened, that much earlier. */
  letSessionAge(
    accountId: string,
    by: { idleMs?: number; openMs?: number; backgroundMs?: number },
  ): Promise<void>
  letPasswordAge(accountId: string, byMs: number): Promise<void>
  /** Timed locks are over; with `day` the count of the day as well. */
  letLockPass(subject: string, what: 'lock' | 'day'): Promise<void>
  letOperationExpire(operationId: string): Promise<void>
  /** The certificate ends that much earlier, in the registers of both systems. */
  letCertificateAge(serial: string, byMs: number): Promise<void>
  /** Another public key in the CA's register, and with `der` another certificate beside it. */
  swapStoredKey(serial: string, stored: { publicKey: Uint8Array; der?: Uint8Array }): Promise<void>
  close(): Promise<void>
}

const channelName = 'anqu_channel'
const caName = 'anqu_ca'
const dayMs = 86_400_000

export function openDatabases(
  urls: Readonly<Record<string, string>>,
  interference: () => Interference | undefined,
): Databases {
  const open = new Map<string, Db>()
  const db = (name: string): Db => {
    const url = urls[name]
    if (url === undefined) throw new RangeError(`there is no database ${name}`)
    const found = open.get(name) ?? openDatabase({ url, poolSize: 2, applicationName: 'conformance' })
    open.set(name, found)
    return found
  }
  const rows = async <T extends object>(name: string, statement: Sql): Promise<T[]> => {
    const found = await db(name).query<T>(statement)
    const disturb = interference()?.rows
    // An interference changes values, not shapes.
    return disturb === undefined ? found : (disturb(found) as T[])
  }
  const channel = (statement: Sql): Promise<number> => db(channelName).execute(statement)
  return {
    rows,
    async everything(name) {
      const bytes = await everything(db(name))
      return interference()?.dump?.(bytes) ?? bytes
    },
    async letCodesAge() {
      await channel(sql`update otp set created_at_ms = created_at_ms - ${2 * dayMs}`)
    },
    async letCodeExpire(otpId) {
      await channel(sql`update otp set expires_at_ms = created_at_ms - 1 where otp_id = ${otpId}`)
    },
    async letSessionAge(accountId, { idleMs = 0, openMs = 0, backgroundMs = 0 }) {
      await channel(sql`
        update session set last_seen_at_ms = last_seen_at_ms - ${idleMs}, expires_at_ms = expires_at_ms - ${openMs},
          background_at_ms = background_at_ms - ${backgroundMs}
        where account_id = ${accountId} and state = 'active'`)
    },
    async letPasswordAge(accountId, byMs) {
      await channel(sql`
        update password set changed_at_ms = changed_at_ms - ${byMs} where subject = ${accountId} and kind = 'login'`)
    },
    async letLockPass(subject, what) {
      await channel(sql`
        update failure_counter set locked_until_ms = 0, day_started_at_ms = day_started_at_ms - ${what === 'day' ? dayMs : 0}
        where subject = ${subject}`)
    },
    async letOperationExpire(operationId) {
      await channel(
        sql`update operation set expires_at_ms = created_at_ms - 1 where operation_id = ${operationId}`,
      )
    },
    async letCertificateAge(serial, byMs) {
      await channel(
        sql`update certificate set expires_at_ms = expires_at_ms - ${byMs} where serial = ${serial}`,
      )
      await db(caName).execute(
        sql`update certificate set not_after_ms = not_after_ms - ${byMs} where serial = ${serial}`,
      )
    },
    async swapStoredKey(serial, { publicKey, der = null }) {
      await db(caName).execute(sql`
        update certificate set public_key = ${publicKey}, der = coalesce(${der}::bytea, der) where serial = ${serial}`)
    },
    async close() {
      for (const one of open.values()) await one.close()
      open.clear()
    },
  }
}

type Table = { readonly name: string }

/** Every row of every table as bytes: text as it is, binary values as they are. */
async function everything(db: Db): Promise<Uint8Array> {
  const tables = await db.query<Table>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  const parts: Uint8Array[] = []
  const encoder = new TextEncoder()
  for (const { name } of tables)
    for (const row of await db.query<Record<string, unknown>>(selectAll(name)))
      for (const value of Object.values(row))
        parts.push(value instanceof Uint8Array ? value : encoder.encode(`${textOf(value)}\n`))
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/** JSON columns come as objects. */
const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))

/** A table's name cannot be a parameter; it comes from the catalogue of the database itself and is quoted. */
function selectAll(name: string): Sql {
  const quoted = `"${name.replaceAll('"', '""')}"`
  const strings = Object.assign([`select * from ${quoted} limit 20000`], { raw: [quoted] })
  return sql(strings)
}

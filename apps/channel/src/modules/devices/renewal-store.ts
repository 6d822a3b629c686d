import type { OutputOf, certificatesRenew } from '@anqu/contract'
import { sql, type Queryable, type Transaction } from '@anqu/platform'

export type Issued = OutputOf<typeof certificatesRenew>

export type RenewalRow = {
  renewal_id: string
  account_id: string
  device_id: string
  former_serial: string
  /** `begun` ends in time; `certified` waits for the secure element for as long as it takes. */
  state: 'begun' | 'certified' | 'done' | 'abandoned'
  csr: string | null
  public_key: Uint8Array | null
  certificate_serial: string | null
  certificate_expires_at_ms: bigint | null
  issued: Issued | null
  expires_at_ms: bigint
}

const columns = sql`renewal_id, account_id, device_id, former_serial, state, csr, public_key, certificate_serial,
  certificate_expires_at_ms, issued, expires_at_ms`

export const findRenewal = (db: Queryable, renewalId: string, deviceId: string) =>
  db.maybe<RenewalRow>(sql`
    select ${columns} from certificate_renewal where renewal_id = ${renewalId} and device_id = ${deviceId}`)

export const findOpenRenewal = (db: Queryable, deviceId: string) =>
  db.maybe<RenewalRow>(sql`
    select ${columns} from certificate_renewal where device_id = ${deviceId} and state in ('begun', 'certified')`)

/** By the certificate it renewed; the answer of its end may have been lost. */
export const findDone = (db: Queryable, deviceId: string, formerSerial: string) =>
  db.maybe<RenewalRow>(sql`
    select ${columns} from certificate_renewal
    where device_id = ${deviceId} and former_serial = ${formerSerial} and state = 'done'`)

export const openRenewals = (db: Queryable, deviceIds: readonly string[]) =>
  db.query<{ device_id: string }>(sql`
    select device_id from certificate_renewal
    where device_id = any(${[...deviceIds]}::uuid[]) and state in ('begun', 'certified')`)

export const abandon = (db: Queryable, renewalId: string) =>
  db.execute(sql`
    update certificate_renewal set state = 'abandoned' where renewal_id = ${renewalId} and state in ('begun', 'certified')`)

/** Adds it unless one is open already. */
export const insertRenewal = (
  db: Queryable,
  row: Pick<RenewalRow, 'renewal_id' | 'account_id' | 'device_id' | 'former_serial'> & {
    createdAtMs: number
    expiresAtMs: number
  },
) =>
  db.execute(sql`
    insert into certificate_renewal (renewal_id, account_id, device_id, former_serial, state, created_at_ms, expires_at_ms)
    values (${row.renewal_id}, ${row.account_id}, ${row.device_id}, ${row.former_serial}, 'begun', ${row.createdAtMs},
      ${row.expiresAtMs})
    on conflict do nothing`)

/** The first request of a renewal is its only one. */
export const keepRequest = (
  db: Queryable,
  renewalId: string,
  { csr, publicKey }: { csr: string; publicKey: Uint8Array },
) =>
  db.execute(sql`
    update certificate_renewal set csr = ${csr}, public_key = ${publicKey}
    where renewal_id = ${renewalId} and state = 'begun' and csr is null`)

export const certify = (
  db: Queryable,
  renewalId: string,
  given: { serial: string; expiresAtMs: number; issued: Issued },
) =>
  db.execute(sql`
    update certificate_renewal set state = 'certified', certificate_serial = ${given.serial},
      certificate_expires_at_ms = ${given.expiresAtMs}, issued = ${JSON.stringify(given.issued)}::jsonb
    where renewal_id = ${renewalId} and state = 'begun'`)

export const finish = (db: Queryable, renewalId: string) =>
  db.execute(
    sql`update certificate_renewal set state = 'done' where renewal_id = ${renewalId} and state = 'certified'`,
  )

/** Gives up what a device has open; answers the certificates issued for it that were not installed. */
export async function endRenewals(tx: Transaction, deviceId: string): Promise<string[]> {
  const ended = await tx.query<{ certificate_serial: string | null }>(sql`
    update certificate_renewal set state = 'abandoned'
    where device_id = ${deviceId} and state in ('begun', 'certified') returning certificate_serial`)
  return ended.flatMap(({ certificate_serial: serial }) => serial ?? [])
}

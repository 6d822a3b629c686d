import { Refusal } from '@anqu/contract'
import { sql, type Queryable } from '@anqu/platform'

/** What a code about one device is bound to: it fits no other device, and nobody else. */
export const deviceBinding = (accountId: string, deviceId: string): string => `${accountId}:${deviceId}`

export type OwnDevice = {
  readonly certificate_serial: string
  readonly client_key_id: string
}

/** An active device of this account. Somebody else's and one that does not exist are the same. */
export async function requireActive(
  db: Queryable,
  { accountId, deviceId }: { accountId: string; deviceId: string },
): Promise<OwnDevice> {
  const row = await db.maybe<OwnDevice>(sql`
    select certificate_serial, client_key_id from device
    where device_id = ${deviceId} and account_id = ${accountId} and state = 'active'`)
  if (row === undefined) throw new Refusal('request.not-found', 'no such active device')
  return row
}

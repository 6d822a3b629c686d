import {
  certificatesBeginRenewal,
  certificatesCompleteRenewal,
  certificatesList,
  certificatesRenew,
  certificatesResume,
  certificatesSuspend,
  type OutputOf,
} from '@anqu/contract'
import { sql } from '@anqu/platform'
import { bind, customerOf, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import { resumeCertificate, suspendCertificate } from './hold-certificate.ts'
import type { DeviceNeeds } from './module.ts'
import { beginRenewal, completeRenewal, requestRenewal } from './renew-certificate.ts'
import { openRenewals } from './renewal-store.ts'

type Row = {
  device_id: string
  label: string
  client_key_id: string
  certificate_serial: string
  bound_at_ms: bigint
}
const listLength = 20

/** The holder's certificates: what they are good for, and the renewal. */
export const certificateRoutes = (needs: DeviceNeeds): BoundRoute[] => [
  bind(certificatesList, (_input, context) => listCertificates(needs, context)),
  bind(certificatesBeginRenewal, (input, context) => beginRenewal(needs, input, context)),
  bind(certificatesRenew, (input, context) => requestRenewal(needs, input, context)),
  bind(certificatesCompleteRenewal, (input, context) => completeRenewal(needs, input, context)),
  bind(certificatesSuspend, async (input, context) => {
    await suspendCertificate(needs, input, context)
    return { suspended: true as const }
  }),
  bind(certificatesResume, async (input, context) => {
    await resumeCertificate(needs, input, context)
    return { resumed: true as const }
  }),
]

async function listCertificates(
  needs: DeviceNeeds,
  context: RequestContext,
): Promise<OutputOf<typeof certificatesList>> {
  const rows = await needs.db.query<Row>(sql`
    select device_id, label, client_key_id, certificate_serial, bound_at_ms from device
    where account_id = ${customerOf(context).accountId} and state = 'active' order by bound_at_ms desc limit ${listLength}`)
  const states = await needs.certificateStates(rows.map((row) => row.certificate_serial))
  const renewing = await openRenewals(
    needs.db,
    rows.map((row) => row.device_id),
  )
  const certificates = rows.flatMap((row) => {
    const found = states.find(({ serial }) => serial === row.certificate_serial)
    if (found === undefined) return []
    const { serial: certificateSerial, ...state } = found
    return {
      ...state,
      certificateSerial,
      deviceId: row.device_id,
      label: row.label,
      current: row.client_key_id === context.clientKeyId,
      boundAtMs: Number(row.bound_at_ms),
      renewing: renewing.some(({ device_id: deviceId }) => deviceId === row.device_id),
    }
  })
  return { certificates }
}

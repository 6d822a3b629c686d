import type { Refusal, RefusalCode } from '@anqu/contract'
import type { MessageErrorCode } from '@anqu/message'
import type { AuditLog } from '../needs/audit.ts'

/** Which refusals are anomalies of a client that must be audited, each with an event of its own (B-7.6-3). */
const eventOf: Partial<Record<RefusalCode, string>> = {
  'message.malformed': 'client.illegal-message',
  'message.tampered': 'client.illegal-message',
  'message.stale': 'client.illegal-message',
  'message.replayed': 'client.duplicate-message',
  'request.malformed': 'client.illegal-message',
  'client.too-old': 'client.outdated-version',
  'client.unknown-package': 'client.unknown-package',
  'signature.algorithm-refused': 'client.invalid-signature',
  'factor.locked': 'client.password-cap',
  'factor.blocked': 'client.password-cap',
  'operation.locked': 'client.password-cap',
}

/** Writes the anomaly, if the refusal is one. Invalid signatures and certificates are recorded where they are verified. */
export async function recordAnomaly(
  audit: AuditLog,
  refused: { code: Refusal['code'] | MessageErrorCode },
  where: { subject: string; origin: string; resource: string; correlationId: string },
): Promise<void> {
  const event = eventOf[refused.code]
  if (event === undefined) return
  await audit.record({
    event,
    eventClass: 'client-anomaly',
    outcome: 'failure',
    description: refused.code,
    ...where,
  })
}

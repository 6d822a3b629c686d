import { utf8ToBytes } from '@anqu/encoding'
import { z } from 'zod'
import { bytes, cursor, id, serial } from './fields.ts'
import { profileName, keyAlgorithm } from './officers.ts'
import { certificateStatus, crlReason } from './schemas.ts'

/** Every filter given must match; newest first. A caller sees what it ordered itself. */
export const searchRequest = z.strictObject({
  serial: serial.optional(),
  accountId: id.optional(),
  terminalId: id.optional(),
  profile: profileName.optional(),
  status: certificateStatus.exclude(['unknown']).optional(),
  /** Expiring at this moment or later. */
  expiresFromMs: z.int().optional(),
  /** Expiring before this moment; without `expiresFromMs`, those that have not expired yet. */
  expiresBeforeMs: z.int().optional(),
  limit: z.int().min(1).max(200).default(50),
  cursor: cursor.optional(),
})
export const certificateSummary = z.strictObject({
  serial,
  profile: profileName,
  profileVersion: z.int(),
  accountId: id.nullable(),
  holder: z.string().nullable(),
  terminalId: id.nullable(),
  status: certificateStatus,
  nearExpiry: z.boolean(),
  issuedAtMs: z.int(),
  notBeforeMs: z.int(),
  notAfterMs: z.int(),
  /** Set when it is revoked or suspended. */
  change: z
    .strictObject({
      atMs: z.int(),
      by: z.string(),
      reason: z.string(),
      crlReason: z.enum([...crlReason.options, 'certificateHold']),
    })
    .nullable(),
  renews: serial.nullable(),
})
export const searchAnswer = z.strictObject({
  certificates: z.array(certificateSummary),
  nextCursor: cursor.nullable(),
})

export const readRequest = z.strictObject({ serial })
export const readAnswer = z.strictObject({
  certificate: certificateSummary.nullable(),
  der: bytes(8192).nullable(),
})

/** How many certificates that are still good expire on each day. Days begin `offsetMinutes` east of UTC. */
export const expiryCalendarRequest = z.strictObject({
  fromMs: z.int(),
  days: z.int().min(1).max(366),
  offsetMinutes: z.int().min(-720).max(840).default(480),
})
export const expiryCalendarAnswer = z.strictObject({
  days: z.array(
    z.strictObject({
      /** `2026-11-21` */
      day: z.string(),
      counts: z.array(z.strictObject({ profile: profileName, count: z.int() })),
    }),
  ),
})

export const statisticsRequest = z.strictObject({})
export const statisticsAnswer = z.strictObject({
  certificates: z.array(z.strictObject({ profile: profileName, status: certificateStatus, count: z.int() })),
  nearExpiry: z.int(),
  issuedLastDay: z.int(),
  revokedLastDay: z.int(),
  openProposals: z.int(),
})

/**
 * What is not SM2 yet and until when it may be so (A-9.5-5, A-9.5-6, A-9.5-7): what each profile allows, and how many
 * certificates of each business system still have such keys. Numbers only, so that everybody's count.
 */
export const transitionRequest = z.strictObject({})
export const transitionAnswer = z.strictObject({
  allowed: z.array(
    z.strictObject({
      profile: profileName,
      algorithm: keyAlgorithm,
      untilMs: z.int(),
      owner: z.string(),
      open: z.boolean(),
    }),
  ),
  inUse: z.array(
    z.strictObject({
      caller: z.string(),
      profile: profileName,
      algorithm: keyAlgorithm,
      /** Good and not expired. */
      certificates: z.int(),
      lastNotAfterMs: z.int().nullable(),
      /** Signatures verified so far, by expired and revoked ones as well. */
      signatures: z.int(),
      lastSignatureMs: z.int().nullable(),
    }),
  ),
})

/**
 * The caller's events in the order of the chain. Asked for again with the last position it is a feed: a caller that was away
 * learns every revocation, whoever asked for it. Positions in between are events of other callers.
 */
export const eventsRequest = z.strictObject({
  afterPosition: z.int().min(0),
  limit: z.int().min(1).max(500).default(100),
})
export const chainedEvent = z.strictObject({
  position: z.int(),
  eventId: id,
  atMs: z.int(),
  /** `issued`, `verified`, `revoked`, `suspended`, `resumed`, `installed`, `proposed`, `approved`, `rejected` … */
  event: z.string(),
  serial: serial.nullable(),
  outcome: z.string(),
  actor: z.string().nullable(),
  detail: z.string().nullable(),
  correlationId: z.string(),
  /** Chain digest of the event before, whoever's it is, hex. */
  previousDigest: z.string(),
  /** SM3 over `previousDigest` and the bytes of `eventBytes`, hex. */
  digest: z.string(),
})
export const eventsAnswer = z.strictObject({ events: z.array(chainedEvent) })

type EventFields = Omit<z.infer<typeof chainedEvent>, 'position' | 'previousDigest' | 'digest'>

/** What a link of the chain is computed over, after the digest before it. */
export function eventBytes(caller: string, fields: EventFields): Uint8Array {
  const { eventId, atMs, event, serial: number, outcome, actor, detail, correlationId } = fields
  const list = [eventId, String(atMs), event, caller, number, outcome, actor, detail, correlationId]
  return utf8ToBytes(JSON.stringify(list))
}

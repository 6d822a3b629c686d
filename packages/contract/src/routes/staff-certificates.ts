import { z } from 'zod'
import { atMs, base64, cursor, id } from '../values.ts'
import { staffRoute } from './staff-route.ts'

export const certificateSerial = z.string().regex(/^[0-9a-f]{16,40}$/)
/** As the CA names it; another CA has other profiles. */
export const certificateProfile = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/)
export const certificateStatus = z.enum(['good', 'suspended', 'revoked', 'expired'])
/** RFC 5280 section 5.3.1; of these an operator chooses. */
export const revocationReason = z.enum([
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
])
/** In the operator's words, for the record. */
export const staffReason = z.string().trim().min(4).max(80)

export const certificateSummary = z.strictObject({
  serial: certificateSerial,
  profile: certificateProfile,
  profileVersion: z.int(),
  accountId: id.nullable(),
  deviceId: id.nullable(),
  holder: z.string().nullable(),
  status: z.enum([...certificateStatus.options, 'unknown']),
  nearExpiry: z.boolean(),
  issuedAtMs: atMs,
  notBeforeMs: atMs,
  notAfterMs: atMs,
  /** Set when it is revoked or suspended. */
  change: z.strictObject({ atMs, by: z.string(), reason: z.string(), crlReason: z.string() }).nullable(),
  renews: certificateSerial.nullable(),
})

export const staffCertificateSearch = staffRoute({
  name: 'staff.certificate-search',
  path: '/admin/v1/certificates/search',
  session: 'required',
  zh: '证书查询',
  en: 'Search certificates at the CA',
  input: z.strictObject({
    serial: certificateSerial.optional(),
    accountId: id.optional(),
    deviceId: id.optional(),
    profile: certificateProfile.optional(),
    status: certificateStatus.optional(),
    expiresFromMs: atMs.optional(),
    expiresBeforeMs: atMs.optional(),
    limit: z.int().min(1).max(100),
    cursor: cursor.optional(),
  }),
  output: z.strictObject({
    certificates: z
      .array(
        certificateSummary.extend({
          /** How the channel itself holds it; null for those that are not a customer's. */
          here: z.enum(['active', 'suspended', 'revoked']).nullable(),
        }),
      )
      .max(100),
    nextCursor: cursor.nullable(),
  }),
  clauses: ['B-7.3.1.2-1', 'B-7.3.1.2-2'],
})

/** One event of the CA's chained log about a certificate, as the channel's feed kept it. */
const certificateEvent = z.strictObject({
  position: z.int(),
  atMs,
  event: z.string(),
  outcome: z.string(),
  actor: z.string().nullable(),
  /** Names of members of staff the actor is made of, where there are any. */
  actorNames: z.array(z.string()),
  detail: z.string().nullable(),
  correlationId: z.string(),
})

export const staffCertificate = staffRoute({
  name: 'staff.certificate',
  path: '/admin/v1/certificates/get',
  session: 'required',
  zh: '证书详情',
  en: 'One certificate with its history',
  input: z.strictObject({ serial: certificateSerial }),
  output: z.strictObject({
    certificate: certificateSummary,
    /** The certificate and those above it, the root last. */
    chain: z.array(base64(8192)).min(1).max(5),
    /** How the channel itself holds it; null for those that are not a customer's. */
    here: z
      .strictObject({
        state: z.enum(['active', 'suspended', 'revoked']),
        /** What became of telling the CA, when the channel had it revoked. */
        revocation: z
          .strictObject({ state: z.enum(['queued', 'sent', 'refused']), refusal: z.string().nullable() })
          .nullable(),
      })
      .nullable(),
    history: z.array(certificateEvent).max(100),
    openProposals: z.array(id).max(20),
  }),
  clauses: ['B-7.3.1.2-2', 'B-7.3.1.3-3'],
})

export const staffHoldCertificate = staffRoute({
  name: 'staff.hold-certificate',
  path: '/admin/v1/certificates/hold',
  session: 'required',
  zh: '冻结证书',
  en: 'Put a certificate on hold at once; two lift it',
  input: z.strictObject({ serial: certificateSerial, reason: staffReason }),
  output: z.strictObject({ status: certificateSummary.shape.status }),
  clauses: ['C-6.3.3-e-s3'],
})

export const staffExpiryCalendar = staffRoute({
  name: 'staff.expiry-calendar',
  path: '/admin/v1/certificates/expiry-calendar',
  session: 'required',
  zh: '证书到期日历',
  en: 'Good certificates by the day they expire (days of China)',
  input: z.strictObject({ fromDay: z.iso.date(), days: z.int().min(1).max(366) }),
  output: z.strictObject({
    days: z
      .array(
        z.strictObject({
          day: z.iso.date(),
          counts: z.array(z.strictObject({ profile: certificateProfile, count: z.int() })),
        }),
      )
      .max(366),
  }),
  clauses: ['B-6.2.3-1'],
})

export const staffCertificateStatistics = staffRoute({
  name: 'staff.certificate-statistics',
  path: '/admin/v1/certificates/statistics',
  session: 'required',
  zh: '证书统计',
  en: 'Numbers of certificates, and what stands between the two systems',
  input: z.strictObject({}),
  output: z.strictObject({
    atMs,
    certificates: z.array(
      z.strictObject({
        profile: certificateProfile,
        status: certificateSummary.shape.status,
        count: z.int(),
      }),
    ),
    nearExpiry: z.int(),
    issuedLastDay: z.int(),
    revokedLastDay: z.int(),
    openProposals: z.int(),
    /** Revocations of the channel that the CA has not taken yet, and those it refused for good, newest first. */
    revocations: z.strictObject({
      queued: z.int(),
      refused: z
        .array(
          z.strictObject({
            serial: z.string(),
            reason: z.string(),
            refusal: z.string(),
            atMs: atMs.nullable(),
          }),
        )
        .max(50),
    }),
    /** How far the channel has read the CA's events. A broken chain stops it until somebody has looked. */
    feed: z.strictObject({
      position: z.int(),
      readAtMs: atMs.nullable(),
      brokenSinceMs: atMs.nullable(),
      broken: z.string().nullable(),
    }),
  }),
  clauses: ['B-6.2.4-3', 'B-6.2.4-4'],
})

const revocationList = z.strictObject({
  url: z.string(),
  number: z.string(),
  thisUpdateMs: atMs,
  nextUpdateMs: atMs,
  entries: z.int(),
  bytes: z.int(),
})

export const staffPublication = staffRoute({
  name: 'staff.publication',
  path: '/admin/v1/certificates/publication',
  session: 'required',
  zh: '吊销信息发布状态',
  en: 'How fresh the published revocation lists and status answers are',
  input: z.strictObject({}),
  output: z.strictObject({
    atMs,
    /** The list of the root about the CAs below it. */
    rootList: revocationList.nullable(),
    shards: z
      .array(z.strictObject({ shard: z.string(), full: revocationList, delta: revocationList }))
      .max(1000),
    ocsp: z.strictObject({
      url: z.string(),
      responderSerial: z.string(),
      responderNotAfterMs: atMs,
      validMs: z.int(),
      cachedAnswers: z.int(),
    }),
  }),
  clauses: ['B-7.3.2.2-1'],
})

import { z } from 'zod'
import { serial } from './fields.ts'

const list = z.strictObject({
  url: z.string(),
  /** Decimal: list numbers have no upper end. */
  number: z.string().regex(/^\d{1,40}$/),
  thisUpdateMs: z.int(),
  nextUpdateMs: z.int(),
  entries: z.int(),
  bytes: z.int(),
})

export const publicationRequest = z.strictObject({})
/** How the state of certificates is told to everybody: revocation lists and status answers. */
export const publicationAnswer = z.strictObject({
  rootList: list.nullable(),
  shards: z.array(z.strictObject({ shard: z.string(), full: list, delta: list })),
  ocsp: z.strictObject({
    url: z.string(),
    /** Of the certificate that signs status answers now. */
    responderSerial: serial,
    responderNotAfterMs: z.int(),
    /** How long an answer holds. */
    validMs: z.int(),
    cachedAnswers: z.int(),
  }),
})

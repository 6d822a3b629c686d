import { batchDecision, batchProblems, cardBatch, cardBatchFile } from '@anqu/contract'
import { z } from 'zod'

const id = z.uuid()
const bytes = (max: number) => z.base64().max(Math.ceil(max / 3) * 4)
const hex = (min: number, max: number) => z.string().regex(new RegExp(`^(?:[0-9a-f]{2}){${min},${max}}$`))
const atMs = z.int().min(0)
const text = z.string().min(1).max(200)
/** A member of the caller's staff, as the caller knows them. */
const actor = z.string().min(1).max(80)
const page = { cursor: z.string().max(80).nullable(), limit: z.int().min(1).max(200) }

/** The ten bytes that tell cards apart (key diversification data). */
export const cardId = hex(10, 10)
export const aid = hex(5, 16)
/** The client instance: the channel's identifier of an installation's key. */
const instance = z.string().min(1).max(64)

/** What the TSM refuses by name; answered with status 422 as `{ refused }`. */
export const refusalCode = z.enum([
  'not-found',
  'not-now',
  'second-person',
  'bad-package',
  'untrusted-signer',
  'altered',
  'older-version',
  'known-version',
  'too-large',
  'known-card',
  'unknown-card',
  'card-not-authentic',
  'foreign-card',
  'no-package',
  'script-superseded',
  'card-refused',
  'card-no-room',
  'card-package-refused',
])

export const trustAnswer = z.strictObject({
  /** Signs answers; leads to the CA's root through `chain`. */
  signature: bytes(8192),
  /** Cards hand their transport keys over under it. */
  encryption: bytes(8192),
  chain: z.array(bytes(8192)).min(1).max(4),
})

// Scripts: the TSM speaks with a card, the client carries the APDUs.

export const scriptStage = z.enum(['identify', 'authenticate', 'manage', 'done', 'failed'])

export const scriptBegin = z.strictObject({
  correlationId: id,
  /** Who holds the card, pseudonymous; nobody is logged in when a card is only served. */
  holder: id.nullable(),
  instance,
  /** `provision`: the security service for this instance, ready for use. `serve`: whatever waits for this card. */
  goal: z.enum(['provision', 'serve']),
  /** GET DATA 00E0 of the card as the client read it. */
  keyInformation: bytes(1024),
  /** Public key the client instance wants its channel keys under (65 bytes); used in this script only. */
  deliverTo: bytes(65),
})
export const scriptContinue = z.strictObject({
  scriptId: id,
  batch: z.int().min(0).max(64),
  /** The card's answers to the commands of that batch, in order. */
  answers: z.array(bytes(4096)).max(64),
  instance,
})
export const scriptAnswer = z.strictObject({
  scriptId: id,
  stage: scriptStage,
  batch: z.int(),
  commands: z.array(bytes(4096)).max(64),
  /** Once done. */
  result: z
    .strictObject({
      cardId,
      packageAid: aid.nullable(),
      packageVersion: z.int().nullable(),
      applicationState: z.enum(['usable', 'locked', 'absent']),
      /** Version and keys (ENC ‖ MAC ‖ DEK, 48 bytes) under `deliverTo`: 04 ‖ C1 ‖ C3 ‖ C2. */
      clientKeys: z.strictObject({ version: z.int(), sealed: bytes(512) }).nullable(),
    })
    .nullable(),
})

// Cards.

export const cardState = z.enum(['enrolled', 'personalised', 'locked', 'deleted'])
export const cardOrder = z.enum(['none', 'lock', 'unlock', 'delete'])
export const card = z.strictObject({
  cardId,
  kind: z.enum(['virtual', 'physical']),
  holder: id.nullable(),
  state: cardState,
  /** What is to be done at the card's next contact. */
  order: cardOrder,
  orderReason: z.string().nullable(),
  /** Version of the master key its keys are derived from; 0 before the first contact. */
  keyVersion: z.int(),
  packageAid: aid.nullable(),
  packageVersion: z.int().nullable(),
  enrolledAtMs: atMs,
  lastContactAtMs: atMs.nullable(),
})
export const cardsRequest = z.strictObject({
  ...page,
  cardId: cardId.optional(),
  holder: id.optional(),
  state: cardState.optional(),
})
export const cardsAnswer = z.strictObject({ cards: z.array(card), nextCursor: z.string().nullable() })

/** A lock acts on one person's word; unlocking and deleting take a second one. */
export const cardOrderRequest = z.strictObject({
  cardId,
  order: cardOrder,
  reason: text,
  requester: actor,
  approver: actor.nullable(),
  correlationId: id,
})
/** The holder gave a device up or lost it: its cards are locked at their next contact. */
export const cardLostRequest = z.strictObject({ holder: id, instance, reason: text, correlationId: id })
export const countAnswer = z.strictObject({ count: z.int() })

export const cardAnswer = z.strictObject({ card })

// Batches of physical cards, as their manufacturer lists them.

export const batch = cardBatch.extend({ requester: actor, decidedBy: actor.nullable() })
export const batchesRequest = z.strictObject(page)
export const batchesAnswer = z.strictObject({ batches: z.array(batch), nextCursor: z.string().nullable() })
export const batchProposeRequest = z.strictObject({ ...cardBatchFile, requester: actor })
/** No batch when a line is bad: nothing of it was kept. */
export const batchProposeAnswer = z.strictObject({ batch: batch.nullable(), problems: batchProblems })
/** To approve takes another person than the requester. */
export const batchDecideRequest = z.strictObject({ ...batchDecision, actor })
export const batchAnswer = z.strictObject({ batch })

// Packages.

export const packageState = z.enum(['registered', 'active', 'deprecated'])
export const sePackage = z.strictObject({
  aid,
  name: text,
  version: z.int().min(1).max(65_535),
  /** SM3 of the load file. */
  hash: hex(32, 32),
  signer: z.string(),
  modules: z.array(aid),
  state: packageState,
  registeredAtMs: atMs,
  registeredBy: actor,
  activatedBy: actor.nullable(),
  /** Cards that carry this version. */
  cards: z.int(),
})
export const packagesRequest = z.strictObject({})
export const packagesAnswer = z.strictObject({ packages: z.array(sePackage).max(500) })
export const packageRegisterRequest = z.strictObject({
  /** The package's identifier; the version is in the load file. */
  aid,
  name: text,
  /** Larger than what is taken, so that a package that is too large is told so. */
  loadFile: bytes(65_536),
  /** SM3 of the load file, as it was published. */
  hash: hex(32, 32),
  /** SM2, r‖s, over the load file. */
  signature: bytes(64),
  /** Certificate of the signer, which must be listed. */
  certificate: bytes(8192),
  requester: actor,
})
export const packageStateRequest = z.strictObject({
  aid,
  version: z.int(),
  state: z.enum(['active', 'deprecated']),
  /** Another person than the one who registered it. */
  actor,
})
export const packageAnswer = z.strictObject({ package: sePackage })

// Campaigns: one version on many cards.

export const campaignState = z.enum(['proposed', 'running', 'paused', 'finished', 'rejected', 'cancelled'])
export const campaign = z.strictObject({
  campaignId: id,
  name: text,
  packageAid: aid,
  packageVersion: z.int(),
  state: campaignState,
  requester: actor,
  approver: actor.nullable(),
  createdAtMs: atMs,
  progress: z.strictObject({
    cards: z.int(),
    waiting: z.int(),
    /** A script has begun to bring the version. */
    underWay: z.int(),
    done: z.int(),
    failed: z.int(),
  }),
})
export const campaignsRequest = z.strictObject(page)
export const campaignsAnswer = z.strictObject({
  campaigns: z.array(campaign),
  nextCursor: z.string().nullable(),
})
export const campaignProposeRequest = z.strictObject({
  name: text,
  /** The version to bring; its cards are all that carry another version of it, or those named. */
  packageAid: aid,
  packageVersion: z.int(),
  cards: z.array(cardId).max(10_000).nullable(),
  requester: actor,
})
/** `approve`, `reject` by another person than the requester; `resume` by another than who paused. */
export const campaignDecideRequest = z.strictObject({
  campaignId: id,
  decision: z.enum(['approve', 'reject', 'pause', 'resume', 'cancel']),
  actor,
})
export const campaignAnswer = z.strictObject({ campaign })

/** Why a card did not get its version. */
export const cardFailure = refusalCode.extract([
  'card-no-room',
  'card-package-refused',
  'card-refused',
  'card-not-authentic',
])
export const campaignFailuresRequest = z.strictObject({ ...page, campaignId: id })
export const campaignFailuresAnswer = z.strictObject({
  failures: z.array(
    z.strictObject({ cardId, reason: cardFailure, attempts: z.int().min(1), lastAttemptAtMs: atMs }),
  ),
  nextCursor: z.string().nullable(),
})
/** Failed cards wait again: those named, or all. What two people approved is repeated, so that one asks for it. */
export const campaignRetryRequest = z.strictObject({
  campaignId: id,
  cards: z.array(cardId).min(1).max(10_000).nullable(),
  actor,
})

// Master keys: from an approved renewal on cards get keys derived from the new version at their next contact. The end of a
// version that lost or emptied cards still have takes the same two people.

export const masterKey = z.strictObject({
  version: z.int(),
  createdAtMs: atMs,
  /** `retired`: no card in use had it any more, and its key was destroyed. */
  state: z.enum(['current', 'replaced', 'retired']),
  /** Cards whose keys derive from it, by their last word. */
  cards: z.int(),
  /** Further cards with its keys that were reported lost or emptied. */
  givenUp: z.int(),
  /** Null for the first one, which the installation made. */
  requester: actor.nullable(),
  approver: actor.nullable(),
})
export const keyRenewal = z.strictObject({
  renewalId: id,
  reason: text,
  requester: actor,
  requestedAtMs: atMs,
  /** The version to be destroyed; null when a new one is to be made. */
  retires: z.int().nullable(),
})
export const keysRequest = z.strictObject({})
export const keysAnswer = z.strictObject({ keys: z.array(masterKey), renewal: keyRenewal.nullable() })
export const keysProposeRequest = z.strictObject({
  reason: text,
  requester: actor,
  /** Null asks for a new version. A version is retired once only cards that were given up have it. */
  retires: z.int().nullable(),
})
/** To approve takes another person than the requester. */
export const keysDecideRequest = z.strictObject({
  renewalId: id,
  decision: z.enum(['approve', 'reject']),
  actor,
})

// Records of the 17 steps of B-6.1.

export const stepRecord = z.strictObject({
  sequence: z.int(),
  correlationId: id,
  /** 1 to 17 of B-6.1-6; null for what belongs to no step (a lock, a key change). */
  step: z.int().min(1).max(17).nullable(),
  event: z.string(),
  from: z.string(),
  to: z.string(),
  outcome: z.enum(['success', 'failure']),
  detail: z.string(),
  cardId: cardId.nullable(),
  atMs,
  /** SM3 over the record and the hash before it. */
  hash: hex(32, 32),
})
export const recordsRequest = z.strictObject({
  ...page,
  correlationId: id.optional(),
  cardId: cardId.optional(),
})
export const recordsAnswer = z.strictObject({
  records: z.array(stepRecord),
  nextCursor: z.string().nullable(),
})
export const recordsVerifyRequest = z.strictObject({})
export const recordsVerifyAnswer = z.strictObject({
  records: z.int(),
  /** First sequence at which the chain does not hold; null when it holds. */
  brokenAtSequence: z.int().nullable(),
})
/** Steps that happened at the caller; repeating a report changes nothing. */
export const recordsReportRequest = z.strictObject({
  reports: z
    .array(
      z.strictObject({
        reportId: id,
        correlationId: id,
        step: z.int().min(1).max(17),
        event: z.string().max(60),
        from: z.string().max(40),
        to: z.string().max(40),
        outcome: z.enum(['success', 'failure']),
        detail: z.string().max(300),
        atMs,
      }),
    )
    .min(1)
    .max(200),
})

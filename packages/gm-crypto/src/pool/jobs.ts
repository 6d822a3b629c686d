import { GmCryptoError, type GmErrorCode } from '../errors.ts'
import { sm2Exchange, type Sm2Agreement } from '../sm2/key-exchange.ts'
import { Sm2PrivateKey } from '../sm2/private-key.ts'
import { Sm2PublicKey, type Sm2Id } from '../sm2/public-key.ts'
import { sm2Sign, sm2Verify, type Sm2SignatureOptions } from '../sm2/signature.ts'

/** Number under which a worker holds a private key. */
export type KeyNumber = number

export interface SignJob {
  readonly kind: 'sign'
  readonly key: KeyNumber
  readonly message: Uint8Array
  readonly options: Sm2SignatureOptions
}

export interface VerifyJob {
  readonly kind: 'verify'
  /** Uncompressed point, 65 bytes. */
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly options: Sm2SignatureOptions
}

/** The responder's or initiator's side of a key agreement, from its ephemeral key to the agreed one. */
export interface AgreeJob {
  readonly kind: 'agree'
  readonly key: KeyNumber
  readonly role: 'initiator' | 'responder'
  readonly peer: Uint8Array
  readonly peerEphemeral: Uint8Array
  /** Scalar of the ephemeral key; overwritten after use. */
  readonly ephemeral: Uint8Array
  readonly selfId: Sm2Id | undefined
  readonly peerId: Sm2Id | undefined
  readonly keyLength: number
}

export type Job = SignJob | VerifyJob | AgreeJob
export type JobValue = Uint8Array | boolean | Sm2Agreement

export type ToWorker =
  | { readonly type: 'key'; readonly key: KeyNumber; readonly scalar: Uint8Array }
  | { readonly type: 'forget'; readonly key: KeyNumber }
  | { readonly type: 'jobs'; readonly jobs: readonly Job[] }

/** What came of a job: its value, or why it was refused. Anything else ends the worker. */
export type Outcome =
  | { readonly ok: true; readonly value: JobValue }
  | { readonly ok: false; readonly code: GmErrorCode; readonly message: string }

export type FromWorker =
  { readonly type: 'ready' } | { readonly type: 'done'; readonly outcomes: readonly Outcome[] }

function keyOf(keys: ReadonlyMap<KeyNumber, Sm2PrivateKey>, number: KeyNumber): Sm2PrivateKey {
  const key = keys.get(number)
  if (key === undefined) throw new GmCryptoError('gm.wiped', 'the pool has forgotten this key')
  return key
}

function agree(keys: ReadonlyMap<KeyNumber, Sm2PrivateKey>, job: AgreeJob): Sm2Agreement {
  const ephemeral = Sm2PrivateKey.fromBytes(job.ephemeral)
  try {
    return sm2Exchange({
      role: job.role,
      self: keyOf(keys, job.key),
      peer: Sm2PublicKey.fromBytes(job.peer),
      ephemeral,
      ...(job.selfId === undefined ? {} : { selfId: job.selfId }),
      ...(job.peerId === undefined ? {} : { peerId: job.peerId }),
    }).agree(Sm2PublicKey.fromBytes(job.peerEphemeral), job.keyLength)
  } finally {
    ephemeral.wipe()
    job.ephemeral.fill(0)
  }
}

function valueOf(keys: ReadonlyMap<KeyNumber, Sm2PrivateKey>, job: Job): JobValue {
  switch (job.kind) {
    case 'sign':
      return sm2Sign(keyOf(keys, job.key), job.message, job.options)
    case 'verify':
      return sm2Verify(Sm2PublicKey.fromBytes(job.publicKey), job.message, job.signature, job.options)
    case 'agree':
      return agree(keys, job)
  }
}

export function runJob(keys: ReadonlyMap<KeyNumber, Sm2PrivateKey>, job: Job): Outcome {
  try {
    return { ok: true, value: valueOf(keys, job) }
  } catch (error) {
    if (!(error instanceof GmCryptoError)) throw error
    return { ok: false, code: error.code, message: error.message }
  }
}

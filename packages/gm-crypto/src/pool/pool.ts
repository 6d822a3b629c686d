import { availableParallelism } from 'node:os'
import type { Sm2Agreement, Sm2ExchangeInput } from '../sm2/key-exchange.ts'
import type { Sm2PrivateKey } from '../sm2/private-key.ts'
import type { Sm2PublicKey } from '../sm2/public-key.ts'
import type { Sm2SignatureOptions } from '../sm2/signature.ts'
import { JobQueue } from './job-queue.ts'
import type { Job, KeyNumber } from './jobs.ts'

export interface GmPoolOptions {
  /** Threads; one less than the processors, at least one, unless given. */
  readonly workers?: number
  /** Jobs that may wait; a job beyond them is refused with `gm.busy`. 1,024 unless given. */
  readonly maxWaiting?: number
}

export interface JobOptions {
  /** A job that still waits is given up; one already with a worker ends, unheard. */
  readonly signal?: AbortSignal
}

/** A private key in the hands of the workers. */
export interface PooledKey {
  sign(message: Uint8Array, options?: Sm2SignatureOptions & JobOptions): Promise<Uint8Array>
  /** As `sm2Exchange(…).agree(…)`; the ephemeral key is the caller's to wipe. */
  agree(
    exchange: Omit<Sm2ExchangeInput, 'self' | 'ephemeral'> & {
      readonly ephemeral: Sm2PrivateKey
      readonly peerEphemeral: Sm2PublicKey
      readonly keyLength: number
    },
    options?: JobOptions,
  ): Promise<Sm2Agreement>
  /** Erases the key in every worker; later jobs are refused with `gm.wiped`. The caller's own key stays. */
  forget(): void
}

export interface GmPool {
  /** Hands a key to every worker, once; a worker that replaces a lost one gets it too. */
  useKey(key: Sm2PrivateKey): PooledKey
  verify(
    claim: { readonly publicKey: Sm2PublicKey; readonly message: Uint8Array; readonly signature: Uint8Array },
    options?: Sm2SignatureOptions & JobOptions,
  ): Promise<boolean>
  /** Refuses what waits with `gm.closed` and ends the workers. */
  close(): Promise<void>
}

/**
 * Starts the workers. Jobs may be given at once. A worker that ends in the middle of its work fails its jobs with
 * `gm.worker-lost` and is replaced.
 */
export function createGmPool(options: GmPoolOptions = {}): GmPool {
  const workers = options.workers ?? Math.max(1, availableParallelism() - 1)
  const queue = new JobQueue(workers, options.maxWaiting ?? 1024)
  return {
    useKey: (key) => pooledKey(queue, queue.addKey(key)),
    async verify({ publicKey, message, signature }, { signal, ...sm2 } = {}) {
      const job: Job = { kind: 'verify', publicKey: publicKey.bytes, message, signature, options: sm2 }
      return (await queue.run(job, signal)) === true
    },
    close: () => queue.close(),
  }
}

function pooledKey(queue: JobQueue, key: KeyNumber): PooledKey {
  return {
    async sign(message, { signal, ...options } = {}) {
      const value = await queue.run({ kind: 'sign', key, message, options }, signal)
      return value as Uint8Array // what the worker answers to this kind of job
    },
    async agree(exchange, { signal } = {}) {
      const { role, peer, peerEphemeral, selfId, peerId, keyLength } = exchange
      const ephemeral = exchange.ephemeral.exportBytes()
      const points = { peer: peer.bytes, peerEphemeral: peerEphemeral.bytes }
      try {
        const value = await queue.run(
          { kind: 'agree', key, role, ...points, ephemeral, selfId, peerId, keyLength },
          signal,
        )
        return value as Sm2Agreement // what the worker answers to this kind of job
      } finally {
        ephemeral.fill(0)
      }
    },
    forget: () => queue.forgetKey(key),
  }
}

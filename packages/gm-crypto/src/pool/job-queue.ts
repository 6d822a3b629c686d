import { GmCryptoError } from '../errors.ts'
import type { Sm2PrivateKey } from '../sm2/private-key.ts'
import type { Job, JobValue, KeyNumber, Outcome } from './jobs.ts'
import { startPoolWorker, type PoolWorker, type Waiting } from './pool-worker.ts'

/** Jobs a worker takes at once: the cost of a message is shared, and no batch takes longer than a few milliseconds. */
const maxBatch = 16

const noWorker = (): GmCryptoError => new GmCryptoError('gm.worker-lost', 'no worker of the pool starts')
const isClosed = (): GmCryptoError => new GmCryptoError('gm.closed', 'the pool is closed')

/**
 * A bounded queue before a fixed number of workers. A worker that ends in the middle of its work is replaced; one that ends
 * before it ever served is not, since the next would fare no better.
 */
export class JobQueue {
  readonly #workers = new Set<PoolWorker>()
  readonly #keys = new Map<KeyNumber, Sm2PrivateKey>()
  readonly #maxWaiting: number
  #waiting: Waiting[] = []
  #nextKey: KeyNumber = 0
  #scheduled = false
  #closed = false

  constructor(workers: number, maxWaiting: number) {
    this.#maxWaiting = maxWaiting
    for (let i = 0; i < workers; i++) this.#start()
  }

  addKey(key: Sm2PrivateKey): KeyNumber {
    const number = this.#nextKey++
    this.#keys.set(number, key)
    for (const worker of this.#workers) worker.addKey(number, key)
    return number
  }

  forgetKey(number: KeyNumber): void {
    this.#keys.delete(number)
    for (const worker of this.#workers) worker.forgetKey(number)
  }

  async run(job: Job, signal: AbortSignal | undefined): Promise<JobValue> {
    signal?.throwIfAborted()
    if (this.#closed) throw isClosed()
    if (this.#workers.size === 0) throw noWorker()
    if (this.#waiting.length >= this.#maxWaiting) throw new GmCryptoError('gm.busy', 'too many jobs wait')
    const settled = new AbortController()
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      const entry: Waiting = { job, resolve, reject }
      this.#waiting.push(entry)
      // A long-lived signal does not gather a listener for each job.
      const once = { once: true, signal: settled.signal }
      signal?.addEventListener('abort', () => this.#giveUp(entry, signal), once)
      this.#schedule()
    }).finally(() => settled.abort())
    if (!outcome.ok) throw new GmCryptoError(outcome.code, outcome.message)
    return outcome.value
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#failWaiting(isClosed())
    await Promise.all([...this.#workers].map((worker) => worker.stop()))
  }

  #giveUp(entry: Waiting, signal: AbortSignal): void {
    this.#waiting = this.#waiting.filter((other) => other !== entry)
    // The reason is an Error unless the owner of the signal chose otherwise.
    entry.reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  }

  #failWaiting(error: GmCryptoError): void {
    for (const { reject } of this.#waiting) reject(error)
    this.#waiting = []
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // Jobs of the same turn travel together.
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    const idle = [...this.#workers].filter((worker) => worker.idle)
    for (const [index, worker] of idle.entries()) {
      // Evenly, so that a short queue too is worked on by all.
      const share = Math.min(maxBatch, Math.ceil(this.#waiting.length / (idle.length - index)))
      if (share > 0) worker.run(this.#waiting.splice(0, share))
    }
  }

  #start(): void {
    const worker = startPoolWorker({
      onIdle: () => this.#schedule(),
      onEnd: (served) => {
        this.#workers.delete(worker)
        if (this.#closed) return
        if (served) this.#start()
        else if (this.#workers.size === 0) this.#failWaiting(noWorker())
      },
    })
    for (const [number, key] of this.#keys) worker.addKey(number, key)
    this.#workers.add(worker)
  }
}

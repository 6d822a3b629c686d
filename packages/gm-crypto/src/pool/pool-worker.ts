import { Worker } from 'node:worker_threads'
import { GmCryptoError } from '../errors.ts'
import type { Sm2PrivateKey } from '../sm2/private-key.ts'
import type { FromWorker, Job, KeyNumber, Outcome, ToWorker } from './jobs.ts'

/** A job that waits, with those who wait for it. */
export interface Waiting {
  readonly job: Job
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: Error) => void
}

/** One worker thread: at most one batch at a time. */
export interface PoolWorker {
  readonly idle: boolean
  run(batch: readonly Waiting[]): void
  addKey(number: KeyNumber, key: Sm2PrivateKey): void
  forgetKey(number: KeyNumber): void
  stop(): Promise<void>
}

interface Told {
  /** The worker can take a batch. */
  readonly onIdle: () => void
  /** The worker is gone; `served` tells whether it ever worked. */
  readonly onEnd: (served: boolean) => void
}

const lost = (): GmCryptoError =>
  new GmCryptoError('gm.worker-lost', 'a worker of the pool ended in the middle of its work')

export function startPoolWorker({ onIdle, onEnd }: Told): PoolWorker {
  const thread = new Worker(new URL('./worker.js', import.meta.url), { name: 'gm-crypto' })
  // A pool that nobody waits for does not keep the process alive.
  thread.unref()
  let batch: readonly Waiting[] = []
  let ready = false
  const post = (message: ToWorker, transfer: readonly ArrayBuffer[] = []): void =>
    thread.postMessage(message, transfer)
  thread.on('message', (message: FromWorker) => {
    if (message.type === 'ready') ready = true
    else {
      const done = batch
      batch = []
      thread.unref()
      for (const [index, { resolve, reject }] of done.entries()) {
        const outcome = message.outcomes[index]
        if (outcome === undefined) reject(lost())
        else resolve(outcome)
      }
    }
    onIdle()
  })
  // 'exit' follows and says the same; without a listener an error would end the process.
  thread.on('error', () => {})
  thread.on('exit', () => {
    for (const { reject } of batch) reject(lost())
    batch = []
    onEnd(ready)
    ready = false
  })
  return {
    get idle() {
      return ready && batch.length === 0
    },
    run(next) {
      try {
        post({ type: 'jobs', jobs: next.map(({ job }) => job) })
      } catch (error) {
        // What cannot be copied to another thread never left this one.
        for (const { reject } of next)
          reject(error instanceof Error ? error : new Error('not a job', { cause: error }))
        return
      }
      batch = next
      thread.ref()
    },
    addKey(number, key) {
      const scalar = key.exportBytes()
      // Moved, not copied: no second copy stays here.
      post({ type: 'key', key: number, scalar }, [scalar.buffer])
    },
    forgetKey: (number) => post({ type: 'forget', key: number }),
    async stop() {
      await thread.terminate()
    },
  }
}

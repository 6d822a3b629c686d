import type { Refusal } from './verify-release.ts'

/** What a page may ask of the service worker that keeps the installed package. */
export type KeeperRequest =
  /** How things stand; changes nothing. */
  | 'state'
  /** Install what the server offers, in the place of whatever is there. */
  | 'install'
  /** Check every file of the installed package now (B-7.5.3-2, B-7.5.3-3). */
  | 'check'

/** Beside what is wrong with a package: it could not be fetched. */
export type Obstacle = Refusal | 'unreachable'

export type KeeperState =
  | { readonly state: 'none' }
  | { readonly state: 'refused'; readonly at: 'install' | 'start'; readonly why: Obstacle }
  | {
      readonly state: 'ready'
      /** See `Release.id`. */
      readonly id: string
      readonly version: string
      readonly releasedAtMs: number
      /** Subject of the certificate that the package was signed with. */
      readonly publisher: string
      readonly checkedAtMs: number
      /** The last update that was offered and not taken. */
      readonly refusedUpdate?: Obstacle
    }

/** Longer than any download over a slow line that is still worth waiting for. */
const answerLimitMs = 60_000

/** Asks the service worker over a channel of its own. Rejects when it does not answer. */
export function askKeeper(
  worker: { postMessage(message: unknown, transfer: Transferable[]): void },
  request: KeeperRequest,
): Promise<KeeperState> {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel()
    const limit = AbortSignal.timeout(answerLimitMs)
    limit.addEventListener('abort', () => {
      port1.close()
      reject(new Error('the service worker does not answer'))
    })
    port1.addEventListener('message', ({ data }) => {
      port1.close()
      resolve(data as KeeperState) // our own service worker is the only one that holds the other end
    })
    port1.start()
    worker.postMessage(request, [port2])
  })
}

import { manifestFile } from '@anqu/app-package'
import type { Offer } from './app-publisher.ts'
import type { RawAnswer, RawRequest } from './interference.ts'

/** Stands before the real server and hands out other files of the app in the place of its own; notes what was asked for. */
export class OfferingServer {
  readonly #send: (request: RawRequest) => Promise<RawAnswer>
  #offer: Offer = new Map()
  #asked: string[] = []

  constructor(send: (request: RawRequest) => Promise<RawAnswer>) {
    this.#send = send
  }

  /** From here on; nothing is put in the place of what the real server has without it. */
  offer(files: Offer): void {
    this.#offer = files
    this.#asked = []
  }

  /** Files of the package asked for since the last change: what an app fetches once it took the signature. */
  get unpacked(): readonly string[] {
    return this.#asked.filter((path) => path.startsWith('/app/'))
  }

  /** Whether the signed manifest was asked for since the last change. */
  get looked(): boolean {
    return this.#asked.includes(`/${manifestFile}`)
  }

  readonly answer = async (request: RawRequest): Promise<RawAnswer> => {
    const { pathname } = new URL(request.url)
    this.#asked.push(pathname)
    const answer = await this.#send(request)
    const offered = this.#offer.get(pathname)
    return offered === undefined ? answer : { ...answer, status: 200, body: offered }
  }
}

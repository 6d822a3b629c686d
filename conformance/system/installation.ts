import {
  ClientCard,
  createClient,
  Refused,
  type AnquClient,
  type Carrier,
  type KeyboardPurpose,
  type SecretStore,
} from '@anqu/client'
import type { InputOf, OutputOf, Route } from '@anqu/contract'
import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import type { Certificate } from '@anqu/pki'
import {
  createCard,
  MemoryCard,
  SecureElement,
  type CardConnection,
  type CardOptions,
} from '@anqu/secure-element'
import { sendRaw } from './http.ts'
import type { Interference, RawAnswer, RawRequest } from './interference.ts'

export type Exchange = { readonly request: RawRequest; readonly answer: RawAnswer }

export type SecretEntry = { keyboardId: string; taps: string[] }

/** A card's source of random bytes. */
export type RandomSource = NonNullable<CardOptions['random']>

export type Applications = 'to-be-loaded' | 'preinstalled'

export type InstallationNeeds = {
  readonly baseUrl: string
  readonly anchors: readonly Certificate[]
  readonly serverName: string
  readonly clock: { nowMs(): number }
  readonly interference: () => Interference | undefined
  readonly shows: (pictureId: string) => Promise<string>
  /** Whether its card comes with the application (B-6.1-2) or is to be given it. */
  readonly applications?: Applications
  readonly random?: RandomSource
}

const kept = 400

/** One installation of the app: its key, its secure element, its cookies, and a memory of everything it exchanged. */
export class Installation {
  readonly key: Sm2PrivateKey
  readonly client: AnquClient
  readonly element: SecureElement
  /** As the app reaches it: over its own secure channel once it is provisioned. */
  readonly card: ClientCard
  readonly exchanges: Exchange[] = []
  /** Every input before it was sealed, as JSON text. */
  readonly inputs: { readonly route: string; readonly text: string }[] = []
  /** Every opened answer and refusal, as JSON text. */
  readonly answers: { readonly route: string; readonly text: string }[] = []
  readonly cookies = new Map<string, string>()
  readonly #needs: InstallationNeeds

  constructor(needs: InstallationNeeds, key = Sm2PrivateKey.generate()) {
    this.#needs = needs
    this.key = key
    const issuerRoot = needs.anchors.at(-1)?.raw ?? new Uint8Array(0)
    const { applications = 'to-be-loaded', random: source = randomBytes } = needs
    const random: RandomSource = (length) => {
      const bytes = source(length)
      needs.interference()?.drawn?.(bytes.slice())
      return bytes
    }
    const card = createCard({ storage: new MemoryCard().holder(), issuerRoot, applications, random })
    this.card = new ClientCard(disturbed(card, needs.interference), memorySecret())
    this.element = new SecureElement(this.card)
    this.client = createClient({
      carrier: this.carrier,
      anchors: needs.anchors,
      serverName: needs.serverName,
      instanceKey: key,
      clock: needs.clock,
    })
  }

  readonly carrier: Carrier = async (path, { body, headers }) => {
    const answer = await this.post(path, body, headers)
    return { status: answer.status, type: answer.headers['content-type'] ?? '', body: answer.body }
  }

  /** Sends bytes as they are, with this installation's cookies. */
  async post(path: string, body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<RawAnswer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const request: RawRequest = {
      url: `${this.#needs.baseUrl}${path}`,
      method: 'POST',
      headers: { ...headers, ...(cookie === '' ? {} : { cookie }) },
      body,
    }
    const answer = await sendRaw(request, this.#needs.interference())
    this.exchanges.push({ request, answer })
    if (this.exchanges.length > kept) this.exchanges.shift()
    for (const line of answer.cookies) this.#keepCookie(line)
    return answer
  }

  /** One declared route; refusals are thrown as Refused. */
  async call<R extends Route>(route: R, input: InputOf<R>): Promise<OutputOf<R>> {
    this.inputs.push({ route: route.name, text: JSON.stringify(input) })
    const proceed = (): Promise<unknown> => this.client.call(route, input)
    const { call } = this.#needs.interference() ?? {}
    try {
      const answer = await (call === undefined ? proceed() : call(route, input, proceed))
      this.#remember(route.name, answer)
      // An interference may hand back anything, which is what the control then has to notice.
      return answer as OutputOf<R>
    } catch (error) {
      if (error instanceof Refused)
        this.#remember(route.name, { code: error.code, zh: error.zh, en: error.en })
      throw error
    }
  }

  /** Types a secret on a fresh secure keyboard, reading the keys as a person does. */
  async enter(purpose: KeyboardPurpose, secret: string): Promise<SecretEntry> {
    const entry = await this.client.enter(purpose)
    const layout = await this.#needs.shows(entry.view.keyboardId)
    for (const character of secret) {
      const cell = layout.indexOf(character)
      if (cell === -1) throw new RangeError('the keyboard has no such key')
      entry.tap(cell)
    }
    return entry.finish()
  }

  #remember(route: string, value: unknown): void {
    this.answers.push({ route, text: JSON.stringify(value) ?? 'undefined' })
  }

  #keepCookie(line: string): void {
    const [pair = ''] = line.split(';', 1)
    const [name = '', value = ''] = pair.split('=', 2)
    if (value === '') this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}

/** Channel keys of an installation that lives as long as the run. */
function memorySecret(): SecretStore {
  let kept: Uint8Array | undefined
  return {
    load: async () => kept?.slice(),
    save: async (secret) => void (kept = secret.slice()),
  }
}

/** A card whose answers an interference may change. */
export function disturbed(
  card: CardConnection,
  interference: () => Interference | undefined,
): CardConnection {
  return {
    transmit: (command) => {
      const proceed = (): Promise<Uint8Array> => card.transmit(command)
      const disturb = interference()?.card
      return disturb === undefined ? proceed() : disturb(command, proceed)
    },
    reset: () => card.reset(),
  }
}

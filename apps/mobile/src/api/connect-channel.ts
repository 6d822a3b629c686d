import {
  browserCarrier,
  ClientCard,
  ConnectionLost,
  createClient,
  loadInstanceKey,
  paymentContainer,
  readReceipt,
  Refused,
  serveCard,
  type AnquClient,
} from '@anqu/client'
import { browserChannelKeyStore, browserInstanceKeyStore } from '@anqu/client/browser'
import { sm2Signature } from '@anqu/contract'
import { initGmCrypto } from '@anqu/gm-crypto'
import { SecureElement, SecureElementError } from '@anqu/secure-element'
import type { Clock } from '@anqu/ui'
import { askAboutPackage, requireWholeApp } from './app-package.ts'
import { bindThisDevice } from './bind-this-device.ts'
import type { CardState, ChannelApi } from './channel-api.ts'
import { connectCardWorker } from './card-worker.ts'
import { openSecret } from './open-secret.ts'
import { renewOwnCertificate, stopOwnDevice } from './own-certificate.ts'
import { pendingBindings } from './pending-binding.ts'
import { ownProblem, ProblemError } from './problem.ts'
import { loadAnchors } from './trust-anchors.ts'

/** Subject of the channel's message certificate. */
const serverName = 'anqu-channel-message'
const logoutPath = '/api/v1/sessions/logout'

/** Makes something at its first use and keeps it; a failure is not kept. */
function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let kept: Promise<Value> | undefined
  return () => {
    kept ??= make().catch((error: unknown) => {
      kept = undefined
      throw error
    })
    return kept
  }
}

/** A page that is being closed may still finish one small request: the one that ends the session (D-5.6.5-c-s2). */
const carrier: typeof browserCarrier = async (path, request) => {
  if (path !== logoutPath) return browserCarrier(path, request)
  const { headers, body } = request
  const init = { method: 'POST', redirect: 'error', credentials: 'same-origin', cache: 'no-store' } as const
  const response = await fetch(path, { ...init, headers, body: new Uint8Array(body), keepalive: true })
  const answer = new Uint8Array(await response.arrayBuffer())
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: answer }
}

/** A card without its application, or with a locked one, has no PIN and no certificate that could be used. */
const unusable: CardState = { pinSet: false, pinTriesLeft: 0, certificateSerial: undefined }
const unusableCodes: readonly string[] = ['se.not-installed', 'se.locked']

async function cardState({ card, element }: Tools): Promise<CardState> {
  if (!(await card.isProvisioned())) return unusable
  try {
    return await provisionedState(element)
  } catch (error) {
    if (error instanceof SecureElementError && unusableCodes.includes(error.code)) return unusable
    throw error
  }
}

type Tools = { readonly card: ClientCard; readonly element: SecureElement }

/** Orders and updates that wait for this card. Without the server they go on waiting, and the card works as it is. */
async function serve(client: AnquClient, card: ClientCard): Promise<void> {
  if (!(await card.isProvisioned())) return
  try {
    await serveCard(client, card)
  } catch (error) {
    if (!(error instanceof ConnectionLost) && !(error instanceof Refused)) throw error
  }
}

async function provisionedState(element: SecureElement): Promise<CardState> {
  const { pinSet, triesLeft } = await element.status()
  const certificates = await element.listCertificates()
  const own = certificates.find(({ container }) => container === paymentContainer)
  return { pinSet, pinTriesLeft: triesLeft, certificateSerial: own?.serialHex }
}

async function sign(tools: Tools, pin: Uint8Array, order: Uint8Array) {
  try {
    await requireWholeApp()
    const { certificateSerial } = await cardState(tools)
    // A card of an older version of this app, or one that was locked or emptied since.
    if (certificateSerial === undefined) throw new ProblemError(ownProblem('se.certificate-missing'))
    const signature = sm2Signature(await tools.element.sign(paymentContainer, pin, order))
    return { signature, certificateSerial }
  } finally {
    pin.fill(0)
  }
}

/** Connects pages to the channel: sealed messages to the server of this origin, and the secure element in its worker. */
export function connectChannel(clock: Clock, storage: Storage): ChannelApi {
  const client = lazily(async (): Promise<AnquClient> => {
    await initGmCrypto()
    const anchors = await loadAnchors(storage)
    const instanceKey = await loadInstanceKey(browserInstanceKeyStore)
    return createClient({ carrier, anchors, serverName, instanceKey, clock })
  })
  const pending = pendingBindings(storage)
  const tools = lazily(async (): Promise<Tools> => {
    const card = new ClientCard(connectCardWorker(), browserChannelKeyStore)
    await serve(await client(), card)
    return { card, element: new SecureElement(card) }
  })
  return {
    call: async (route, input) => (await client()).call(route, input),
    openSecret: async (purpose) => openSecret(await (await client()).enter(purpose)),
    readReceipt: async (receipt) => {
      const anchors = await loadAnchors(storage)
      return readReceipt(receipt, { anchors, intermediates: [], atMs: clock.nowMs() })
    },
    askAboutPackage,
    card: {
      state: async () => cardState(await tools()),
      isBindingPending: () => pending.load(clock.nowMs()) !== undefined,
      bind: async (request) =>
        bindThisDevice(request, {
          client: await client(),
          card: (await tools()).card,
          pending,
          anchors: await loadAnchors(storage),
          nowMs: clock.nowMs(),
        }),
      renew: async (request) =>
        renewOwnCertificate(request, {
          client: await client(),
          element: (await tools()).element,
          anchors: await loadAnchors(storage),
          nowMs: clock.nowMs(),
        }),
      stop: async (request) =>
        stopOwnDevice(request, { client: await client(), element: (await tools()).element }),
      sign: async (pin, order) => sign(await tools(), pin, order),
    },
  }
}

import {
  browserCarrier,
  createClient,
  loadInstanceKey,
  type AnquClient,
  type SecureEntry,
} from '@anqu/client'
import { browserInstanceKeyStore } from '@anqu/client/browser'
import type { InputOf, OutputOf, Route } from '@anqu/contract'
import { base64ToBytes } from '@anqu/encoding'
import { initGmCrypto } from '@anqu/gm-crypto'
import { parseCertificate, type Certificate } from '@anqu/pki'

/** All that pages may ask for. */
export type ConsoleApi = {
  call<R extends Route>(route: R, input: InputOf<R>): Promise<OutputOf<R>>
  /** A secure keyboard for the password of a member of staff. */
  enter(): Promise<SecureEntry>
}

/** Alternative name in the certificate of the channel's message key. */
const serverName = 'anqu-channel-message'

/** The console is served by the server it speaks to, on the internal listener; its roots come from there as well. */
async function fetchAnchors(): Promise<Certificate[]> {
  const response = await fetch('/trust-anchors', { cache: 'no-store', redirect: 'error' })
  const value: unknown = await response.json()
  const list: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'certificates') : undefined
  if (!Array.isArray(list) || list.length === 0) throw new Error('the server shows no roots')
  return list.map((entry: unknown) => parseCertificate(base64ToBytes(String(entry))))
}

export function connectServer(clock: { nowMs(): number }): ConsoleApi {
  let connecting: Promise<AnquClient> | undefined
  const connect = async (): Promise<AnquClient> => {
    await initGmCrypto()
    const instanceKey = await loadInstanceKey(browserInstanceKeyStore)
    return createClient({
      carrier: browserCarrier,
      anchors: await fetchAnchors(),
      serverName,
      instanceKey,
      clock,
    })
  }
  const client = (): Promise<AnquClient> => {
    connecting ??= connect().catch((error: unknown) => {
      connecting = undefined
      throw error
    })
    return connecting
  }
  return {
    call: async (route, input) => (await client()).call(route, input),
    enter: async () => (await client()).enter('staff-login'),
  }
}

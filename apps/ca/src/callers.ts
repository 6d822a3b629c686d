import path from 'node:path'
import { base64ToBytes, hexToBytes } from '@anqu/encoding'
import { sm2Verifier, Sm2PublicKey } from '@anqu/gm-crypto'
import { readIfPresent, sql, type Clock, type Db } from '@anqu/platform'
import { callHeaders, requestBytes } from './api/signed-call.ts'

/** A call that is not signed by a caller we know, in time and for the first time. One answer for all of these. */
export class UntrustedCall extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'UntrustedCall'
  }
}

export type TrustedCall = { readonly caller: string; readonly signature: string }
type Verify = (message: Uint8Array, signature: Uint8Array) => boolean
type Headers = Readonly<Record<string, string | string[] | undefined>>

const oldestMs = 5 * 60_000

export type Callers = {
  verify(path: string, headers: Headers, body: Uint8Array): Promise<TrustedCall>
  forgetNonces(): Promise<void>
}

/** Callers are enrolled by their administrator with a file `<name>.pub` (hex, uncompressed point) in `folder`. */
export function createCallers(needs: { db: Db; clock: Clock; folder: string }): Callers {
  const { db, clock, folder } = needs
  const known = new Map<string, Verify>()
  const verifierOf = async (caller: string): Promise<Verify> => {
    const found = known.get(caller)
    if (found !== undefined) return found
    const text = await readIfPresent(path.join(folder, `${caller}.pub`))
    if (text === undefined) throw new UntrustedCall('no such caller')
    const verify = sm2Verifier(Sm2PublicKey.fromBytes(hexToBytes(text.trim())))
    known.set(caller, verify)
    return verify
  }
  return {
    async verify(route, headers, body) {
      const read = (name: string, form: RegExp): string => {
        const value = headers[name]
        if (typeof value !== 'string' || !form.test(value)) throw new UntrustedCall(`header ${name}`)
        return value
      }
      const caller = read(callHeaders.caller, /^[a-z0-9-]{1,40}$/)
      const timestamp = read(callHeaders.timestamp, /^[0-9]{1,15}$/)
      const nonce = read(callHeaders.nonce, /^[0-9a-f]{32}$/)
      const signature = read(callHeaders.signature, /^[A-Za-z0-9+/]{86}==$/)
      if (Math.abs(clock.nowMs() - Number(timestamp)) > oldestMs) throw new UntrustedCall('time')
      const verify = await verifierOf(caller)
      if (!verify(requestBytes({ path: route, caller, timestamp, nonce }, body), base64ToBytes(signature)))
        throw new UntrustedCall('signature')
      const fresh = await db.execute(
        sql`insert into call_nonce (nonce, at_ms) values (${`${caller}:${nonce}`}, ${clock.nowMs()}) on conflict do nothing`,
      )
      if (fresh === 0) throw new UntrustedCall('replayed')
      return { caller, signature }
    },
    async forgetNonces() {
      await db.execute(sql`delete from call_nonce where at_ms < ${clock.nowMs() - 2 * oldestMs}`)
    },
  }
}

import { bytesToHex } from '@anqu/encoding'
import { buildOcspResponse, privateKeySigner, type OcspAnswer, type OcspRequest } from '@anqu/pki'
import type { Clock, Db } from '@anqu/platform'
import { policy } from '@anqu/policy'
import type { AuthorityKey } from '../keys/authority-keys.ts'
import { createStateReader } from './certificate-states.ts'

export type SignedAnswer = {
  readonly der: Buffer
  readonly fromMs: number
  readonly untilMs: number
  /** Both times as HTTP headers have them. */
  readonly fromText: string
  readonly untilText: string
  /** Whether all of the serials were issued here. */
  readonly known: boolean
}

const validMs = policy.certificate.ocspValidMs

/** Signs what the database says now. `signer` is the key of this moment; it is replaced before its certificate ends. */
export function createAnswerSigner(needs: {
  readonly db: Db
  readonly clock: Clock
  readonly signer: () => AuthorityKey
}): (request: OcspRequest) => Promise<SignedAnswer> {
  const { clock } = needs
  const stateOf = createStateReader(needs.db)
  return async ({ certIds, nonce }) => {
    // Taken before the state is read, so that the answer never claims to be newer than what it says.
    const fromMs = clock.nowMs()
    const untilMs = fromMs + validMs
    const answers = await Promise.all(
      certIds.map(async (certId): Promise<OcspAnswer> => {
        const state = await stateOf(bytesToHex(certId.serial))
        return { certId, state, thisUpdateMs: fromMs, nextUpdateMs: untilMs }
      }),
    )
    const { key, certificate: responder } = needs.signer()
    const der = await buildOcspResponse({
      answers,
      producedAtMs: fromMs,
      ...(nonce ? { nonce } : {}),
      responder,
      sendResponder: 'with-certificate',
      signer: privateKeySigner(key),
    })
    const known = answers.every(({ state }) => state.status !== 'unknown')
    const [fromText, untilText] = [new Date(fromMs).toUTCString(), new Date(untilMs).toUTCString()]
    return { der: Buffer.from(der), fromMs, untilMs, fromText, untilText, known }
  }
}

import { base64ToBytes, bytesToBase64, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign, sm2Verify, Sm2PrivateKey, Sm2PublicKey } from '@anqu/gm-crypto'
import type { Clock } from '@anqu/platform'
import { answerBytes, headers, requestBytes } from './wire.ts'

interface Tampering {
  readonly key?: Sm2PrivateKey
  readonly channelId?: string
  readonly signedPath?: string
  readonly sentBody?: string
  readonly timestamp?: string
}

/** The channel's side of the wire, written from the README; `send` can be told to do each thing wrong. */
export async function createTestChannel(url: string, clock: Clock, ownId = 'test') {
  const key = Sm2PrivateKey.generate()
  const register = (publicKey = key.publicKey.bytes, channelId = ownId) =>
    fetch(`${url}/v1/channels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ channelId, publicKey: bytesToBase64(publicKey) }),
    })
  await register()
  const { publicKey } = (await (await fetch(`${url}/v1/bank-key`)).json()) as { publicKey: string } // checked just below
  const bank = Sm2PublicKey.fromBytes(base64ToBytes(publicKey))

  const send = async (path: string, input: object, wrong: Tampering = {}) => {
    const body = JSON.stringify(input)
    const channelId = wrong.channelId ?? ownId
    const timestamp = wrong.timestamp ?? String(clock.nowMs())
    const signed = requestBytes({ path: wrong.signedPath ?? path, channelId, timestamp }, utf8ToBytes(body))
    const requestSignature = bytesToBase64(sm2Sign(wrong.key ?? key, signed))
    const response = await fetch(url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [headers.channelId]: channelId,
        [headers.timestamp]: timestamp,
        [headers.signature]: requestSignature,
      },
      body: wrong.sentBody ?? body,
    })
    const text = await response.text()
    const answerTime = response.headers.get(headers.timestamp) ?? ''
    const expected = answerBytes(
      { status: response.status, requestSignature, timestamp: answerTime },
      utf8ToBytes(text),
    )
    const signature = base64ToBytes(response.headers.get(headers.signature) ?? '')
    return {
      status: response.status,
      body: JSON.parse(text) as Record<string, unknown>,
      authentic: sm2Verify(bank, expected, signature),
    }
  }
  return { send, register, bankKey: publicKey }
}

import { concatBytes, utf8ToBytes } from '@anqu/encoding'

/** Headers of a signed call and of its signed answer. */
export const callHeaders = {
  caller: 'anqu-caller',
  timestamp: 'anqu-timestamp',
  nonce: 'anqu-nonce',
  signature: 'anqu-signature',
} as const

/** The bytes a caller signs: path, who, when, a nonce that is accepted once, and the body as sent. */
export function requestBytes(
  call: {
    readonly path: string
    readonly caller: string
    readonly timestamp: string
    readonly nonce: string
  },
  body: Uint8Array,
): Uint8Array {
  const head = `anqu-ca-request-v1\nPOST ${call.path}\n${call.caller}\n${call.timestamp}\n${call.nonce}\n`
  return concatBytes(utf8ToBytes(head), body)
}

/** The bytes the CA signs; the request's signature is among them, so an answer fits one request only. */
export function answerBytes(
  answer: { readonly status: number; readonly requestSignature: string },
  body: Uint8Array,
): Uint8Array {
  return concatBytes(utf8ToBytes(`anqu-ca-answer-v1\n${answer.status}\n${answer.requestSignature}\n`), body)
}

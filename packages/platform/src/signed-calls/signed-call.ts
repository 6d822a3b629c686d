import { concatBytes, utf8ToBytes } from '@anqu/encoding'

/** Headers of a signed call and of its signed answer. */
export const callHeaders = {
  caller: 'anqu-caller',
  timestamp: 'anqu-timestamp',
  nonce: 'anqu-nonce',
  signature: 'anqu-signature',
} as const

/** What one call says of itself beside its body. */
export type CallHead = {
  readonly path: string
  readonly caller: string
  readonly timestamp: string
  readonly nonce: string
}

/**
 * The bytes a caller signs: path, who, when, a nonce that is accepted once, and the body as sent. `protocol` names the
 * service (`anqu-tsm`), so that a call to one of our processes means nothing to another.
 */
export function requestBytes(protocol: string, call: CallHead, body: Uint8Array): Uint8Array {
  const head = `${protocol}-request-v1\nPOST ${call.path}\n${call.caller}\n${call.timestamp}\n${call.nonce}\n`
  return concatBytes(utf8ToBytes(head), body)
}

/** The bytes the service signs; the request's signature is among them, so an answer fits one request only. */
export function answerBytes(
  protocol: string,
  answer: { readonly status: number; readonly requestSignature: string },
  body: Uint8Array,
): Uint8Array {
  const head = `${protocol}-answer-v1\n${answer.status}\n${answer.requestSignature}\n`
  return concatBytes(utf8ToBytes(head), body)
}

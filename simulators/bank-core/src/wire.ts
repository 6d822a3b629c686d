import { concatBytes, utf8ToBytes } from '@anqu/encoding'
import { z } from 'zod'

/** What travels between a channel and this bank. The README describes it for whoever writes the other side. */

export const headers = {
  channelId: 'bank-channel-id',
  timestamp: 'bank-timestamp',
  signature: 'bank-signature',
} as const

/** The bytes a channel signs: method, path, channel, time (ms) and the body exactly as it is sent. */
export function requestBytes(
  parts: { readonly path: string; readonly channelId: string; readonly timestamp: string },
  body: Uint8Array,
): Uint8Array {
  const head = `bank-request-v1\nPOST ${parts.path}\n${parts.channelId}\n${parts.timestamp}\n`
  return concatBytes(utf8ToBytes(head), body)
}

/**
 * The bytes the bank signs. The request's signature is among them, and SM2 signatures never repeat, so an answer belongs to
 * one request only and an old one cannot stand in for it.
 */
export function answerBytes(
  parts: { readonly status: number; readonly requestSignature: string; readonly timestamp: string },
  body: Uint8Array,
): Uint8Array {
  const head = `bank-answer-v1\n${parts.status}\n${parts.requestSignature}\n${parts.timestamp}\n`
  return concatBytes(utf8ToBytes(head), body)
}

const idempotencyKey = z.string().regex(/^[A-Za-z0-9:_-]{8,128}$/)
const channelId = z.string().regex(/^[a-z0-9-]{1,40}$/)

export const registerChannel = z.strictObject({
  channelId,
  /** Uncompressed SM2 point, 65 bytes, base64. */
  publicKey: z.base64().length(88),
})

export const findAccount = z.strictObject({
  name: z.string().min(1).max(60),
  idNumber: z.string().min(1).max(30),
  phone: z.string().min(1).max(20),
  /** The channel's own mark for this request. */
  reference: z.string().max(64),
})

export const debitOrder = z.strictObject({
  idempotencyKey,
  accountToken: z.string().min(1).max(80),
  /** 分, decimal text, greater than zero. */
  amountFen: z.string().regex(/^[1-9][0-9]{0,15}$/),
  payeeAccount: z.string().min(1).max(60),
  purpose: z.string().max(140),
})

export const debitKey = z.strictObject({ idempotencyKey })

export type FindAnswer =
  | { readonly outcome: 'found'; readonly accountToken: string; readonly maskedAccount: string }
  | { readonly outcome: 'not-found' }

export type DebitReason = 'insufficient-funds' | 'no-account' | 'key-barred' | 'key-reused'
export type DebitAnswer =
  | {
      readonly outcome: 'done'
      readonly bankReference: string
      readonly amountFen: string
      readonly atMs: number
    }
  | { readonly outcome: 'refused'; readonly reason: DebitReason }
  /** The debit was made and taken back. */
  | {
      readonly outcome: 'reversed'
      readonly bankReference: string
      readonly amountFen: string
      readonly atMs: number
    }
  /** No money moved under this key, and none ever will. */
  | { readonly outcome: 'barred' }
  | { readonly outcome: 'not-found' }

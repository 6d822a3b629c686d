import {
  base64ToBytes,
  bytesToBase64,
  bytesToUtf8,
  concatBytes,
  ParseError,
  utf8ToBytes,
} from '@anqu/encoding'
import { GmCryptoError, sm2Sign, sm2Verifier, type Sm2PrivateKey, Sm2PublicKey } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { Refusal } from '@anqu/contract'
import { sql, type Clock, type Db } from '@anqu/platform'
import { z } from 'zod'
import type { StepOutcome } from '../../operations/index.ts'
import type { BankCore } from './bank-core.ts'

const channelId = 'anqu'
const maxAnswerBytes = 64 * 1024
const decimal = z.string().regex(/^[0-9]{1,16}$/)
const moved = { bankReference: z.string().max(80), amountFen: decimal, atMs: z.number() }
const debitAnswer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done'), ...moved }),
  z.object({ outcome: z.literal('refused'), reason: z.string().max(40) }),
  z.object({ outcome: z.literal('reversed'), ...moved }),
  z.object({ outcome: z.literal('barred') }),
  z.object({ outcome: z.literal('not-found') }),
])
const findAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('found'),
    accountToken: z.string().max(80),
    maskedAccount: z.string().max(80),
  }),
  z.object({ outcome: z.literal('not-found') }),
])

/** The bank did not answer, or its answer cannot be trusted. Nothing is known about what it did. */
class NoAnswer extends Error {}

type Needs = { db: Db; clock: Clock; url: string; key: Sm2PrivateKey }

/**
 * The bank core over HTTP. Requests are signed by the channel; an answer counts only when the bank's pinned key signed it
 * together with our request's signature, so an old or foreign answer is no answer at all (D-5.6.2-d.1).
 */
export async function createHttpBankCore(needs: Needs): Promise<BankCore> {
  const call = createSignedCall(needs)
  const outcomeAt = async (
    path: string,
    body: object,
    orderedFen: bigint,
  ): Promise<StepOutcome | { kind: 'not-found' }> => {
    try {
      return outcomeOf(debitAnswer.parse(await call(path, body)), orderedFen)
    } catch (error) {
      if (isNoAnswer(error)) return { kind: 'unknown', why: error.message.slice(0, 120) }
      throw error
    }
  }
  return {
    async findAccount(payer, reference) {
      const answer = await orUnavailable(async () =>
        findAnswer.parse(await call('/v1/accounts/find', { ...payer, reference })),
      )
      return answer.outcome === 'found'
        ? { token: answer.accountToken, masked: answer.maskedAccount }
        : undefined
    },
    async debit(order) {
      const body = { ...order, amountFen: order.amountFen.toString() }
      const outcome = await outcomeAt('/v1/debits', body, order.amountFen)
      return outcome.kind === 'not-found'
        ? { kind: 'unknown', why: 'the bank does not know its own debit' }
        : outcome
    },
    query: ({ idempotencyKey, amountFen }) => outcomeAt('/v1/debits/query', { idempotencyKey }, amountFen),
    async cancel({ idempotencyKey, amountFen }) {
      const outcome = await outcomeAt('/v1/debits/cancel', { idempotencyKey }, amountFen)
      // Reversed, barred and refused all mean: this key has no effect, now and later. A debit that stands is not cancelled.
      if (outcome.kind === 'refused') return { kind: 'done', result: 'no effect' }
      return outcome.kind === 'unknown' || outcome.kind === 'disputed'
        ? outcome
        : { kind: 'unknown', why: 'the bank did not take the cancellation' }
    },
  }
}

const unreadable = [z.ZodError, SyntaxError, ParseError, GmCryptoError] as const

/** Silence, an answer nobody vouches for, or one that cannot be read: in each case nothing is known. */
const isNoAnswer = (error: unknown): error is Error =>
  error instanceof NoAnswer || unreadable.some((kind) => error instanceof kind)

/** Where no money is under way yet, a bank that cannot be reached is a refusal, and not a fault of ours. */
async function orUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (isNoAnswer(error)) throw new Refusal('server.unavailable', error.message.slice(0, 120))
    throw error
  }
}

function outcomeOf(
  answer: z.infer<typeof debitAnswer>,
  orderedFen: bigint,
): StepOutcome | { kind: 'not-found' } {
  // The bank booked, or gave back, something else than was ordered: our books must not follow either of the two figures.
  if ('amountFen' in answer && BigInt(answer.amountFen) !== orderedFen)
    return { kind: 'disputed', why: 'the bank names another amount than was ordered' }
  switch (answer.outcome) {
    case 'done':
      return { kind: 'done', result: answer.bankReference }
    case 'not-found':
      return { kind: 'not-found' }
    default:
      return { kind: 'refused', code: 'payment.declined' }
  }
}

function createSignedCall({ db, clock, url, key }: Needs): (path: string, body: object) => Promise<unknown> {
  let introduced: Promise<(message: Uint8Array, signature: Uint8Array) => boolean> | undefined
  const verifierOf = (): Promise<(message: Uint8Array, signature: Uint8Array) => boolean> => {
    introduced ??= introduce({ db, clock, url, key }).catch((error: unknown) => {
      introduced = undefined
      throw error
    })
    return introduced
  }
  return async (path, body) => {
    const verify = await verifierOf()
    const bytes = utf8ToBytes(JSON.stringify(body))
    const timestamp = String(clock.nowMs())
    const head = utf8ToBytes(`bank-request-v1\nPOST ${path}\n${channelId}\n${timestamp}\n`)
    const signature = bytesToBase64(sm2Sign(key, concatBytes(head, bytes)))
    const { status, headers, answer } = await post(`${url}${path}`, bytes, {
      'bank-channel-id': channelId,
      'bank-timestamp': timestamp,
      'bank-signature': signature,
    })
    const answerHead = `bank-answer-v1\n${status}\n${signature}\n${headers.get('bank-timestamp') ?? ''}\n`
    const signed = concatBytes(utf8ToBytes(answerHead), answer)
    const given = headers.get('bank-signature') ?? ''
    if (!/^[A-Za-z0-9+/]{86}==$/.test(given) || !verify(signed, base64ToBytes(given)))
      throw new NoAnswer(`answer ${status} is not signed by the bank`)
    return JSON.parse(bytesToUtf8(answer))
  }
}

const post = (url: string, body: Uint8Array, headers: Record<string, string>): Promise<Answered> =>
  ask(url, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

type Answered = { status: number; headers: Headers; answer: Uint8Array }

async function ask(url: string, request: RequestInit): Promise<Answered> {
  try {
    const response = await fetch(url, {
      ...request,
      signal: AbortSignal.timeout(policy.payments.bankTimeoutMs),
    })
    const answer = new Uint8Array(await response.arrayBuffer())
    if (answer.length > maxAnswerBytes) throw new NoAnswer('the answer is too long')
    return { status: response.status, headers: response.headers, answer }
  } catch (error) {
    if (error instanceof NoAnswer) throw error
    throw new NoAnswer(`no answer: ${error instanceof Error ? error.name : 'unknown'}`)
  }
}

/** Registers our key with the bank and pins the bank's, once; a bank that shows another key later is refused. */
async function introduce({
  db,
  clock,
  url,
  key,
}: Needs): Promise<(message: Uint8Array, signature: Uint8Array) => boolean> {
  const registration = await post(
    `${url}/v1/channels`,
    utf8ToBytes(JSON.stringify({ channelId, publicKey: bytesToBase64(key.publicKey.bytes) })),
    {},
  )
  if (registration.status !== 200) throw new NoAnswer(`the bank refused our key: ${registration.status}`)
  const { answer } = await ask(`${url}/v1/bank-key`, {})
  const shown = z.object({ publicKey: z.string().max(200) }).parse(JSON.parse(bytesToUtf8(answer)))
  // Judged before it is pinned: what is no key must not stay as one.
  const { bytes } = Sm2PublicKey.fromBytes(base64ToBytes(shown.publicKey))
  await db.execute(sql`
    insert into party_key (party, public_key, pinned_at_ms) values ('bank-core', ${bytes}, ${clock.nowMs()}) on conflict (party) do nothing`)
  const pinned = await db.one<{ public_key: Uint8Array }>(
    sql`select public_key from party_key where party = 'bank-core'`,
  )
  if (Buffer.compare(pinned.public_key, bytes) !== 0)
    throw new NoAnswer('the bank shows another key than the pinned one')
  return sm2Verifier(Sm2PublicKey.fromBytes(new Uint8Array(pinned.public_key)))
}

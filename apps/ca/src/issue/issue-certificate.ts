import { base64ToBytes, bytesToBase64, bytesToHex, equalBytes, ParseError } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { buildCertificate, PkiError, privateKeySigner, randomSerial } from '@anqu/pki'
import { sql, type Clock, type Db } from '@anqu/platform'
import type { z } from 'zod'
import type { issueAnswer, issueRequest, serverRequest, staffRequest } from '../api/schemas.ts'
import type { AuthorityKeys } from '../keys/authority-keys.ts'
import type { ProfileStore } from '../profiles/profile-store.ts'
import {
  extensionsOf,
  profileOfPurpose,
  purposesOf,
  validMsOf,
  type ProfileName,
} from '../profiles/profiles.ts'
import type { Shards } from '../publication/shards.ts'
import { Refused } from '../refused.ts'
import { endOf, openTransition } from '../profiles/transition.ts'
import { provenRequest, type ProvenRequest } from './proven-request.ts'
import type { NewCertificate, Register } from './register-certificates.ts'

/** A request this CA does not issue for. One answer for every reason; the reason is in the log. */
const notIssued = (why: string): Refused => new Refused('not-issued', why)

export type IssueNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly keys: AuthorityKeys
  readonly profiles: ProfileStore
  readonly shards: Shards
  readonly register: Register
}
type Answer = z.infer<typeof issueAnswer>
export type Order = {
  readonly profile: ProfileName
  readonly csr: string
  readonly caller: string
  readonly idempotencyKey: string
  readonly correlationId: string
  readonly registration: { accountId: string; holder: string; terminalId: string } | null
  /** The common name the request must have: nothing a client may choose. */
  readonly subject: string | null
  readonly holder?: string
  readonly renews?: string
}

const clockSkewMs = 5 * 60_000

/** Issues a customer's certificate and registers serial ↔ account, holder, terminal (B-7.3.1.2-1, B-7.3.1.2-2). */
export const issueCustomer = (
  needs: IssueNeeds,
  input: z.infer<typeof issueRequest>,
  caller: string,
): Promise<Answer> => {
  const { accountId, holder, terminalId, ...rest } = input
  return issue(needs, {
    ...rest,
    caller,
    registration: { accountId, holder, terminalId },
    subject: terminalId,
  })
}

/** Issues a certificate for a server of the caller, of the caller's own kinds only. The same key gets the same certificate. */
export async function issueServer(
  needs: IssueNeeds,
  { csr, purpose }: z.infer<typeof serverRequest>,
  caller: string,
): Promise<Answer> {
  if (!purposesOf[caller]?.includes(purpose)) throw notIssued('the purpose is not this caller’s')
  return issue(needs, {
    profile: profileOfPurpose[purpose],
    csr,
    caller,
    idempotencyKey: `server:${purpose}:${bytesToBase64(sm3(base64ToBytes(csr)))}`,
    correlationId: purpose,
    registration: null,
    subject: null,
  })
}

export const issueStaff = (
  needs: IssueNeeds,
  input: z.infer<typeof staffRequest>,
  caller: string,
): Promise<Answer> => issue(needs, { ...input, caller, registration: null, subject: input.holder })

async function readRequest(
  { profiles, clock }: IssueNeeds,
  der: Uint8Array,
  { profile, subject, renews }: Order,
): Promise<ProvenRequest> {
  // Who has a key of a transitional kind gets no new one of it: a renewal is the step to SM2 (A-9.5-7).
  const allowed = renews === undefined ? openTransition(profiles.current(profile), clock.nowMs()) : []
  try {
    const csr = await provenRequest(der, allowed)
    const names = csr.subject.filter(({ type }) => type === 'CN').map(({ value }) => value)
    if (subject !== null && (names.length !== 1 || names[0] !== subject))
      throw notIssued('the request names another subject')
    if (csr.subject.some(({ type }) => type === 'UID')) throw notIssued('the request names its holder itself')
    return csr
  } catch (error) {
    if (error instanceof ParseError || error instanceof PkiError) throw notIssued(error.message)
    throw error
  }
}

type Draft = Pick<
  NewCertificate,
  'serialHex' | 'shard' | 'profileVersion' | 'der' | 'notBeforeMs' | 'notAfterMs'
>

async function sign(
  needs: IssueNeeds,
  { profile: name, registration }: Order,
  csr: ProvenRequest,
): Promise<Draft> {
  const { clock, keys, profiles, shards } = needs
  const profile = profiles.current(name)
  const serial = randomSerial()
  const serialHex = bytesToHex(serial)
  const { shard, places } = shards.placeOf(serialHex)
  const notBeforeMs = clock.nowMs() - clockSkewMs
  const notAfterMs = Math.min(
    clock.nowMs() + validMsOf(profile),
    keys.issuing.certificate.notAfterMs,
    endOf(profile, csr.keyAlgorithm),
  )
  const der = await buildCertificate({
    serial,
    // B-5.1-3: who holds it, by the pseudonym it is registered under.
    subject: registration ? [...csr.subject, { type: 'UID', value: registration.holder }] : csr.subject,
    publicKey: csr.publicKeyInfo,
    notBeforeMs,
    notAfterMs,
    extensions: extensionsOf(profile, places),
    issuer: keys.issuing.certificate,
    signer: privateKeySigner(keys.issuing.key),
  })
  return {
    serialHex,
    shard,
    profileVersion: profile.version,
    der,
    notBeforeMs,
    notAfterMs,
  }
}

/** Issues for an order; the same order again gets the same certificate. */
export async function issue(needs: IssueNeeds, order: Order): Promise<Answer> {
  const request = base64ToBytes(order.csr)
  const requestDigest = sm3(request)
  const csr = await readRequest(needs, request, order)
  const draft = await sign(needs, order, csr)
  const registered = await needs.register({
    ...draft,
    profile: order.profile,
    accountId: order.registration?.accountId ?? null,
    holder: order.registration?.holder ?? order.holder ?? null,
    terminalId: order.registration?.terminalId ?? null,
    caller: order.caller,
    idempotencyKey: order.idempotencyKey,
    requestDigest,
    publicKey: csr.storedKey,
    keyAlgorithm: csr.keyAlgorithm,
    correlationId: order.correlationId,
    renews: order.renews ?? null,
  })
  if (registered)
    return answer(
      { serial: draft.serialHex, der: draft.der, not_after_ms: BigInt(draft.notAfterMs) },
      needs.keys,
    )
  // Somebody was there before: the same order, or an order at the same moment whose row this statement could not see.
  const before = await find(needs.db, order)
  if (before === undefined)
    throw notIssued('the key is registered to another account or terminal, or is blocked')
  if (!equalBytes(before.request_digest, requestDigest))
    throw notIssued('the idempotency key was used for another request')
  return answer(before, needs.keys)
}

type Issued = { serial: string; der: Uint8Array; not_after_ms: bigint }

const find = (db: Db, order: Order) =>
  db.maybe<Issued & { request_digest: Uint8Array }>(sql`
    select serial, der, not_after_ms, request_digest from certificate
    where caller = ${order.caller} and idempotency_key = ${order.idempotencyKey}`)

const answer = (issued: Issued, keys: AuthorityKeys): Answer => ({
  serial: issued.serial,
  certificate: bytesToBase64(issued.der),
  chain: [bytesToBase64(keys.issuing.certificate.raw)],
  notAfterMs: Number(issued.not_after_ms),
})

import { base64ToBytes, bytesToBase64, ParseError } from '@anqu/encoding'
import { sm2Sign, sm3 } from '@anqu/gm-crypto'
import { buildCertificate, parseCsr, PkiError, randomSerial, verifyCsr, type Csr } from '@anqu/pki'
import { sql, uuidv7, type Clock, type Db, type Transaction } from '@anqu/platform'
import type { z } from 'zod'
import type { issueAnswer, issueRequest, serverRequest } from './api/schemas.ts'
import type { AuthorityKeys } from './authority-keys.ts'
import { profiles, purposesOf, type Profile } from './profiles.ts'

/** A request this CA does not issue for. One answer for every reason; the reason is in the event log. */
export class NotIssued extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'NotIssued'
  }
}

export type IssueNeeds = { readonly db: Db; readonly clock: Clock; readonly keys: AuthorityKeys }
type Answer = z.infer<typeof issueAnswer>
type Order = {
  profile: Profile
  csr: string
  caller: string
  idempotencyKey: string
  correlationId: string
  registration: { accountId: string; holder: string; terminalId: string } | null
}

const clockSkewMs = 5 * 60_000

/** Issues a customer's signing certificate and registers serial ↔ account, holder, terminal (B-7.3.1.2-1, B-7.3.1.2-2). */
export const issueCustomer = (
  needs: IssueNeeds,
  input: z.infer<typeof issueRequest>,
  caller: string,
): Promise<Answer> =>
  issue(needs, {
    profile: profiles.customerSigning,
    csr: input.csr,
    caller,
    idempotencyKey: input.idempotencyKey,
    correlationId: input.correlationId,
    registration: { accountId: input.accountId, holder: input.holder, terminalId: input.terminalId },
  })

/** Issues a certificate for a server of the caller, of the caller's own kinds only. The same key gets the same certificate. */
export async function issueServer(
  needs: IssueNeeds,
  input: z.infer<typeof serverRequest>,
  caller: string,
): Promise<Answer> {
  if (!purposesOf[caller]?.includes(input.purpose)) throw new NotIssued('the purpose is not this caller’s')
  return issue(needs, {
    profile: profiles[input.purpose],
    csr: input.csr,
    caller,
    idempotencyKey: `server:${input.purpose}:${bytesToBase64(sm3(base64ToBytes(input.csr)))}`,
    correlationId: input.purpose,
    registration: null,
  })
}

function readRequest(der: Uint8Array): Csr {
  try {
    const csr = parseCsr(der)
    if (!verifyCsr(csr)) throw new NotIssued('the request is not signed by its key')
    return csr
  } catch (error) {
    if (error instanceof ParseError || error instanceof PkiError) throw new NotIssued(error.message)
    throw error
  }
}

async function issue(needs: IssueNeeds, order: Order): Promise<Answer> {
  const { db, clock, keys } = needs
  const request = base64ToBytes(order.csr)
  const digest = sm3(request)
  const csr = readRequest(request)
  const nowMs = clock.nowMs()
  return db.transaction(async (tx) => {
    const before = await find(tx, order)
    if (before !== undefined) {
      if (Buffer.compare(before.request_digest, digest) !== 0)
        throw new NotIssued('the key was used for another request')
      return answer(before, keys)
    }
    if (order.registration !== null) await assertRegistrable(tx, csr, order.registration)
    const serial = randomSerial()
    const notAfterMs = Math.min(nowMs + order.profile.validMs, keys.issuing.certificate.notAfterMs)
    const der = await buildCertificate({
      serial,
      subject: csr.subject,
      publicKey: csr.publicKey,
      notBeforeMs: nowMs - clockSkewMs,
      notAfterMs,
      extensions: order.profile.extensions,
      issuer: keys.issuing.certificate,
      signer: {
        publicKey: keys.issuing.key.publicKey,
        sign: (message) => sm2Sign(keys.issuing.key, message),
      },
    })
    const { accountId = null, holder = null, terminalId = null } = order.registration ?? {}
    const serialHex = Buffer.from(serial).toString('hex')
    await tx.execute(sql`
      insert into certificate (serial, profile, account_id, holder, terminal_id, caller, idempotency_key, request_digest,
        public_key, der, state, not_before_ms, not_after_ms, issued_at_ms, correlation_id)
      values (${serialHex}, ${order.profile.name}, ${accountId}, ${holder}, ${terminalId}, ${order.caller},
        ${order.idempotencyKey}, ${digest}, ${csr.publicKey.bytes}, ${der}, 'good', ${nowMs - clockSkewMs}, ${notAfterMs},
        ${nowMs}, ${order.correlationId})`)
    await tx.execute(sql`
      insert into ca_event (event_id, at_ms, event, caller, serial, outcome, correlation_id)
      values (${uuidv7(nowMs)}, ${nowMs}, 'issued', ${order.caller}, ${serialHex}, 'success', ${order.correlationId})`)
    return answer({ serial: serialHex, der, not_after_ms: BigInt(notAfterMs) }, keys)
  })
}

/**
 * The subject is the terminal of the registration and nothing a client may choose; and a key belongs to one account and
 * terminal only (B-7.3.1.2-2).
 */
async function assertRegistrable(
  tx: Transaction,
  csr: Csr,
  registration: { accountId: string; terminalId: string },
): Promise<void> {
  const names = csr.subject.filter(({ type }) => type === 'CN').map(({ value }) => value)
  if (names.length !== 1 || names[0] !== registration.terminalId)
    throw new NotIssued('the request names another subject than the terminal')
  const other = await tx.query<{ serial: string }>(sql`
    select serial from certificate where public_key = ${csr.publicKey.bytes}
      and (account_id is distinct from ${registration.accountId}::uuid or terminal_id is distinct from ${registration.terminalId}::uuid)
    limit 1`)
  if (other.length > 0) throw new NotIssued('the key is registered to another account or terminal')
}

type Issued = { serial: string; der: Uint8Array; not_after_ms: bigint }

const find = (tx: Transaction, order: Order) =>
  tx.maybe<Issued & { request_digest: Uint8Array }>(sql`
    select serial, der, not_after_ms, request_digest from certificate
    where caller = ${order.caller} and idempotency_key = ${order.idempotencyKey}`)

const answer = (issued: Issued, keys: AuthorityKeys): Answer => ({
  serial: issued.serial,
  certificate: bytesToBase64(issued.der),
  chain: [bytesToBase64(keys.issuing.certificate.raw)],
  notAfterMs: Number(issued.not_after_ms),
})

import {
  Refusal,
  type InputOf,
  type operationsConfirm,
  type operationsPicture,
  type operationsSecondPassword,
  type OutputOf,
} from '@anqu/contract'
import { base64ToBytes, bytesToHex } from '@anqu/encoding'
import { constantTimeEqual, sm3 } from '@anqu/gm-crypto'
import { sql } from '@anqu/platform'
import { allowedSignature } from '../../http/allowed-signature.ts'
import type { RequestContext } from '../../http/bound-route.ts'
import { operationEvent } from './audit-events.ts'
import type { OperationDefinition, Owner } from './define-operation.ts'
import type { OperationNeeds } from './needs.ts'
import { findOwned, lockOperation, move, planSteps, type OperationRow } from './store/operation-store.ts'

/** Names the one order a code or a picture was made for (D-5.2.1.1-d.2, product decision "bound to amount and payee"). */
export const orderBinding = (row: Pick<OperationRow, 'order_bytes'>): string =>
  bytesToHex(sm3(row.order_bytes))

/** The caller's own, unexpired operation in one of the states asked for. */
export async function requireOperation(
  needs: Pick<OperationNeeds, 'db' | 'clock'>,
  operationId: string,
  owner: Owner,
  states: readonly OperationRow['state'][],
): Promise<OperationRow> {
  const row = await findOwned(needs.db, operationId, owner.accountId)
  if (row === undefined || row.device_id !== owner.deviceId) throw new Refusal('operation.not-found')
  if (row.expires_at_ms <= BigInt(needs.clock.nowMs()) && ['prepared', 'challenged'].includes(row.state))
    throw new Refusal('operation.expired')
  if (!states.includes(row.state)) throw new Refusal('operation.wrong-state', `is ${row.state}`)
  return row
}

/** The second password; only after it may a code be asked for (C-6.3.2-c). */
export async function giveSecondPassword(
  needs: OperationNeeds,
  request: { input: InputOf<typeof operationsSecondPassword>; owner: Owner; context: RequestContext },
): Promise<OperationRow> {
  const { db, clock, audit } = needs
  const { input, owner, context } = request
  const row = await requireOperation(needs, input.operationId, owner, ['prepared'])
  await needs.verifyTransactionPassword(owner.accountId, input.secret, context)
  return db.transaction(async (tx) => {
    const locked = await lockOperation(tx, row.operation_id)
    if (locked.state !== 'prepared') throw new Refusal('operation.wrong-state', `is ${locked.state}`)
    await move(tx, locked, {
      to: 'challenged',
      atMs: clock.nowMs(),
      why: 'risk acknowledged, second password given',
    })
    await audit.recordIn(
      tx,
      operationEvent(row, { event: 'operation.second-password', outcome: 'success', origin: context.origin }),
    )
    return { ...locked, state: 'challenged' }
  })
}

/** The confirmation picture shows payee and amount and is the captcha at once (B-7.5.9.3-1). */
export async function showPicture(
  needs: OperationNeeds,
  request: { operationId: string; owner: Owner },
): Promise<OutputOf<typeof operationsPicture>> {
  const row = await requireOperation(needs, request.operationId, request.owner, ['challenged'])
  return needs.pictures.issueConfirmation({
    payee: row.payee,
    amountFen: row.amount_fen,
    binding: orderBinding(row),
  })
}

type Confirmation = { input: InputOf<typeof operationsConfirm>; owner: Owner; context: RequestContext }
type Signed = Confirmation & { signature: Uint8Array }

/**
 * Everything is verified once and burnt: code, picture, the order's bytes, and the SE signature through the CA. Only
 * then is the limit taken and the operation authorised. A failure is counted towards the lock of C-6.3.3-e-s3.
 */
export async function authorise(
  needs: OperationNeeds,
  definition: OperationDefinition,
  request: Confirmation,
): Promise<OperationRow> {
  const { owner, input } = request
  const row = await requireOperation(needs, input.operationId, owner, [
    'challenged',
    'authorised',
    'executing',
    'unknown',
    'done',
    'refused',
    'reversed',
    'held',
  ])
  // A confirmation that arrives twice answers with what became of the first one; nothing runs again.
  if (row.state !== 'challenged') return row
  // Before anything is burnt or computed.
  const signature = allowedSignature(input.signature)
  await needs.transactionGuard.begin(owner.accountId)
  try {
    await verifyEverything(needs, row, { ...request, signature })
  } catch (error) {
    // An outage is nobody's error: it must not bring a customer closer to a lock.
    if (!(error instanceof Refusal) || !counted.has(error.code))
      await needs.transactionGuard.passed(owner.accountId)
    else
      await needs.audit.record(
        operationEvent(row, {
          event: 'operation.confirmation-refused',
          outcome: 'failure',
          origin: request.context.origin,
          why: error.code,
        }),
      )
    throw error
  }
  await needs.transactionGuard.passed(owner.accountId)
  return takeLimitAndAuthorise(needs, definition, row, { ...request, signature })
}

const counted: ReadonlySet<string> = new Set([
  'factor.rejected',
  'factor.picture-rejected',
  'operation.signature-rejected',
])

async function verifyEverything(needs: OperationNeeds, row: OperationRow, request: Signed): Promise<void> {
  const { input, owner, context, signature } = request
  const binding = orderBinding(row)
  await needs.pictures.verify({ pictureId: input.pictureId, answer: input.pictureAnswer, binding })
  await needs.verifyOtp(
    { otpId: input.otpId, otp: input.otp, purpose: 'operation', binding },
    owner.accountId,
    context,
  )
  // What was signed must be what we hold, byte for byte: an amount changed on the way ends here.
  if (!constantTimeEqual(base64ToBytes(input.order), row.order_bytes)) {
    await needs.audit.record({
      ...operationEvent(row, {
        event: 'client.invalid-signature',
        outcome: 'failure',
        origin: context.origin,
        why: 'The signed order differs from the prepared one',
      }),
      eventClass: 'client-anomaly',
    })
    throw new Refusal('operation.signature-rejected', 'the order differs from the prepared one')
  }
  await needs.verifySignature({
    accountId: owner.accountId,
    deviceId: owner.deviceId,
    certificateSerial: input.certificateSerial,
    message: row.order_bytes,
    signature,
    correlationId: row.operation_id,
  })
}

async function takeLimitAndAuthorise(
  needs: OperationNeeds,
  definition: OperationDefinition,
  row: OperationRow,
  request: Signed,
): Promise<OperationRow> {
  const { db, clock, audit, limits } = needs
  const { input, owner, context, signature } = request
  return db.transaction(async (tx) => {
    const locked = await lockOperation(tx, row.operation_id)
    if (locked.state !== 'challenged') return locked
    const atMs = clock.nowMs()
    if (locked.expires_at_ms <= BigInt(atMs)) throw new Refusal('operation.expired')
    await limits.reserveIn(tx, {
      operationId: row.operation_id,
      accountId: owner.accountId,
      category: definition.limitCategory,
      amountFen: row.amount_fen,
    })
    await move(tx, locked, {
      to: 'authorised',
      atMs,
      why: 'code, picture and signature verified',
      set: sql`certificate_serial = ${input.certificateSerial}, signature = ${signature}`,
    })
    await planSteps(
      tx,
      row.operation_id,
      definition.outside.map((step) => step.name),
      atMs,
    )
    await audit.recordIn(
      tx,
      operationEvent(row, {
        event: 'operation.authorised',
        outcome: 'success',
        origin: context.origin,
        fields: { certificateSerial: input.certificateSerial },
      }),
    )
    return { ...locked, state: 'authorised', certificate_serial: input.certificateSerial }
  })
}

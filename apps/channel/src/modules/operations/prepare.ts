import { canonicalBytes, Refusal, type InputOf, type operationsPrepare, type OutputOf } from '@anqu/contract'
import { bytesToHex, bytesToUtf8 } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { uuidv7 } from '@anqu/platform'
import type { RequestContext } from '../../http/bound-route.ts'
import type { OperationDefinition, Owner, Prepared } from './define-operation.ts'
import { mayMoveMoney, releasedVersions } from './domain/client-version.ts'
import { operationEvent } from './audit-events.ts'
import type { OperationNeeds } from './needs.ts'
import { findByKey, insertOperation } from './store/operation-store.ts'
import { preparedView } from './view.ts'

type Input = InputOf<typeof operationsPrepare>
type Output = OutputOf<typeof operationsPrepare>

/**
 * The bytes the customer is shown and the SE signs: account, payee, amount, time and what is bought (B-7.3.2.1-4).
 * The operation's id makes every order different, so a signature fits one order only.
 */
function orderBytes(
  operation: { id: string; type: string; atMs: number; owner: Owner },
  prepared: Prepared,
): Uint8Array {
  return canonicalBytes({
    purpose: 'anqu.order.v1',
    operationId: operation.id,
    type: operation.type,
    orderedAtMs: operation.atMs,
    accountId: operation.owner.accountId,
    deviceId: operation.owner.deviceId,
    payer: prepared.payerAccount,
    payee: prepared.payee,
    payeeAccount: prepared.payeeAccount,
    amountFen: prepared.amountFen.toString(),
    currency: 'CNY',
    facts: prepared.facts,
  })
}

/** State `prepared`: schema, permission, version and limits checked, the order fixed, nothing moved yet. */
export async function prepareOperation(
  needs: OperationNeeds,
  definition: OperationDefinition,
  request: { input: Input; owner: Owner; context: RequestContext },
): Promise<Output> {
  const { db, clock, audit } = needs
  const { input, owner, context } = request
  if (!mayMoveMoney(input.clientVersion, releasedVersions, policy.operations.maxVersionsBehind))
    throw new Refusal('client.too-old', input.clientVersion)
  const parsed = definition.input.safeParse(input.input)
  if (!parsed.success)
    throw new Refusal('request.malformed', `operation input: ${parsed.error.issues[0]?.path.join('.')}`)
  const inputDigest = bytesToHex(
    sm3(canonicalBytes({ type: definition.type, input: JSON.stringify(parsed.data) })),
  )
  const before = await findByKey(db, owner.accountId, input.idempotencyKey)
  if (before !== undefined) {
    if (before.input_digest !== inputDigest) throw new Refusal('request.conflict')
    return preparedView(before, definition)
  }
  const prepared = await definition.prepare(parsed.data, owner)
  await needs.limits.assertWithin(owner.accountId, definition.limitCategory, prepared.amountFen)
  const atMs = clock.nowMs()
  const id = uuidv7(clock.nowMs())
  const row = await db.transaction(async (tx) => {
    const stored = await insertOperation(tx, {
      operation_id: id,
      account_id: owner.accountId,
      device_id: owner.deviceId,
      type: definition.type,
      idempotency_key: input.idempotencyKey,
      input_digest: inputDigest,
      facts: bytesToUtf8(canonicalBytes({ facts: prepared.facts, lines: [...prepared.lines] })),
      order_bytes: orderBytes({ id, type: definition.type, atMs, owner }, prepared),
      payee: prepared.payee,
      amount_fen: prepared.amountFen,
      created_at_ms: BigInt(atMs),
      expires_at_ms: BigInt(atMs + policy.operations.confirmWithinMs),
    })
    if (stored.input_digest !== inputDigest) throw new Refusal('request.conflict')
    await audit.recordIn(
      tx,
      operationEvent(stored, { event: 'operation.prepared', outcome: 'success', origin: context.origin }),
    )
    return stored
  })
  return preparedView(row, definition)
}

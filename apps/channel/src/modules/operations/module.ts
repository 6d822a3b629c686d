import {
  operationsConfirm,
  operationsGet,
  operationsList,
  operationsPicture,
  operationsPrepare,
  operationsSecondPassword,
  Refusal,
} from '@anqu/contract'
import { sql } from '@anqu/platform'
import { bind, customerOf, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import { authorise, giveSecondPassword, orderBinding, requireOperation, showPicture } from './authorise.ts'
import type { OperationDefinition, Owner } from './define-operation.ts'
import { expireOperations } from './expire.ts'
import type { OperationNeeds } from './needs.ts'
import { prepareOperation } from './prepare.ts'
import { runSaga } from './run-saga.ts'
import { findOpen, findOwned, listOwned, type OperationRow } from './store/operation-store.ts'
import { viewOf } from './view.ts'

const listLength = 50
const resumeBatch = 20

export type Operations = {
  readonly routes: BoundRoute[]
  readonly definitions: readonly OperationDefinition[]
  /** Takes up every operation that is authorised, executing, unknown or held, whose time has come, and that nobody works on. */
  resume(): Promise<number>
  expire(): Promise<void>
  /** Runs one operation on now, whatever its waiting time. */
  requery(operationId: string): Promise<void>
  /** The order a code is asked for; only after the second password (C-6.3.2-c). */
  otpBinding(
    operationId: string,
    owner: Owner,
  ): Promise<{ binding: string; payee: string; amountFen: bigint }>
}

/** Operations run on the customer's bound device only (C-6.3.3-b-s2). */
function ownerOf(context: RequestContext): Owner {
  const { accountId, deviceId } = customerOf(context)
  if (deviceId === null) throw new Refusal('device.not-bound')
  return { accountId, deviceId }
}

/** The pipeline every operation passes. It knows no business: definitions are handed in. */
export function createOperations(
  needs: OperationNeeds,
  definitions: readonly OperationDefinition[],
): Operations {
  const { db, clock } = needs
  const byType = new Map(definitions.map((definition) => [definition.type, definition]))
  const definitionOf = (type: string): OperationDefinition => {
    const definition = byType.get(type)
    if (definition === undefined) throw new Refusal('operation.not-found', `type ${type}`)
    return definition
  }
  const run = async (operationId: string, type: string): Promise<void> =>
    runSaga(needs, definitionOf(type), operationId)
  const runById = async (operationId: string): Promise<void> => {
    const { type } = await db.one<{ type: string }>(
      sql`select type from operation where operation_id = ${operationId}`,
    )
    await run(operationId, type)
  }
  return {
    definitions,
    async resume() {
      const open = await findOpen(db, clock.nowMs(), resumeBatch)
      for (const operationId of open) await runById(operationId)
      return open.length
    },
    expire: () => expireOperations(needs),
    async requery(operationId) {
      // Only a waiting operation may be hurried; the lease of one that is being worked on stays.
      await db.execute(
        sql`update operation set lease_until_ms = 0 where operation_id = ${operationId} and state in ('unknown', 'held')`,
      )
      await runById(operationId)
    },
    async otpBinding(operationId, owner) {
      const row = await requireOperation(needs, operationId, owner, ['prepared', 'challenged'])
      if (row.state === 'prepared') throw new Refusal('factor.not-ready')
      return { binding: orderBinding(row), payee: row.payee, amountFen: row.amount_fen }
    },
    routes: customerRoutes(needs, { definitionOf, run }),
  }
}

type Pipeline = {
  definitionOf: (type: string) => OperationDefinition
  run: (operationId: string, type: string) => Promise<void>
}

function customerRoutes(needs: OperationNeeds, { definitionOf, run }: Pipeline): BoundRoute[] {
  const view = (row: OperationRow) => ({ operation: viewOf(row, definitionOf(row.type)) })
  const reload = async (operationId: string, owner: { accountId: string }): Promise<OperationRow> => {
    const row = await findOwned(needs.db, operationId, owner.accountId)
    if (row === undefined) throw new Refusal('operation.not-found')
    return row
  }
  return [
    bind(operationsPrepare, (input, context) =>
      prepareOperation(needs, definitionOf(input.type), { input, owner: ownerOf(context), context }),
    ),
    bind(operationsSecondPassword, async (input, context) =>
      view(await giveSecondPassword(needs, { input, owner: ownerOf(context), context })),
    ),
    bind(operationsPicture, ({ operationId }, context) =>
      showPicture(needs, { operationId, owner: ownerOf(context) }),
    ),
    bind(operationsConfirm, async (input, context) => {
      const owner = ownerOf(context)
      const { type } = await reload(input.operationId, owner)
      const row = await authorise(needs, definitionOf(type), { input, owner, context })
      if (row.state === 'authorised') await run(row.operation_id, type)
      const answer = view(await reload(row.operation_id, owner))
      return { ...answer, expiryNotice: await needs.expiryNotice(input.certificateSerial) }
    }),
    bind(operationsGet, async ({ operationId }, context) => {
      return view(await reload(operationId, customerOf(context)))
    }),
    bind(operationsList, async (_input, context) => {
      const rows = await listOwned(needs.db, customerOf(context).accountId, listLength)
      return { operations: rows.map((row) => viewOf(row, definitionOf(row.type))) }
    }),
  ]
}

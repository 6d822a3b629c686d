import { Customer, type LiveSystem } from '@anqu/conformance/system'
import { ConnectionLost, Refused } from '@anqu/client'
import { operationsGet, type OutputOf } from '@anqu/contract'

type Operation = OutputOf<typeof operationsGet>['operation']

/** What one customer tried: every operation it knows of, whatever became of it. */
export type Attempts = { readonly customer: Customer; readonly operations: Set<string>; paid: number }

/** True for what a client meets while the server is down or was just restarted; anything else is a failure of the test. */
const isOutage = (error: unknown): boolean =>
  error instanceof ConnectionLost ||
  (error instanceof Refused &&
    [
      'message.unknown-channel',
      'server.unavailable',
      'session.required',
      'factor.rejected',
      'factor.picture-rejected',
      'request.too-often',
      'operation.wrong-state',
      'factor.locked',
      'limit.exceeded',
      'operation.locked',
    ].includes(error.code)) ||
  (error instanceof Error && /fetch failed|answered 404|no text message/.test(error.message))

/** One attempt to pay; remembers the operation before it is confirmed, so that none can be forgotten. */
export async function tryToPay(attempts: Attempts): Promise<void> {
  const { customer } = attempts
  try {
    const challenged = await customer.challenged()
    attempts.operations.add(challenged.prepared.operation.operationId)
    const operation = await customer.confirm(challenged)
    if (operation.state === 'done') attempts.paid += 1
  } catch (error) {
    if (!isOutage(error)) throw error
  }
}

/** The final state of an operation, asked for until there is one. */
export async function finalState(
  system: LiveSystem,
  customer: Customer,
  operationId: string,
  withinMs: number,
): Promise<Operation> {
  const untilMs = system.clock.nowMs() + withinMs
  for (;;) {
    const { operation } = await customer.app.call(operationsGet, { operationId })
    const open = ['authorised', 'executing', 'unknown'].includes(operation.state)
    if (!open || system.clock.nowMs() > untilMs) return operation
    await system.pause(250)
  }
}

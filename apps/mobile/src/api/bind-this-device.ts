import {
  bindDevice,
  Refused,
  type AnquClient,
  type BindingStep,
  type ClientCard,
  type PendingBinding,
} from '@anqu/client'
import type { Certificate } from '@anqu/pki'
import { readEnvironment } from '../features/environment.ts'
import type { BindingRequest } from './channel-api.ts'
import type { PendingBindings } from './pending-binding.ts'
import { catalogued, ProblemError } from './problem.ts'

/** Which step is under way once the SDK reported one as done: three of the card (B-6.1), ten of the certificate (B-6.2.2). */
export const stepAfter = {
  authenticated: 2,
  'card-identified': 3,
  'card-opened': 4,
  'card-personalised': 5,
  'key-pair': 6,
  request: 7,
  submitted: 8,
  issued: 10,
  checked: 11,
  installed: 13,
  proven: 13,
  bound: 14,
} as const satisfies Record<BindingStep, number>

type BindingTools = {
  readonly client: AnquClient
  readonly card: ClientCard
  readonly pending: PendingBindings
  readonly anchors: readonly Certificate[]
  readonly nowMs: number
}

/** Runs the binding, or goes on with one that was cut off. The PIN's bytes are wiped whatever happens. */
export async function bindThisDevice(
  request: BindingRequest,
  { client, card, pending, anchors, nowMs }: BindingTools,
): Promise<{ readonly deviceId: string }> {
  const { pin, onStep } = request
  try {
    const bound = await bindDevice(client, card, {
      start: startOf(request, pending.load(nowMs)),
      pin: new TextDecoder().decode(pin),
      anchors,
      nowMs,
      onStep: (step) => onStep(stepAfter[step]),
      onPending: (now) => pending.save(now),
    })
    pending.forget()
    return bound
  } catch (error) {
    // Somebody else's, or of no use any more: the next attempt starts with a code.
    if (error instanceof Refused && ended.includes(error.code)) pending.forget()
    throw error
  } finally {
    pin.fill(0)
  }
}

const ended: readonly string[] = ['device.binding-failed', 'device.already-bound', 'certificate.refused']

function startOf(
  { label, code }: BindingRequest,
  kept: PendingBinding | undefined,
): Parameters<typeof bindDevice>[2]['start'] {
  if (code !== undefined) return { label, environment: readEnvironment(), ...code }
  if (kept === undefined) throw new ProblemError(catalogued('device.binding-failed'))
  return { resume: kept }
}

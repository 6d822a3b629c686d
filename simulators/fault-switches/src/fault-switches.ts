import { z } from 'zod'

/**
 * What a party can do wrong:
 * - `down`: the connection breaks before anything is done
 * - `slow`: done and answered after `delayMs`
 * - `timeout-after-commit`: done, but the answer never comes; the connection breaks after `delayMs`
 * - `duplicate-answer`: the answer is written twice onto the connection
 * - `stale-answer`: the answer to the request before, instead of this one's
 * - `wrong-signature`: a right answer under a signature that does not verify
 * - `wrong-amount`: done as ordered, but the signed answer names another amount
 * - `lost`: accepted, and then nothing happens
 */
export const faultNames = [
  'down',
  'slow',
  'timeout-after-commit',
  'duplicate-answer',
  'stale-answer',
  'wrong-signature',
  'wrong-amount',
  'lost',
] as const
export type FaultName = (typeof faultNames)[number]

export const faultOrder = z.strictObject({
  fault: z.enum(faultNames),
  /** For how many calls, or `always` until it is switched off. */
  times: z.union([z.literal('always'), z.int().min(1).max(1_000_000)]).default(1),
  /** For `slow` and `timeout-after-commit`. */
  delayMs: z.int().min(0).max(600_000).default(2_000),
  /** Which calls; all of them when left out. */
  on: z.array(z.string().max(40)).max(20).optional(),
})
export type FaultOrder = z.input<typeof faultOrder>
export type ActiveFault = z.output<typeof faultOrder>

export interface FaultSwitches {
  switchOn(order: FaultOrder): void
  switchOff(): void
  active(): readonly ActiveFault[]
  /** The faults this call meets; each counts down by one. */
  meet(call: string): ReadonlyMap<FaultName, ActiveFault>
}

/** Reads `down`, `slow:always:2000` or `wrong-signature:3` (fault, times, delay), as a setting carries it. */
export function parseFault(text: string): FaultOrder {
  const [fault = '', times = '1', delayMs] = text.split(':')
  return faultOrder.parse({
    fault,
    times: times === 'always' ? 'always' : Number(times),
    ...(delayMs === undefined ? {} : { delayMs: Number(delayMs) }),
  })
}

/** A setting that switches a fault on from the start. */
export const faultSetting = () =>
  z
    .string()
    .transform((text, context) => {
      try {
        return parseFault(text)
      } catch {
        context.addIssue({
          code: 'custom',
          message: 'must be fault, times and delay, for example slow:always:2000',
        })
        return z.NEVER
      }
    })
    .optional()

/** Switches of one stand-in, all off but those given. */
export function createFaultSwitches(
  supported: readonly FaultName[],
  initial: readonly FaultOrder[] = [],
): FaultSwitches {
  let faults: ActiveFault[] = []
  const switchOn = (order: FaultOrder): void => {
    const fault = faultOrder.parse(order)
    if (!supported.includes(fault.fault)) throw new RangeError(`this stand-in knows no fault ${fault.fault}`)
    faults.push(fault)
  }
  initial.forEach(switchOn)
  return {
    switchOn,
    switchOff: () => {
      faults = []
    },
    active: () => faults,
    meet(call) {
      const met = new Map<FaultName, ActiveFault>()
      faults = faults.flatMap((fault) => {
        if (met.has(fault.fault) || !(fault.on?.includes(call) ?? true)) return [fault]
        met.set(fault.fault, fault)
        if (fault.times === 'always') return [fault]
        return fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []
      })
      return met
    },
  }
}

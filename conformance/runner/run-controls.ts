import { setImmediate } from 'node:timers/promises'
import type { LiveSystem } from '../system/live-system.ts'
import { areaOf, type Control } from './control.ts'
import {
  ControlSkipped,
  createEvidenceChain,
  evidenceFor,
  type EvidenceChain,
  type EvidenceRecord,
} from './evidence.ts'

export type Outcome = 'passed' | 'failed' | 'skipped'

export type ControlResult = {
  readonly control: Control
  readonly area: string
  readonly outcome: Outcome
  /** Why it failed or was skipped. */
  readonly reason: string | null
  readonly startedAtMs: number
  readonly durationMs: number
  readonly evidence: readonly EvidenceRecord[]
}

export type Run = {
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly results: readonly ControlResult[]
  readonly chain: EvidenceChain
}

async function runControl(
  control: Control,
  system: LiveSystem,
  chain: EvidenceChain,
): Promise<ControlResult> {
  const startedAtMs = system.clock.nowMs()
  const first = chain.records.length
  const evidence = evidenceFor(chain, control.id)
  const result = (outcome: Outcome, reason: string | null): ControlResult => ({
    control,
    area: areaOf(control.id),
    outcome,
    reason,
    startedAtMs,
    durationMs: system.clock.nowMs() - startedAtMs,
    evidence: chain.records.slice(first),
  })
  // A check that only computes holds everything else up: connections that ended meanwhile are noticed before the next begins.
  for (let turn = 0; turn < 2; turn += 1) await setImmediate()
  try {
    await control.check(system, evidence)
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    if (error instanceof ControlSkipped) return result('skipped', error.message)
    // A check that breaks has proven nothing, so it counts as failed, and says how it broke.
    // The refusing record itself says what was met.
    if (chain.records.at(-1)?.kind !== 'failure' || chain.records.length === first)
      chain.add({ control: control.id, kind: 'failure', what: '检查未能完成', data: reason.slice(0, 400) })
    return result('failed', reason.slice(0, 400))
  }
  if (evidence.proofs() === 0) {
    chain.add({ control: control.id, kind: 'failure', what: '检查未留下任何证明', data: {} })
    return result('failed', '检查未留下任何证明')
  }
  return result('passed', null)
}

/** Runs the controls one after another against the live system. */
export async function runControls(
  controls: readonly Control[],
  system: LiveSystem,
  onResult: (result: ControlResult) => void = () => undefined,
): Promise<Run> {
  const startedAtMs = system.clock.nowMs()
  const chain = createEvidenceChain(system.clock)
  const results: ControlResult[] = []
  await system.fixtures.earlyPicture()
  for (const control of controls) {
    const result = await runControl(control, system, chain)
    results.push(result)
    onResult(result)
  }
  return { startedAtMs, finishedAtMs: system.clock.nowMs(), results, chain }
}

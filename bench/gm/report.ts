import type { Timing } from './measure.ts'

/** `ours` must take at most 1/ratio of the time of the fastest of `peers`. */
export interface Target {
  readonly ours: string
  readonly peers: readonly string[]
  readonly ratio: number
}

export interface Group {
  readonly title: string
  readonly timings: readonly Timing[]
  readonly targets: readonly Target[]
  /** Bytes one operation works on, to print a rate. */
  readonly bytes?: number
}

function find(group: Group, name: string): number {
  return group.timings.find((timing) => timing.name === name)?.micros ?? Number.NaN
}

/** How many times faster ours is than the fastest of the target's peers. */
export function reached(group: Group, target: Target): number {
  const best = Math.min(
    ...target.peers.map((name) => find(group, name)).filter((micros) => !Number.isNaN(micros)),
  )
  return best / find(group, target.ours)
}

/** On a page some peers are missing; a target without any is no target. */
export const isJudged = (group: Group, { peers }: Target): boolean =>
  group.timings.some(({ name }) => peers.includes(name))

/** Prints a table with its ratios, and against their marks if these were set for the place it runs in. */
export function printGroup(group: Group, shown: 'marks' | 'ratios' = 'marks'): void {
  console.log(`\n${group.title}`)
  for (const { name, micros } of group.timings) {
    const rate = group.bytes === undefined ? '' : `${(group.bytes / micros).toFixed(0).padStart(8)} MB/s`
    const perSecond = Math.round(1e6 / micros).toLocaleString('en')
    console.log(
      `  ${name.padEnd(28)}${micros.toFixed(2).padStart(10)} µs${perSecond.padStart(12)} ops/s${rate}`,
    )
  }
  for (const target of group.targets.filter((one) => isJudged(group, one))) {
    const ratio = reached(group, target)
    const mark = ratio >= target.ratio ? 'reached' : 'MISSED'
    const peers = target.peers.length === 1 ? target.peers[0] : 'the best peer'
    const verdict = shown === 'marks' ? ` (at least ${target.ratio}): ${mark}` : ''
    console.log(`  → ${target.ours}: ${ratio.toFixed(2)} × ${peers}${verdict}`)
  }
}

/** Number of targets missed. */
export function judge(results: readonly { group: Group; target: Target | undefined }[]): number {
  return results.filter(
    ({ group, target }) => target !== undefined && !(reached(group, target) >= target.ratio),
  ).length
}

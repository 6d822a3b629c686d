export type Measured = {
  readonly perSecond: number
  /** Processor time of the process that did it, for each; the database's is not in it. */
  readonly cpuMicros: number
}

/** What was measured beside the floor of its own parts, in one run. */
export type Ratio = {
  readonly title: string
  readonly unit: string
  readonly floor: Measured & { readonly name: string }
  readonly ours: Measured & { readonly name: string }
  /** Ours over the floor, at least. */
  readonly mark: number
}

export const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN

const shown = (value: number): string => Math.round(value).toLocaleString('en').padStart(10)

/** Prints it; whether the mark is reached. */
export function report({ title, unit, floor, ours, mark }: Ratio): boolean {
  const ratio = ours.perSecond / floor.perSecond
  const reached = ratio >= mark
  console.log(`\n${title}`)
  for (const { name, perSecond, cpuMicros } of [floor, ours])
    console.log(`  ${name.padEnd(64)}${shown(perSecond)} ${unit}/s${shown(cpuMicros)} µs of processor`)
  console.log(
    `  → ${ratio.toFixed(2)} of the floor (at least ${mark.toFixed(2)}): ${reached ? 'reached' : 'MISSED'}; ` +
      `by processor time ${(floor.cpuMicros / ours.cpuMicros).toFixed(2)}`,
  )
  return reached
}

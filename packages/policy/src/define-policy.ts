/** One resolved value: what it is, which clauses stand behind it, and why it is what it is. */
export type PolicyEntry = {
  readonly path: string
  readonly value: unknown
  readonly clauses: readonly string[]
  readonly why: string
}

class Value<T> {
  readonly value: T
  readonly clauses: readonly string[]
  readonly why: string

  constructor(value: T, clauses: readonly string[], why: string) {
    this.value = value
    this.clauses = clauses
    this.why = why
  }
}

type Group = Readonly<Record<string, Value<unknown>>>
type Plain<G extends Record<string, Group>> = {
  readonly [Area in keyof G]: {
    readonly [Name in keyof G[Area]]: G[Area][Name] extends Value<infer T> ? T : never
  }
}

/** A policy value. `clauses` may be empty only where the texts leave the value open to us; `why` then says so. */
export const value = <const T>(what: T, clauses: readonly string[], why: string): Value<T> =>
  new Value(what, clauses, why)

/** Splits the declaration into the plain frozen values the code uses and the entries that documents and checks read. */
export function definePolicy<const G extends Record<string, Group>>(
  groups: G,
): { policy: Plain<G>; entries: readonly PolicyEntry[] } {
  const entries: PolicyEntry[] = []
  const policy: Record<string, Record<string, unknown>> = {}
  for (const [area, group] of Object.entries(groups)) {
    const values: Record<string, unknown> = {}
    for (const [name, { value: what, clauses, why }] of Object.entries(group)) {
      values[name] = what
      entries.push(Object.freeze({ path: `${area}.${name}`, value: what, clauses, why }))
    }
    policy[area] = Object.freeze(values)
  }
  // Built above from exactly these groups, one plain value for each declared one.
  return { policy: Object.freeze(policy) as Plain<G>, entries: Object.freeze(entries) }
}

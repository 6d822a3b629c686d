import type { ClauseId } from './clauses/clause-ids.ts'
import { captcha, keyboard, otp, password, phoneChange } from './settings/factors.ts'
import { lockout, login, session } from './settings/login.ts'
import { algorithms, certificate, device, keys, message, payments } from './settings/messages.ts'
import { audit, insurance, limits, masking, operations } from './settings/operations.ts'
import type { Setting } from './settings/setting.ts'

const groups = {
  login,
  lockout,
  session,
  otp,
  captcha,
  password,
  keyboard,
  phoneChange,
  message,
  algorithms,
  keys,
  certificate,
  device,
  operations,
  payments,
  limits,
  insurance,
  masking,
  audit,
}

type Groups = typeof groups
type ValueOf<S> = S extends Setting<infer Value> ? Value : never

/** The plain values: `policy.otp.digits` is 6. */
export type Policy = {
  readonly [Group in keyof Groups]: {
    readonly [Name in keyof Groups[Group]]: ValueOf<Groups[Group][Name]>
  }
}

/** `otp.digits`, `session.idleMs` … */
export type PolicyPath = {
  [Group in keyof Groups & string]: `${Group}.${keyof Groups[Group] & string}`
}[keyof Groups & string]

export type PolicyEntry = {
  readonly path: PolicyPath
  readonly value: unknown
  readonly clauses: readonly ClauseId[]
  /** Why the value is what it is. */
  readonly zh: string
  readonly en: string
}

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freeze(inner)
    Object.freeze(value)
  }
  return value
}

/** Every value of the policy with the clauses behind it, in the order of the groups. */
export const policyEntries: readonly PolicyEntry[] = /* @__PURE__ */ freeze(
  Object.entries<Record<string, Setting<unknown>>>(groups).flatMap(([group, settings]) =>
    Object.entries(settings).map(([name, { value, clauses, zh, en }]) => ({
      // The path is built from the very keys its type lists.
      path: `${group}.${name}` as PolicyPath,
      value,
      clauses,
      zh,
      en,
    })),
  ),
)

/**
 * The resolved policy: the strictest reading of four standards as one frozen object of plain values. Times are in ms,
 * money in fen. A deployment may be stricter than this, never looser.
 */
export const policy: Policy = /* @__PURE__ */ freeze(
  Object.fromEntries(
    Object.entries<Record<string, Setting<unknown>>>(groups).map(([group, settings]) => [
      group,
      Object.fromEntries(Object.entries(settings).map(([name, { value }]) => [name, value])),
    ]),
  ) as Policy, // mapped value by value from the same groups the type maps
)

function entryOf(path: PolicyPath): PolicyEntry {
  const found = policyEntries.find((entry) => entry.path === path)
  if (found === undefined) throw new RangeError(`there is no setting ${path}`)
  return found
}

/** The clauses that ask for a value, and the reason in both languages. */
export const clausesOf = (path: PolicyPath): Pick<PolicyEntry, 'clauses' | 'zh' | 'en'> => {
  const { clauses, zh, en } = entryOf(path)
  return { clauses, zh, en }
}

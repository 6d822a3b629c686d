import type { ClauseId } from './clause-ids.ts'

/**
 * A 电子社会保障卡服务渠道接入安全技术规范 · B JR/T 0093.6—2015 · C JR/T 0225—2021 · D 保险数字科技支付应用安全管理要求.
 */
export type Standard = 'A' | 'B' | 'C' | 'D'

/** How binding: 应/不得 · 宜 · 可. */
export type ClauseLevel = 'must' | 'should' | 'may'

/** `runtime` can be proved against a running system; the others by a build, a deployment or a record of people's work. */
export type ClauseKind = 'runtime' | 'build' | 'deploy' | 'process'

export type ClauseParty =
  | 'all'
  | 'client'
  | 'server'
  | 'se'
  | 'ca'
  | 'tsm'
  | 'pboc'
  | 'bank-core'
  | 'national-platform'
  | 'ops'
  | 'org'

/** One normative clause. The texts are ours; where they and the standard differ, the standard decides. */
export type Clause = {
  readonly id: ClauseId
  readonly standard: Standard
  /** Number and heading of the section in the standard. */
  readonly section: string
  readonly level: ClauseLevel
  readonly party: ClauseParty
  readonly kind: ClauseKind
  readonly area: string
  readonly requirement: string
  readonly zh: string
  /** A way to prove it. */
  readonly verify: string
  /** From an informative annex: described, not required. */
  readonly informative?: true
}

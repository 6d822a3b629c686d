import type { Clause, ClauseKind, Standard } from './clause.ts'
import type { ClauseId } from './clause-ids.ts'
import { clausesA } from './standard-a.ts'
import { clausesB } from './standard-b.ts'
import { clausesC } from './standard-c.ts'
import { clausesD } from './standard-d.ts'

/** Names of the four standards. */
export const standards: Readonly<Record<Standard, { readonly title: string; readonly en: string }>> = {
  A: {
    title: '电子社会保障卡服务渠道接入安全技术规范',
    en: 'Security specification for service channels of the electronic social security card',
  },
  B: {
    title: 'JR/T 0093.6—2015 中国金融移动支付 远程支付应用 第6部分：基于安全单元（SE）的安全服务技术规范',
    en: 'JR/T 0093.6—2015 Remote payment: security services based on a secure element',
  },
  C: {
    title: 'JR/T 0225—2021 保险移动应用信息安全基本要求',
    en: 'JR/T 0225—2021 Information security of insurance mobile applications',
  },
  D: {
    title: '保险数字科技支付应用安全管理要求',
    en: 'Security management of insurance digital payment applications',
  },
}

/** All 1,165 clauses in the order of the standards. */
export const allClauses: readonly Clause[] = [...clausesA, ...clausesB, ...clausesC, ...clausesD]

const byId: ReadonlyMap<string, Clause> = /* @__PURE__ */ new Map(
  allClauses.map((entry) => [entry.id, entry]),
)

export const isClauseId = (id: string): id is ClauseId => byId.has(id)

export function clause(id: ClauseId): Clause {
  const found = byId.get(id)
  if (found === undefined) throw new RangeError(`there is no clause ${id}`)
  return found
}

export type ClauseFilter = {
  readonly standard?: Standard
  readonly kind?: ClauseKind
  readonly area?: string
}

/** The clauses that fit every given field, in the order of the standards. */
export const clausesBy = ({ standard, kind, area }: ClauseFilter): readonly Clause[] =>
  allClauses.filter(
    (entry) =>
      (standard === undefined || entry.standard === standard) &&
      (kind === undefined || entry.kind === kind) &&
      (area === undefined || entry.area === area),
  )

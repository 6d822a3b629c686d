import { Pill, useTexts } from '@anqu/ui'
import { dayOf } from '../certificates/certificate-filters.ts'
import { algorithmNames } from '../certificates/transition-fields.tsx'
import { transitionTexts } from '../certificates/transition-texts.ts'
import type { Proposal } from './shown-digest.ts'
import { approvalTexts } from './approval-texts.ts'

export type Parameters = NonNullable<Proposal['before']>
export type KeyUsage = Parameters['keyUsage'][number]

const keyUsages: readonly string[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
] satisfies KeyUsage[]
export const isKeyUsage = (text: string): text is KeyUsage => keyUsages.includes(text)

/** Key usages in words, in one order whatever order they are stored in. */
export function useUsageText(): (usages: readonly KeyUsage[]) => string {
  const a = useTexts(approvalTexts)
  return (usages) =>
    usages
      .toSorted()
      .map((usage) => a(usage))
      .join('、')
}

export const sameUsage = (left: readonly KeyUsage[], right: readonly KeyUsage[]): boolean =>
  left.toSorted().join() === right.toSorted().join()

/** `ECDSA P-256 · 2027-06-30 · owner`, one after another. */
function useTransitionText(): (entries: Parameters['transitional']) => string {
  const t = useTexts(transitionTexts)
  return (entries) =>
    (entries ?? [])
      .map(
        ({ algorithm, untilMs, owner }) => `${algorithmNames[algorithm]} · ${dayOf(untilMs - 1)} · ${owner}`,
      )
      .join('；') || t('sm2Only')
}

/** What a profile has beside what it is to have; what differs is marked. */
export const ParametersTable = ({ before, after }: { before: Parameters; after: Parameters }) => {
  const a = useTexts(approvalTexts)
  const usage = useUsageText()
  const transition = useTransitionText()
  const t = useTexts(transitionTexts)
  const rows = [
    {
      name: a('validDays'),
      old: String(before.validDays),
      next: String(after.validDays),
      changed: before.validDays !== after.validDays,
    },
    {
      name: a('nearExpiryDays'),
      old: String(before.nearExpiryDays),
      next: String(after.nearExpiryDays),
      changed: before.nearExpiryDays !== after.nearExpiryDays,
    },
    {
      name: a('keyUsage'),
      old: usage(before.keyUsage),
      next: usage(after.keyUsage),
      changed: !sameUsage(before.keyUsage, after.keyUsage),
    },
    {
      name: t('legend'),
      old: transition(before.transitional),
      next: transition(after.transitional),
      changed: transition(before.transitional) !== transition(after.transitional),
    },
  ]
  return (
    <table className="co-table co-compare" role="table">
      <thead>
        <tr>
          <th scope="col">{a('parameter')}</th>
          <th scope="col">{a('before')}</th>
          <th scope="col">{a('proposed')}</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(({ name, old, next, changed }) => (
          <tr key={name} role="row" data-changed={changed || undefined}>
            <td role="cell" data-title={a('parameter')}>
              {name}
            </td>
            <td role="cell" data-title={a('before')}>
              {old}
            </td>
            <td role="cell" data-title={a('proposed')}>
              <span className="co-pills">
                {next}
                {changed && <Pill tone="warn">{a('changed')}</Pill>}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

import { TextField, useTexts } from '@anqu/ui'
import type { Parameters } from '../approvals/parameters-table.tsx'
import { dayOf, startOfDay } from './certificate-filters.ts'
import { transitionTexts } from './transition-texts.ts'

type Transition = NonNullable<Parameters['transitional']>[number]
export type Algorithm = Transition['algorithm']

export const algorithmNames: Readonly<Record<Algorithm, string>> = {
  'ecdsa-p256': 'ECDSA P-256',
  'ecdsa-p384': 'ECDSA P-384',
  'ecdsa-p521': 'ECDSA P-521',
  'rsa-3072': 'RSA ≥ 3072',
}
const algorithms = Object.keys(algorithmNames) as Algorithm[] // the keys are the names

/** One algorithm as it is being filled in: the last day as `2026-11-21`. */
export type Draft = { readonly algorithm: Algorithm; readonly lastDay: string; readonly owner: string }

const dayMs = 86_400_000

export const draftsOf = (entries: Parameters['transitional']): Draft[] =>
  (entries ?? []).map(({ untilMs, ...rest }) => ({ ...rest, lastDay: dayOf(untilMs - 1) }))

/** Until the end of the last day. Undefined for none, as it is sent. */
export const transitionOf = (drafts: readonly Draft[]): Parameters['transitional'] =>
  drafts.length === 0
    ? undefined
    : drafts.map(({ lastDay, owner, algorithm }) => ({
        algorithm,
        untilMs: (startOfDay(lastDay) ?? 0) + dayMs,
        owner: owner.trim(),
      }))

export const isComplete = (drafts: readonly Draft[], nowMs: number): boolean =>
  drafts.every(({ lastDay, owner }) => (startOfDay(lastDay) ?? 0) > nowMs && owner.trim() !== '')

/** Which algorithms beside SM2, until when, and who answers for their end. */
export const TransitionFields = (props: {
  drafts: readonly Draft[]
  nowMs: number
  onChange: (drafts: readonly Draft[]) => void
}) => {
  const t = useTexts(transitionTexts)
  const { drafts, nowMs, onChange } = props
  const set = (changed: Draft) =>
    onChange(drafts.map((draft) => (draft.algorithm === changed.algorithm ? changed : draft)))
  return (
    <fieldset className="co-choices">
      <legend>{t('legend')}</legend>
      <p className="aq-field-hint">{t('hint')}</p>
      {algorithms.map((algorithm) => {
        const draft = drafts.find((entry) => entry.algorithm === algorithm)
        return (
          <div key={algorithm}>
            <label className="aq-check">
              <input
                type="checkbox"
                checked={draft !== undefined}
                onChange={(event) =>
                  onChange(
                    event.target.checked
                      ? [...drafts, { algorithm, lastDay: '', owner: '' }]
                      : drafts.filter((entry) => entry.algorithm !== algorithm),
                  )
                }
              />
              <span>{algorithmNames[algorithm]}</span>
            </label>
            {draft && (
              <>
                <TextField
                  label={`${algorithmNames[algorithm]} · ${t('until')}`}
                  type="date"
                  value={draft.lastDay}
                  error={(startOfDay(draft.lastDay) ?? 0) > nowMs ? undefined : t('badUntil')}
                  onChange={(lastDay) => set({ ...draft, lastDay })}
                />
                <TextField
                  label={`${algorithmNames[algorithm]} · ${t('owner')}`}
                  maxLength={80}
                  value={draft.owner}
                  error={draft.owner.trim() === '' ? t('badOwner') : undefined}
                  onChange={(owner) => set({ ...draft, owner })}
                />
              </>
            )}
          </div>
        )
      })}
    </fieldset>
  )
}

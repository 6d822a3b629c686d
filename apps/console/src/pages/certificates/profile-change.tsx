import { staffPropose } from '@anqu/contract'
import { Button, Notice, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../../app/console-context.tsx'
import { ProblemNotice } from '../../features/parts.tsx'
import { useTask } from '../../features/use-task.ts'
import { approvalTexts } from '../approvals/approval-texts.ts'
import { ParametersTable, sameUsage, type KeyUsage, type Parameters } from '../approvals/parameters-table.tsx'
import { certificateTexts } from './certificate-texts.ts'
import type { Profile } from './profiles.tsx'
import { draftsOf, isComplete, TransitionFields, transitionOf, type Draft } from './transition-fields.tsx'

const wholeNumber = (text: string): number => (/^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : Number.NaN)
const longestNearExpiryDays = 366

/** What the limits of the program have against these values. NaN is nobody's number. */
function problemsOf({ validDays, nearExpiryDays }: Parameters, maxValidDays: number) {
  const badNear = !(nearExpiryDays <= longestNearExpiryDays)
  return {
    badDays: !(validDays <= maxValidDays),
    badNear,
    nearTooLong: !badNear && nearExpiryDays >= validDays,
  }
}

const Sent = () => {
  const { go } = useConsole()
  const a = useTexts(approvalTexts)
  const c = useTexts(certificateTexts)
  return (
    <Notice tone="good" title={a('submitted')}>
      {a('submittedText')}{' '}
      <button type="button" className="co-link" onClick={() => go({ page: 'approvals', filters: {} })}>
        {c('toApprovals')}
      </button>
    </Notice>
  )
}

/** The values of a profile as a form; nothing can be sent that its limits forbid. */
export const ProfileChange = ({ profile }: { profile: Profile }) => {
  const { api, clock } = useConsole()
  const a = useTexts(approvalTexts)
  const { busy, problem, run } = useTask()
  const [sent, setSent] = useState(false)
  const { parameters, limits, name } = profile
  const [days, setDays] = useState(String(parameters.validDays))
  const [near, setNear] = useState(String(parameters.nearExpiryDays))
  const [usage, setUsage] = useState<readonly KeyUsage[]>(parameters.keyUsage)
  const [drafts, setDrafts] = useState<readonly Draft[]>(draftsOf(parameters.transitional))
  const transitional = transitionOf(drafts)
  const wanted: Parameters = {
    validDays: wholeNumber(days),
    nearExpiryDays: wholeNumber(near),
    keyUsage: [...usage],
    ...(transitional && { transitional }),
  }
  const { badDays, badNear, nearTooLong } = problemsOf(wanted, limits.maxValidDays)
  const same =
    wanted.validDays === parameters.validDays &&
    wanted.nearExpiryDays === parameters.nearExpiryDays &&
    sameUsage(usage, parameters.keyUsage) &&
    JSON.stringify(transitional) === JSON.stringify(parameters.transitional)
  const possible = !badDays && !badNear && !nearTooLong && !same && isComplete(drafts, clock.nowMs())
  const submit = () =>
    run(async () => {
      await api.call(staffPropose, { action: { kind: 'change-profile', name, parameters: wanted } })
      setSent(true)
    })
  if (sent) return <Sent />
  return (
    <form
      className="co-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy && possible) void submit()
      }}
    >
      <h3>{a('proposeChange')}</h3>
      {problem && <ProblemNotice problem={problem} />}
      <TextField
        label={a('validDays')}
        inputMode="numeric"
        maxLength={5}
        value={days}
        error={badDays ? a('badDays', { max: limits.maxValidDays }) : undefined}
        onChange={setDays}
      />
      <TextField
        label={a('nearExpiryDays')}
        inputMode="numeric"
        maxLength={5}
        value={near}
        error={
          badNear ? a('badDays', { max: longestNearExpiryDays }) : nearTooLong ? a('nearTooLong') : undefined
        }
        onChange={setNear}
      />
      <UsageChoice limits={limits} usage={usage} onChange={setUsage} />
      {limits.mayBeTransitional && (
        <TransitionFields drafts={drafts} nowMs={clock.nowMs()} onChange={setDrafts} />
      )}
      {same && <p className="aq-field-hint">{a('unchanged')}</p>}
      {possible && <ParametersTable before={parameters} after={wanted} />}
      <Button submit busy={busy} disabled={!possible}>
        {a('submit')}
      </Button>
    </form>
  )
}

const UsageChoice = (props: {
  limits: Profile['limits']
  usage: readonly KeyUsage[]
  onChange: (usage: readonly KeyUsage[]) => void
}) => {
  const a = useTexts(approvalTexts)
  const { limits, usage } = props
  return (
    <fieldset className="co-choices">
      <legend>{a('keyUsage')}</legend>
      {limits.allowedKeyUsage.map((entry) => (
        <label key={entry} className="aq-check">
          <input
            type="checkbox"
            checked={usage.includes(entry)}
            disabled={limits.requiredKeyUsage.includes(entry)}
            onChange={(event) =>
              props.onChange(
                event.target.checked ? [...usage, entry] : usage.filter((other) => other !== entry),
              )
            }
          />
          <span>
            {a(entry)}
            {limits.requiredKeyUsage.includes(entry) && ` · ${a('required')}`}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

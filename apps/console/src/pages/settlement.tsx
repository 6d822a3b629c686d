import {
  staffDecideSettlement,
  staffProposeSettlement,
  staffSettlements,
  type InputOf,
  type OutputOf,
} from '@anqu/contract'
import { Button, Facts, Notice, Pill, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../app/console-context.tsx'
import { LoadedView, ProblemNotice, When } from '../features/parts.tsx'
import { SelectField } from '../features/select-field.tsx'
import { useLoad } from '../features/use-load.ts'
import { useTask } from '../features/use-task.ts'
import { settlementTexts } from './settlement-texts.ts'

type Settlement = OutputOf<typeof staffSettlements>['settlements'][number]
type Kind = InputOf<typeof staffProposeSettlement>['kind']

const shortestReason = 4
const longestReason = 80
const longestReference = 64
const isReference = (text: string): boolean => /^[\x21-\x7e]{4,64}$/.test(text)
const tones = { open: 'warn', approved: 'good', rejected: 'plain', expired: 'plain' } as const

/** What was decided about an operation in doubt, and while it is held, the way to decide. */
export const Settlements = (props: { operationId: string; held: boolean; onChanged: () => void }) => {
  const { operationId, held, onChanged } = props
  const { api } = useConsole()
  const staff = useStaff()
  const t = useTexts(settlementTexts)
  const [proposing, setProposing] = useState(false)
  const { loaded, reload } = useLoad(`settlements-${operationId}-${held}`, () =>
    api.call(staffSettlements, { operationId }),
  )
  const changed = () => {
    setProposing(false)
    reload()
    onChanged()
  }
  const mayAct = held && staff.role !== 'auditor'
  return (
    <LoadedView loaded={loaded} onRetry={reload}>
      {({ settlements }) => {
        if (settlements.length === 0 && !mayAct) return null
        const open = settlements.find(({ state }) => state === 'open')
        return (
          <>
            <h3>{t('title')}</h3>
            {mayAct && <Notice tone="warn">{t('lead')}</Notice>}
            {settlements.map((settlement) => (
              <Shown key={settlement.settlementId} settlement={settlement} />
            ))}
            {mayAct && open && <Decide settlement={open} onDone={changed} />}
            {mayAct && !open && !proposing && (
              <Button look="secondary" onPress={() => setProposing(true)}>
                {t('propose')}
              </Button>
            )}
            {mayAct && !open && proposing && (
              <Propose operationId={operationId} onDone={changed} onCancel={() => setProposing(false)} />
            )}
          </>
        )
      }}
    </LoadedView>
  )
}

const Shown = ({ settlement }: { settlement: Settlement }) => {
  const t = useTexts(settlementTexts)
  const { kind, state, bankReference, reason, proposedBy, proposedAtMs, decidedBy, decidedAtMs } = settlement
  return (
    <Facts
      facts={[
        { label: t('state'), value: <Pill tone={tones[state]}>{t(state)}</Pill> },
        { label: t('kind'), value: t(kind) },
        { label: t('bankReference'), value: bankReference ?? t('none') },
        { label: t('reason'), value: reason },
        { label: t('proposedBy', { name: proposedBy.name }), value: <When atMs={proposedAtMs} /> },
        ...(decidedBy === null
          ? []
          : [{ label: t('decidedBy', { name: decidedBy.name }), value: <When atMs={decidedAtMs} /> }]),
      ]}
    />
  )
}

const Decide = ({ settlement, onDone }: { settlement: Settlement; onDone: () => void }) => {
  const { api } = useConsole()
  const staff = useStaff()
  const t = useTexts(settlementTexts)
  const { busy, problem, run } = useTask()
  const own = settlement.proposedBy.staffId === staff.staffId
  const decide = (decision: 'approve' | 'reject') =>
    void run(async () => {
      await api.call(staffDecideSettlement, { settlementId: settlement.settlementId, decision })
      onDone()
    })
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {own && <p className="aq-field-hint">{t('ownText')}</p>}
      <div className="co-actions">
        {!own && (
          <Button busy={busy} onPress={() => decide('approve')}>
            {t('approve')}
          </Button>
        )}
        <Button look="secondary" busy={busy} onPress={() => decide('reject')}>
          {t(own ? 'takeBack' : 'reject')}
        </Button>
      </div>
    </>
  )
}

const Propose = (props: { operationId: string; onDone: () => void; onCancel: () => void }) => {
  const { api } = useConsole()
  const t = useTexts(settlementTexts)
  const { busy, problem, run } = useTask()
  const [kind, setKind] = useState<Kind>('paid')
  const [reference, setReference] = useState('')
  const [reason, setReason] = useState('')
  const possible =
    reason.trim().length >= shortestReason &&
    (isReference(reference) || (kind === 'released' && reference === ''))
  const submit = () =>
    run(async () => {
      const bankReference = reference === '' ? null : reference
      const { operationId } = props
      await api.call(staffProposeSettlement, { operationId, kind, bankReference, reason })
      props.onDone()
    })
  return (
    <form
      className="co-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy && possible) void submit()
      }}
    >
      {problem && <ProblemNotice problem={problem} />}
      <SelectField
        label={t('kind')}
        value={kind}
        options={[
          { value: 'paid', label: t('paid') },
          { value: 'released', label: t('released') },
        ]}
        onChange={(value) => setKind(value === 'released' ? 'released' : 'paid')}
      />
      <TextField
        label={t('bankReference')}
        hint={t(kind === 'paid' ? 'referenceHint' : 'referenceOptional')}
        value={reference}
        maxLength={longestReference}
        onChange={(value) => setReference(value.trim())}
      />
      <TextField
        label={t('reason')}
        hint={t('reasonHint')}
        value={reason}
        maxLength={longestReason}
        onChange={setReason}
      />
      <div className="co-actions">
        <Button submit busy={busy} disabled={!possible}>
          {t('submit')}
        </Button>
        <Button look="quiet" onPress={props.onCancel}>
          {t('cancel')}
        </Button>
      </div>
    </form>
  )
}

import {
  operationState,
  staffOperations,
  staffOperationStory,
  staffRequeryOperation,
  type OutputOf,
} from '@anqu/contract'
import { Button, Facts, formatFen, StatusPill, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../app/console-context.tsx'
import { texts } from '../app/texts.ts'
import { DataTable, Drawer, LoadedView, ProblemNotice, Short, When, type Column } from '../features/parts.tsx'
import { useLoad } from '../features/use-load.ts'
import { useTask } from '../features/use-task.ts'
import { Settlements } from './settlement.tsx'

type Operation = OutputOf<typeof staffOperations>['operations'][number]
const pageLength = 50

export const OperationsPage = () => {
  const { api, place, go } = useConsole()
  const t = useTexts(texts)
  const state = operationState.safeParse(place.filters['state']).data
  const open = place.filters['id']
  const { loaded, reload } = useLoad(`operations-${state ?? ''}`, () =>
    api.call(staffOperations, { ...(state === undefined ? {} : { state }), limit: pageLength }),
  )
  const show = (filters: Record<string, string>) => go({ page: 'operations', filters })
  const kept: Record<string, string> = state === undefined ? {} : { state }
  const columns: Column<Operation>[] = [
    { title: t('time'), cell: (row) => <When atMs={row.createdAtMs} /> },
    { title: t('number'), cell: (row) => <Short id={row.operationId} /> },
    { title: t('state'), cell: (row) => <StatusPill state={row.state} /> },
    { title: t('payee'), cell: (row) => row.payee },
    { title: t('amount'), align: 'end', cell: (row) => formatFen(BigInt(row.amountFen)) },
    { title: t('subject'), cell: (row) => <Short id={row.subject} /> },
  ]
  return (
    <>
      <div className="co-heading">
        <h1>{t('operations')}</h1>
        <select
          className="co-select"
          aria-label={t('state')}
          value={state ?? ''}
          onChange={(event) => show(event.target.value === '' ? {} : { state: event.target.value })}
        >
          <option value="">{t('allStates')}</option>
          {operationState.options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
        <Button look="secondary" onPress={reload}>
          {t('refresh')}
        </Button>
      </div>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ operations }) => (
          <DataTable
            label={t('operations')}
            columns={columns}
            rows={operations}
            rowKey={(row) => row.operationId}
            empty={t('none')}
            onOpen={(row) => show({ ...kept, id: row.operationId })}
          />
        )}
      </LoadedView>
      {open !== undefined && <Story key={open} operationId={open} onClose={() => show(kept)} />}
    </>
  )
}

const Story = ({ operationId, onClose }: { operationId: string; onClose: () => void }) => {
  const { api, go } = useConsole()
  const t = useTexts(texts)
  const [round, setRound] = useState(0)
  const { loaded, reload } = useLoad(`story-${operationId}-${round}`, () =>
    api.call(staffOperationStory, { operationId }),
  )
  const { busy, problem, run } = useTask()
  const requery = () =>
    run(async () => {
      await api.call(staffRequeryOperation, { operationId })
      setRound(round + 1)
    })
  return (
    <Drawer title={t('number')} closeText={t('close')} onClose={onClose}>
      <code className="co-id">{operationId}</code>
      {problem && <ProblemNotice problem={problem} />}
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ operation, transitions, steps, postings }) => (
          <>
            <Facts
              facts={[
                { label: t('state'), value: <StatusPill state={operation.state} /> },
                { label: t('payee'), value: operation.payee },
                { label: t('amount'), value: formatFen(BigInt(operation.amountFen)) },
                { label: t('subject'), value: <Short id={operation.subject} /> },
                ...(operation.reason === null ? [] : [{ label: t('reason'), value: operation.reason }]),
              ]}
            />
            <Settlements
              operationId={operationId}
              held={operation.state === 'held'}
              onChanged={() => setRound(round + 1)}
            />
            <StoryLists transitions={transitions} steps={steps} postings={postings} />
            <div className="co-actions">
              {(operation.state === 'unknown' || operation.state === 'held') && (
                <Button busy={busy} onPress={() => void requery()}>
                  {t('requery')}
                </Button>
              )}
              <Button
                look="secondary"
                onPress={() => go({ page: 'audit', filters: { correlationId: operation.correlationId } })}
              >
                {t('story')}
              </Button>
            </div>
          </>
        )}
      </LoadedView>
    </Drawer>
  )
}

type StoryView = OutputOf<typeof staffOperationStory>

const StoryLists = ({
  transitions,
  steps,
  postings,
}: Pick<StoryView, 'transitions' | 'steps' | 'postings'>) => {
  const t = useTexts(texts)
  return (
    <>
      <h3>{t('transitions')}</h3>
      <ol className="co-story">
        {transitions.map((entry) => (
          <li key={`${entry.atMs}-${entry.to}`}>
            <b>
              {entry.from} → {entry.to}
            </b>
            <span>{entry.why}</span>
            <When atMs={entry.atMs} />
          </li>
        ))}
      </ol>
      <h3>{t('steps')}</h3>
      <ol className="co-story">
        {steps.map((step) => (
          <li key={step.step}>
            <b>
              {step.step}: {step.state}
            </b>
            <span>
              {t('attempts')} {step.attempts}
            </span>
            <When atMs={step.updatedAtMs} />
          </li>
        ))}
      </ol>
      <h3>{t('postings')}</h3>
      <ol className="co-story">
        {postings.map((posting) => (
          <li key={posting.account}>
            <b>{posting.account}</b>
            <span className="aq-figures">{formatFen(BigInt(posting.amountFen))}</span>
          </li>
        ))}
      </ol>
    </>
  )
}

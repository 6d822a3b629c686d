import { staffBatches, staffDecideBatch, type OutputOf } from '@anqu/contract'
import { Button, Facts, Notice, PageState, Pill, useTexts, type Tone } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { LoadedView, ProblemNotice, When } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { batchTexts } from './batch-texts.ts'
import { HandInDialog } from './hand-in-dialog.tsx'

type Batch = OutputOf<typeof staffBatches>['batches'][number]
const pageLength = 20
const states = {
  proposed: { text: 'proposed', tone: 'warn' },
  enrolled: { text: 'taken', tone: 'good' },
  rejected: { text: 'rejected', tone: 'plain' },
} as const satisfies Record<Batch['state'], { text: keyof typeof batchTexts.zh; tone: Tone }>

/** Lists of physical cards: one officer hands one in, another one approves it. */
export const Batches = () => {
  const { api, place, go } = useConsole()
  const staff = useStaff()
  const b = useTexts(batchTexts)
  const [open, setOpen] = useState(false)
  const cursor = place.filters['cursor']
  const { loaded, reload } = useLoad(`batches-${cursor ?? ''}`, () =>
    api.call(staffBatches, { limit: pageLength, ...(cursor === undefined ? {} : { cursor }) }),
  )
  return (
    <LoadedView loaded={loaded} onRetry={reload}>
      {({ batches, nextCursor }) => (
        <div className="co-proposals">
          {staff.role !== 'auditor' && (
            <div className="co-actions">
              <Button onPress={() => setOpen(true)}>{b('handIn')}</Button>
            </div>
          )}
          {open && (
            <HandInDialog
              onClose={() => setOpen(false)}
              onDone={() => {
                setOpen(false)
                reload()
              }}
            />
          )}
          {batches.length === 0 && <PageState icon="info" title={b('none')} />}
          {batches.map((batch) => (
            <BatchCard key={batch.batchId} batch={batch} onDecided={reload} />
          ))}
          {nextCursor !== null && (
            <div className="co-actions">
              <Button
                look="secondary"
                onPress={() => go({ page: 'cards', filters: { view: 'batches', cursor: nextCursor } })}
              >
                {b('next')}
              </Button>
            </div>
          )}
        </div>
      )}
    </LoadedView>
  )
}

const BatchCard = ({ batch, onDecided }: { batch: Batch; onDecided: () => void }) => {
  const { api } = useConsole()
  const staff = useStaff()
  const b = useTexts(batchTexts)
  const { busy, problem, run } = useTask()
  const { batchId, state, own, decidedBy } = batch
  const decide = (decision: 'approve' | 'reject') =>
    run(async () => {
      await api.call(staffDecideBatch, { batchId, decision })
      onDecided()
    })
  return (
    <article className="co-panel co-proposal">
      <header>
        <h2>{batch.name}</h2>
        <Pill tone={states[state].tone}>{b(states[state].text)}</Pill>
      </header>
      <p className="co-byline">
        <span>{b('requestedBy', { name: batch.requestedBy.name })}</span>
        <When atMs={batch.requestedAtMs} />
        {decidedBy !== null && <span>{b('decidedBy', { name: decidedBy.name })}</span>}
      </p>
      <Facts
        facts={[
          { label: b('cards'), value: batch.cards },
          { label: b('fileHash'), value: <code className="co-id">{batch.fileHash}</code> },
        ]}
      />
      {problem && <ProblemNotice problem={problem} />}
      {own && state === 'proposed' && <Notice tone="info">{b('own')}</Notice>}
      {staff.role !== 'auditor' && state === 'proposed' && (
        <div className="co-actions">
          {!own && (
            <Button busy={busy} onPress={() => void decide('approve')}>
              {b('approve')}
            </Button>
          )}
          <Button busy={busy} look="secondary" onPress={() => void decide('reject')}>
            {b(own ? 'takeBack' : 'reject')}
          </Button>
        </div>
      )}
    </article>
  )
}

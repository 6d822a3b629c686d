import { staffClearLock, staffLocks, type OutputOf } from '@anqu/contract'
import { Button, Pill, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../app/console-context.tsx'
import { texts } from '../app/texts.ts'
import { DataTable, Drawer, LoadedView, ProblemNotice, Short, When, type Column } from '../features/parts.tsx'
import { useLoad } from '../features/use-load.ts'
import { useTask } from '../features/use-task.ts'

type Lock = OutputOf<typeof staffLocks>['locks'][number]
const kinds = { timed: 'kindTimed', cumulative: 'kindCumulative', transaction: 'kindTransaction' } as const
const shortestReason = 4

export const LocksPage = () => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const { loaded, reload } = useLoad('locks', () => api.call(staffLocks, {}))
  const [open, setOpen] = useState<Lock>()
  const columns: Column<Lock>[] = [
    { title: t('subject'), cell: (row) => <Short id={row.subject} /> },
    { title: t('scope'), cell: (row) => row.scope },
    {
      title: t('kind'),
      cell: (row) => <Pill tone={row.kind === 'timed' ? 'warn' : 'danger'}>{t(kinds[row.kind])}</Pill>,
    },
    { title: t('failures'), align: 'end', cell: (row) => row.failures },
    {
      title: t('until'),
      cell: (row) => (row.untilMs === null ? t('untilOperator') : <When atMs={row.untilMs} />),
    },
  ]
  return (
    <>
      <div className="co-heading">
        <h1>{t('locks')}</h1>
        <Button look="secondary" onPress={reload}>
          {t('refresh')}
        </Button>
      </div>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ locks }) => (
          <DataTable
            label={t('locks')}
            columns={columns}
            rows={locks}
            rowKey={(row) => `${row.subject}/${row.scope}`}
            empty={t('none')}
            onOpen={setOpen}
          />
        )}
      </LoadedView>
      {open && (
        <ClearLock
          lock={open}
          onClose={() => {
            setOpen(undefined)
            reload()
          }}
        />
      )}
    </>
  )
}

const ClearLock = ({ lock, onClose }: { lock: Lock; onClose: () => void }) => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const { busy, problem, run } = useTask()
  const [reason, setReason] = useState('')
  const clear = () =>
    run(async () => {
      await api.call(staffClearLock, { subject: lock.subject, scope: lock.scope, reason })
      onClose()
    })
  return (
    <Drawer title={t('clearLead')} closeText={t('close')} onClose={onClose}>
      <p className="aq-field-hint">{t('clearText')}</p>
      {problem && <ProblemNotice problem={problem} />}
      <TextField label={t('reason')} value={reason} maxLength={200} onChange={setReason} />
      <Button wide busy={busy} disabled={reason.trim().length < shortestReason} onPress={() => void clear()}>
        {t('confirmClear')}
      </Button>
    </Drawer>
  )
}

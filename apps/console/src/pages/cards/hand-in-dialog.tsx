import { staffProposeBatch, type OutputOf } from '@anqu/contract'
import { Button, Notice, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../../app/console-context.tsx'
import { Dialog } from '../../features/dialog.tsx'
import { DataTable, ProblemNotice } from '../../features/parts.tsx'
import { useTask } from '../../features/use-task.ts'
import { batchTexts } from './batch-texts.ts'
import { FileField } from './file-field.tsx'

type BadLine = OutputOf<typeof staffProposeBatch>['problems'][number]
const largestFileBytes = 160_000
const shortestName = 2

export const HandInDialog = ({ onClose, onDone }: { onClose: () => void; onDone: () => void }) => {
  const { api } = useConsole()
  const b = useTexts(batchTexts)
  const { busy, problem, run } = useTask()
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<{ readonly file: string | undefined }>()
  const [badLines, setBadLines] = useState<readonly BadLine[]>([])
  const file = chosen?.file
  const enough = name.trim().length >= shortestName && file !== undefined && file !== ''
  const submit = () =>
    run(async () => {
      if (file === undefined) return
      const { batch, problems } = await api.call(staffProposeBatch, { name, file })
      setBadLines(problems)
      if (batch !== null) onDone()
    })
  return (
    <Dialog title={b('handInTitle')} onClose={onClose}>
      <form
        className="co-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy && enough) void submit()
        }}
      >
        <p>{b('handInText')}</p>
        {problem && <ProblemNotice problem={problem} />}
        <TextField label={b('batchName')} value={name} maxLength={80} onChange={setName} />
        <FileField
          label={b('file')}
          accept=".csv,text/csv"
          largestBytes={largestFileBytes}
          onChosen={(text) => {
            setBadLines([])
            setChosen({ file: text })
          }}
        />
        {chosen !== undefined && file === undefined && <Notice tone="danger">{b('tooLarge')}</Notice>}
        {badLines.length > 0 && <BadLines lines={badLines} />}
        <div className="co-actions">
          <Button submit busy={busy} disabled={!enough}>
            {b('submit')}
          </Button>
          <Button look="quiet" onPress={onClose}>
            {b('cancel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

const BadLines = ({ lines }: { lines: readonly BadLine[] }) => {
  const b = useTexts(batchTexts)
  return (
    <>
      <Notice tone="danger">{b('badLines')}</Notice>
      <DataTable
        label={b('badLines')}
        rows={lines}
        rowKey={({ line, reason }) => `${line}-${reason}`}
        empty=""
        columns={[
          { title: b('line'), cell: ({ line }) => line },
          { title: b('why'), cell: ({ reason }) => b(reason) },
        ]}
      />
    </>
  )
}

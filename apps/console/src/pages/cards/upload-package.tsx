import { applicationPackage, refusals, staffUploadApplication, type InputOf } from '@anqu/contract'
import { Button, Facts, Notice, useBilingual, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { Dialog } from '../../features/dialog.tsx'
import { ProblemNotice } from '../../features/parts.tsx'
import { useTask } from '../../features/use-task.ts'
import { cardTexts } from './card-texts.ts'
import { FileField } from './file-field.tsx'

type Package = InputOf<typeof staffUploadApplication>
type Chosen =
  { readonly entry: Package } | { readonly refused: 'application.malformed' | 'application.too-large' }
const largestFileBytes = 110_000

/** What a package file holds; whether it may be trusted the TSM decides. */
function readPackage(text: string | undefined): Chosen {
  if (text === undefined) return { refused: 'application.too-large' }
  const parsed = applicationPackage.safeParse(parsedJson(text))
  return parsed.success ? { entry: parsed.data } : { refused: 'application.malformed' }
}

/** Undefined, which is no package either, for what is no JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** One officer hands a publisher's package in; another one releases it. */
export const UploadPackage = ({ onDone }: { onDone: () => void }) => {
  const staff = useStaff()
  const k = useTexts(cardTexts)
  const [open, setOpen] = useState(false)
  if (staff.role === 'auditor') return null
  return (
    <div className="co-actions">
      <Button onPress={() => setOpen(true)}>{k('upload')}</Button>
      {open && (
        <UploadDialog
          onClose={() => setOpen(false)}
          onDone={() => {
            setOpen(false)
            onDone()
          }}
        />
      )}
    </div>
  )
}

const UploadDialog = ({ onClose, onDone }: { onClose: () => void; onDone: () => void }) => {
  const { api } = useConsole()
  const k = useTexts(cardTexts)
  const bilingual = useBilingual()
  const { busy, problem, run } = useTask()
  const [chosen, setChosen] = useState<Chosen>()
  const entry = chosen !== undefined && 'entry' in chosen ? chosen.entry : undefined
  const submit = () =>
    run(async () => {
      if (entry === undefined) return
      await api.call(staffUploadApplication, entry)
      onDone()
    })
  return (
    <Dialog title={k('uploadTitle')} onClose={onClose}>
      <form
        className="co-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) void submit()
        }}
      >
        <p>{k('uploadText')}</p>
        {problem && <ProblemNotice problem={problem} />}
        <FileField
          label={k('packageFile')}
          accept=".json,application/json"
          largestBytes={largestFileBytes}
          onChosen={(text) => setChosen(readPackage(text))}
        />
        {chosen !== undefined && 'refused' in chosen && (
          <Notice tone="danger">{bilingual(refusals[chosen.refused])}</Notice>
        )}
        {entry !== undefined && (
          <Facts
            facts={[
              { label: k('name'), value: entry.name },
              { label: 'AID', value: <code className="co-id">{entry.applicationId}</code> },
              { label: k('hash'), value: <code className="co-id">{entry.loadFileHash}</code> },
            ]}
          />
        )}
        <div className="co-actions">
          <Button submit busy={busy} disabled={entry === undefined}>
            {k('uploadSubmit')}
          </Button>
          <Button look="quiet" onPress={onClose}>
            {k('cancel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

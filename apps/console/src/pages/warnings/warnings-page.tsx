import { staffDecideWarning, staffWarnings, type InputOf, type OutputOf } from '@anqu/contract'
import { Button, Notice, PageState, Pill, useTexts, type Tone } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { texts } from '../../app/texts.ts'
import { LoadedView, ProblemNotice, When } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { warningTexts } from './warning-texts.ts'
import { WriteWarning } from './write-warning.tsx'

type Warning = OutputOf<typeof staffWarnings>['warnings'][number]
type Decision = InputOf<typeof staffDecideWarning>['decision']
const tones: Readonly<Record<Warning['state'], Tone>> = {
  proposed: 'warn',
  published: 'good',
  rejected: 'plain',
}

export const WarningsPage = () => {
  const { api } = useConsole()
  const staff = useStaff()
  const t = useTexts(texts)
  const w = useTexts(warningTexts)
  const [writing, setWriting] = useState(false)
  const { loaded, reload } = useLoad('warnings', () => api.call(staffWarnings, {}))
  const close = () => {
    setWriting(false)
    reload()
  }
  return (
    <>
      <div className="co-heading">
        <h1>{t('warnings')}</h1>
        {staff.role !== 'auditor' && <Button onPress={() => setWriting(true)}>{w('write')}</Button>}
        <Button look="secondary" onPress={reload}>
          {t('refresh')}
        </Button>
      </div>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ warnings }) => (
          <div className="co-proposals">
            {warnings.length === 0 && <PageState icon="bell" title={w('none')} />}
            {warnings.map((warning) => (
              <WarningCard key={warning.warningId} warning={warning} onDecided={reload} />
            ))}
          </div>
        )}
      </LoadedView>
      {writing && <WriteWarning onClose={close} />}
    </>
  )
}

/** Both languages at once: whoever publishes answers for both. */
const WarningCard = ({ warning, onDecided }: { warning: Warning; onDecided: () => void }) => {
  const w = useTexts(warningTexts)
  const { severity, state, notices, decidedBy } = warning
  return (
    <article className="co-panel co-proposal">
      <header>
        <h2>{warning.title.zh}</h2>
        <span className="co-pills">
          <Pill tone={severity === 'major' ? 'danger' : 'info'}>{w(severity)}</Pill>
          <Pill tone={tones[state]}>{w(state)}</Pill>
        </span>
      </header>
      <p>{warning.text.zh}</p>
      <p lang="en">
        <strong>{warning.title.en}</strong> {warning.text.en}
      </p>
      <p className="co-byline">
        <span>{w('by', { name: warning.proposedBy.name })}</span>
        <When atMs={warning.proposedAtMs} />
        {decidedBy !== null && <span>{w('decidedBy', { name: decidedBy.name })}</span>}
        <span>{w(warning.audience)}</span>
      </p>
      {state === 'published' && <p className="aq-figures">{w('progress', notices)}</p>}
      {state === 'proposed' && <Decide warning={warning} onDecided={onDecided} />}
    </article>
  )
}

const Decide = ({ warning, onDecided }: { warning: Warning; onDecided: () => void }) => {
  const { api } = useConsole()
  const staff = useStaff()
  const w = useTexts(warningTexts)
  const { busy, problem, run } = useTask()
  if (staff.role === 'auditor') return null
  const { warningId, own } = warning
  const decide = (decision: Decision) =>
    run(async () => {
      await api.call(staffDecideWarning, { warningId, decision })
      onDecided()
    })
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {own && <Notice tone="info">{w('own')}</Notice>}
      <div className="co-actions">
        {!own && (
          <Button busy={busy} onPress={() => void decide('publish')}>
            {w('publish')}
          </Button>
        )}
        <Button busy={busy} look="secondary" onPress={() => void decide('reject')}>
          {w(own ? 'withdraw' : 'reject')}
        </Button>
      </div>
    </>
  )
}

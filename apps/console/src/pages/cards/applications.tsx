import { staffApplications, staffProposeCampaign, staffSetApplication, type OutputOf } from '@anqu/contract'
import { Button, Facts, Notice, PageState, Pill, TextField, useTexts, type Tone } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { Dialog } from '../../features/dialog.tsx'
import { LoadedView, ProblemNotice, When } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { cardTexts } from './card-texts.ts'
import { UploadPackage } from './upload-package.tsx'

type Application = OutputOf<typeof staffApplications>['applications'][number]
const tones: Readonly<Record<Application['state'], Tone>> = {
  registered: 'warn',
  active: 'good',
  deprecated: 'plain',
}
const shortestName = 2

export const Applications = () => {
  const { api } = useConsole()
  const k = useTexts(cardTexts)
  const { loaded, reload } = useLoad('applications', () => api.call(staffApplications, {}))
  return (
    <LoadedView loaded={loaded} onRetry={reload}>
      {({ applications }) => (
        <div className="co-proposals">
          <UploadPackage onDone={reload} />
          {applications.length === 0 && <PageState icon="info" title={k('noApplications')} />}
          {applications.map((entry) => (
            <ApplicationCard key={`${entry.applicationId}-${entry.version}`} entry={entry} onDone={reload} />
          ))}
        </div>
      )}
    </LoadedView>
  )
}

const ApplicationCard = ({ entry, onDone }: { entry: Application; onDone: () => void }) => {
  const k = useTexts(cardTexts)
  return (
    <article className="co-panel co-proposal">
      <header>
        <h2>
          {entry.name} · {k('version')} {entry.version}
        </h2>
        <Pill tone={tones[entry.state]}>{k(entry.state)}</Pill>
      </header>
      <Facts
        facts={[
          { label: 'AID', value: <code className="co-id">{entry.applicationId}</code> },
          { label: k('cards'), value: entry.cards },
          { label: k('signer'), value: <code className="co-id">{entry.signer}</code> },
          {
            label: k('registeredBy'),
            value: (
              <span className="co-pills">
                {entry.registeredBy.name} <When atMs={entry.registeredAtMs} />
              </span>
            ),
          },
          { label: k('activatedBy'), value: entry.activatedBy?.name ?? '—' },
          { label: k('hash'), value: <code className="co-id">{entry.hash}</code> },
        ]}
      />
      <Actions entry={entry} onDone={onDone} />
    </article>
  )
}

const Actions = ({ entry, onDone }: { entry: Application; onDone: () => void }) => {
  const { api } = useConsole()
  const staff = useStaff()
  const k = useTexts(cardTexts)
  const { busy, problem, run } = useTask()
  const [proposing, setProposing] = useState(false)
  const { applicationId, version, state } = entry
  if (staff.role === 'auditor') return null
  const set = (next: 'active' | 'deprecated') =>
    run(async () => {
      await api.call(staffSetApplication, { applicationId, version, state: next })
      onDone()
    })
  const own = entry.registeredBy.staffId === staff.staffId
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {state !== 'active' && own && <Notice tone="info">{k('ownApplication')}</Notice>}
      <div className="co-actions">
        {state !== 'active' && !own && (
          <Button busy={busy} onPress={() => void set('active')}>
            {k('activate')}
          </Button>
        )}
        {state === 'active' && <Button onPress={() => setProposing(true)}>{k('propose')}</Button>}
        {state !== 'deprecated' && (
          <Button busy={busy} look="secondary" onPress={() => void set('deprecated')}>
            {k('deprecate')}
          </Button>
        )}
      </div>
      {proposing && <ProposeDialog entry={entry} onClose={() => setProposing(false)} />}
    </>
  )
}

const ProposeDialog = ({ entry, onClose }: { entry: Application; onClose: () => void }) => {
  const { api, go } = useConsole()
  const k = useTexts(cardTexts)
  const { busy, problem, run } = useTask()
  const [name, setName] = useState('')
  const { applicationId, version } = entry
  const enough = name.trim().length >= shortestName
  const submit = () =>
    run(async () => {
      await api.call(staffProposeCampaign, { name, applicationId, version })
      go({ page: 'cards', filters: { view: 'campaigns' } })
    })
  return (
    <Dialog title={k('propose')} onClose={onClose}>
      <form
        className="co-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy && enough) void submit()
        }}
      >
        <p>{k('proposeText')}</p>
        {problem && <ProblemNotice problem={problem} />}
        <TextField label={k('campaignName')} value={name} maxLength={80} onChange={setName} />
        <div className="co-actions">
          <Button submit busy={busy} disabled={!enough}>
            {k('submit')}
          </Button>
          <Button look="quiet" onPress={onClose}>
            {k('cancel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

import { staffDecideMasterKey, staffMasterKeys, staffProposeMasterKey, type OutputOf } from '@anqu/contract'
import { Button, Notice, Pill, TextField, useTexts, type Tone } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { Dialog } from '../../features/dialog.tsx'
import { DataTable, LoadedView, ProblemNotice, When } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { masterKeyTexts } from './master-key-texts.ts'

type View = OutputOf<typeof staffMasterKeys>
type Key = View['keys'][number]
const tones: Readonly<Record<Key['state'], Tone>> = { current: 'good', replaced: 'warn', retired: 'plain' }
/** Null asks for a new version. */
type Asking = { readonly retires: Key | null }
const shortestReason = 4
const longestReason = 80

/** Nobody in use has it: what is left are cards that were given up. */
const isRetirable = ({ state, cards, givenUp }: Key): boolean =>
  state === 'replaced' && cards === 0 && givenUp > 0

/** Which version of the master key how many cards are on, and its renewal by two people. */
export const MasterKeys = () => {
  const { api } = useConsole()
  const m = useTexts(masterKeyTexts)
  const staff = useStaff()
  const { loaded, reload } = useLoad('master-keys', () => api.call(staffMasterKeys, {}))
  const [asking, setAsking] = useState<Asking>()
  const may = staff.role !== 'auditor'
  return (
    <LoadedView loaded={loaded} onRetry={reload}>
      {({ keys, renewal }) => (
        <div className="co-proposals">
          <p className="co-byline">{m('about')}</p>
          {renewal === null ? (
            may && (
              <div className="co-actions">
                <Button onPress={() => setAsking({ retires: null })}>{m('renew')}</Button>
              </div>
            )
          ) : (
            <Renewal renewal={renewal} onDone={reload} />
          )}
          <DataTable
            label={m('versions')}
            rows={keys}
            rowKey={({ version }) => String(version)}
            empty={m('none')}
            columns={[
              { title: m('version'), cell: ({ version }) => version },
              { title: m('state'), cell: ({ state }) => <Pill tone={tones[state]}>{m(state)}</Pill> },
              { title: m('cards'), cell: ({ cards }) => cards, align: 'end' },
              { title: m('givenUp'), cell: ({ givenUp }) => givenUp, align: 'end' },
              { title: m('made'), cell: ({ createdAtMs }) => <When atMs={createdAtMs} /> },
              {
                title: m('people'),
                cell: ({ requestedBy, approvedBy }) =>
                  requestedBy === null
                    ? m('installation')
                    : `${requestedBy.name} · ${approvedBy?.name ?? ''}`,
              },
              {
                title: '',
                cell: (key) =>
                  may &&
                  renewal === null &&
                  isRetirable(key) && (
                    <button type="button" className="co-link" onClick={() => setAsking({ retires: key })}>
                      {m('retire')}
                    </button>
                  ),
              },
            ]}
          />
          {asking !== undefined && (
            <Propose
              retires={asking.retires}
              onClose={() => setAsking(undefined)}
              onDone={() => {
                setAsking(undefined)
                reload()
              }}
            />
          )}
        </div>
      )}
    </LoadedView>
  )
}

const Renewal = ({ renewal, onDone }: { renewal: NonNullable<View['renewal']>; onDone: () => void }) => {
  const { api } = useConsole()
  const staff = useStaff()
  const m = useTexts(masterKeyTexts)
  const { busy, problem, run } = useTask()
  const { renewalId, own, retires } = renewal
  const decide = (decision: 'approve' | 'reject') =>
    run(async () => {
      await api.call(staffDecideMasterKey, { renewalId, decision })
      onDone()
    })
  return (
    <article className="co-panel co-proposal">
      <header>
        <h2>{retires === null ? m('waits') : m('retireWaits', { version: retires })}</h2>
      </header>
      <p className="co-byline">
        <b>{renewal.reason}</b>
        <span>{m('requestedBy', { name: renewal.requestedBy.name })}</span>
        <When atMs={renewal.requestedAtMs} />
      </p>
      {problem && <ProblemNotice problem={problem} />}
      {own && <Notice tone="info">{m('own')}</Notice>}
      {staff.role !== 'auditor' && (
        <div className="co-actions">
          {!own && (
            <Button busy={busy} onPress={() => void decide('approve')}>
              {m(retires === null ? 'approve' : 'approveRetire')}
            </Button>
          )}
          <Button busy={busy} look="secondary" onPress={() => void decide('reject')}>
            {m(own ? 'takeBack' : 'reject')}
          </Button>
        </div>
      )}
    </article>
  )
}

/** Asks for a new version, or for the end of one that only cards which were given up have. */
const Propose = ({ retires, onClose, onDone }: Asking & { onClose: () => void; onDone: () => void }) => {
  const { api } = useConsole()
  const m = useTexts(masterKeyTexts)
  const { busy, problem, run } = useTask()
  const [reason, setReason] = useState('')
  const enough = reason.trim().length >= shortestReason
  const submit = () =>
    run(async () => {
      await api.call(staffProposeMasterKey, { reason, retires: retires?.version ?? null })
      onDone()
    })
  const title = retires === null ? m('renewTitle') : m('retireTitle', { version: retires.version })
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="co-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy && enough) void submit()
        }}
      >
        <p>{retires === null ? m('renewText') : m('retireText', { count: retires.givenUp })}</p>
        {problem && <ProblemNotice problem={problem} />}
        <TextField
          label={m('reason')}
          hint={m('reasonHint')}
          value={reason}
          maxLength={longestReason}
          onChange={setReason}
        />
        <div className="co-actions">
          <Button submit busy={busy} disabled={!enough}>
            {m('submit')}
          </Button>
          <Button look="quiet" onPress={onClose}>
            {m('cancel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

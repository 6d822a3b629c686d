import {
  staffHoldCertificate,
  staffPropose,
  type InputOf,
  type OutputOf,
  type staffCertificate,
} from '@anqu/contract'
import { Button, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { Dialog } from '../../features/dialog.tsx'
import { ProblemNotice } from '../../features/parts.tsx'
import { SelectField } from '../../features/select-field.tsx'
import { useTask } from '../../features/use-task.ts'
import { certificateTexts } from './certificate-texts.ts'
import { reasonKeys } from './certificate-words.ts'

type Summary = OutputOf<typeof staffCertificate>['certificate']
type CrlReason = Extract<InputOf<typeof staffPropose>['action'], { kind: 'revoke' }>['crlReason']
type Kind = 'revoke' | 'hold' | 'release'

const shortestReason = 4
const longestReason = 80
const reasons = Object.keys(reasonKeys) as CrlReason[] // the keys are the reasons

const dialogs = {
  revoke: { open: 'proposeRevoke', title: 'revokeTitle', text: 'revokeText', submit: 'submitProposal' },
  hold: { open: 'hold', title: 'holdTitle', text: 'holdText', submit: 'confirmHold' },
  release: { open: 'proposeRelease', title: 'releaseTitle', text: 'releaseText', submit: 'submitProposal' },
} as const

/** What the state of a certificate lets a member of staff begin. */
const possible: Readonly<Record<Summary['status'], readonly Kind[]>> = {
  good: ['revoke', 'hold'],
  suspended: ['release', 'revoke'],
  expired: [],
  revoked: [],
  unknown: [],
}

export type Done = 'proposed' | 'held'

export const CertificateActions = (props: { certificate: Summary; onDone: (done: Done) => void }) => {
  const staff = useStaff()
  const c = useTexts(certificateTexts)
  const [kind, setKind] = useState<Kind>()
  const { serial, status } = props.certificate
  const kinds = staff.role === 'auditor' ? [] : possible[status]
  return (
    <>
      {kinds.length > 0 && (
        <div className="co-actions">
          {kinds.map((name) => (
            <Button
              key={name}
              look={name === 'revoke' ? 'danger' : 'secondary'}
              onPress={() => setKind(name)}
            >
              {c(dialogs[name].open)}
            </Button>
          ))}
        </div>
      )}
      {kind !== undefined && (
        <ReasonDialog
          kind={kind}
          serial={serial}
          onClose={() => setKind(undefined)}
          onDone={() => {
            setKind(undefined)
            props.onDone(kind === 'hold' ? 'held' : 'proposed')
          }}
        />
      )}
    </>
  )
}

type DialogProps = { kind: Kind; serial: string; onClose: () => void; onDone: () => void }

const ReasonDialog = ({ kind, serial, onClose, onDone }: DialogProps) => {
  const { api } = useConsole()
  const c = useTexts(certificateTexts)
  const { busy, problem, run } = useTask()
  const [reason, setReason] = useState('')
  const [crlReason, setCrlReason] = useState<CrlReason>('keyCompromise')
  const words = dialogs[kind]
  const submit = () =>
    run(async () => {
      if (kind === 'hold') await api.call(staffHoldCertificate, { serial, reason })
      else
        await api.call(staffPropose, {
          action:
            kind === 'revoke'
              ? { kind: 'revoke', serial, reason, crlReason }
              : { kind: 'resume', serial, reason },
        })
      onDone()
    })
  return (
    <Dialog title={c(words.title)} onClose={onClose}>
      <form
        className="co-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy && reason.trim().length >= shortestReason) void submit()
        }}
      >
        <p>{c(words.text)}</p>
        <code className="co-id">{serial}</code>
        {problem && <ProblemNotice problem={problem} />}
        {kind === 'revoke' && (
          <SelectField
            label={c('crlReason')}
            value={crlReason}
            options={reasons.map((value) => ({ value, label: c(reasonKeys[value]) }))}
            onChange={(value) => setCrlReason(reasons.find((entry) => entry === value) ?? 'unspecified')}
          />
        )}
        <TextField
          label={c('reason')}
          hint={c('reasonHint')}
          value={reason}
          maxLength={longestReason}
          onChange={setReason}
        />
        <div className="co-actions">
          <Button
            submit
            busy={busy}
            look={kind === 'revoke' ? 'danger' : 'primary'}
            disabled={reason.trim().length < shortestReason}
          >
            {c(words.submit)}
          </Button>
          <Button look="quiet" onPress={onClose}>
            {c('cancel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

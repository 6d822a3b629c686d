import { Button, Facts, Notice, Pill, useTexts, type Fact, type Tone } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { When } from '../../features/parts.tsx'
import { CertificatePill, useProfileName } from '../certificates/certificate-pill.tsx'
import { certificateTexts } from '../certificates/certificate-texts.ts'
import { reasonWord } from '../certificates/certificate-words.ts'
import { approvalTexts } from './approval-texts.ts'
import { DecideDialog, type Decision } from './decide-dialog.tsx'
import { ParametersTable } from './parameters-table.tsx'
import { digestFits, type Proposal } from './shown-digest.ts'

export const kinds = {
  revoke: 'kindRevoke',
  resume: 'kindResume',
  'change-profile': 'kindProfile',
} as const
const states = {
  open: { text: 'stateOpen', tone: 'warn' },
  approved: { text: 'stateApproved', tone: 'good' },
  rejected: { text: 'stateRejected', tone: 'danger' },
  expired: { text: 'stateExpired', tone: 'plain' },
} as const satisfies Record<Proposal['state'], { text: keyof typeof approvalTexts.zh; tone: Tone }>

/** One proposal: what exactly changes, who wants it, and what this member of staff may do about it. */
export const ProposalCard = ({ proposal, onDecided }: { proposal: Proposal; onDecided: () => void }) => {
  const a = useTexts(approvalTexts)
  const { proposedBy, decidedBy, state, action } = proposal
  return (
    <article className="co-panel co-proposal" aria-label={a(kinds[action.kind])}>
      <header>
        <h2>{a(kinds[action.kind])}</h2>
        <Pill tone={states[state].tone}>{a(states[state].text)}</Pill>
      </header>
      <p className="co-byline">
        <span>{a('proposedBy', { name: proposedBy.name })}</span>
        <When atMs={proposal.proposedAtMs} />
        {decidedBy !== null && (
          <>
            <span>{a('decidedBy', { name: decidedBy.name })}</span>
            <When atMs={proposal.decidedAtMs} />
          </>
        )}
      </p>
      <Content proposal={proposal} />
      {state === 'open' && <Verdict proposal={proposal} onDecided={onDecided} />}
    </article>
  )
}

const Content = ({ proposal }: { proposal: Proposal }) => {
  const { go } = useConsole()
  const a = useTexts(approvalTexts)
  const c = useTexts(certificateTexts)
  const profileName = useProfileName()
  const { action, certificate, before, digest, state, expiresAtMs } = proposal
  const code = (text: string) => <code className="co-id">{text}</code>
  const foot: Fact[] = [
    ...(state === 'open' ? [{ label: a('expiresAt'), value: <When atMs={expiresAtMs} /> }] : []),
    { label: a('digest'), value: code(digest) },
  ]
  if (action.kind === 'change-profile')
    return (
      <>
        <Facts facts={[{ label: a('profile'), value: profileName(action.name) }]} />
        {before && <ParametersTable before={before} after={action.parameters} />}
        <Facts facts={foot} />
      </>
    )
  const facts: Fact[] = [
    {
      label: a('certificate'),
      value: (
        <button
          type="button"
          className="co-link co-wrap"
          onClick={() => go({ page: 'certificates', filters: { open: action.serial } })}
        >
          {action.serial}
        </button>
      ),
    },
    { label: a('account'), value: code(certificate?.accountId ?? '—') },
    { label: a('profile'), value: certificate ? profileName(certificate.profile) : '—' },
    {
      label: a('now'),
      value: certificate ? <CertificatePill status={certificate.status} /> : '—',
    },
    ...(state === 'open'
      ? [
          {
            label: a('after'),
            value: <CertificatePill status={action.kind === 'revoke' ? 'revoked' : 'good'} />,
          },
        ]
      : []),
    ...(action.kind === 'revoke' ? [{ label: a('crlReason'), value: reasonWord(c, action.crlReason) }] : []),
    { label: a('reason'), value: action.reason },
  ]
  return <Facts facts={[...facts, ...foot]} />
}

const Verdict = ({ proposal, onDecided }: { proposal: Proposal; onDecided: () => void }) => {
  const staff = useStaff()
  const a = useTexts(approvalTexts)
  const [decision, setDecision] = useState<Decision>()
  if (!digestFits(proposal)) return <Notice tone="danger">{a('digestWrong')}</Notice>
  const own = proposal.proposedBy.staffId === staff.staffId
  const { notApprovable, rejectable } = proposal
  return (
    <>
      {notApprovable === 'own' && <Notice tone="info">{a('ownText')}</Notice>}
      {notApprovable === 'role' && <Notice tone="info">{a('roleText')}</Notice>}
      <div className="co-actions">
        {notApprovable === null && <Button onPress={() => setDecision('approve')}>{a('approve')}</Button>}
        {rejectable && (
          <Button look="secondary" onPress={() => setDecision(own ? 'take-back' : 'reject')}>
            {a(own ? 'takeBack' : 'reject')}
          </Button>
        )}
      </div>
      {decision !== undefined && (
        <DecideDialog
          proposal={proposal}
          decision={decision}
          onClose={() => setDecision(undefined)}
          onDone={onDecided}
        />
      )}
    </>
  )
}

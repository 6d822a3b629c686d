import { staffDecide } from '@anqu/contract'
import { Button, useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { Dialog } from '../../features/dialog.tsx'
import { ProblemNotice } from '../../features/parts.tsx'
import { useTask } from '../../features/use-task.ts'
import { approvalTexts } from './approval-texts.ts'
import type { Proposal } from './shown-digest.ts'

export type Decision = 'approve' | 'reject' | 'take-back'
const words = {
  approve: { title: 'approveTitle', text: 'approveText', confirm: 'confirmApprove' },
  reject: { title: 'rejectTitle', text: 'rejectText', confirm: 'confirmReject' },
  'take-back': { title: 'takeBackTitle', text: 'rejectText', confirm: 'confirmTakeBack' },
} as const

/** Sends the digest of what is shown: if the proposal is another one by then, nothing happens. */
export const DecideDialog = (props: {
  proposal: Proposal
  decision: Decision
  onClose: () => void
  onDone: () => void
}) => {
  const { api } = useConsole()
  const a = useTexts(approvalTexts)
  const { busy, problem, run } = useTask()
  const { proposalId, digest, action } = props.proposal
  const { title, text, confirm } = words[props.decision]
  const decide = () =>
    run(async () => {
      const decision = props.decision === 'approve' ? 'approve' : 'reject'
      await api.call(staffDecide, { proposalId, digest, decision })
      props.onDone()
    })
  return (
    <Dialog title={a(title)} onClose={props.onClose}>
      <p>{a(text)}</p>
      <code className="co-id">{action.kind === 'change-profile' ? action.name : action.serial}</code>
      {problem && <ProblemNotice problem={problem} />}
      <div className="co-actions">
        <Button
          busy={busy}
          look={action.kind === 'revoke' && props.decision === 'approve' ? 'danger' : 'primary'}
          onPress={() => void decide()}
        >
          {a(confirm)}
        </Button>
        <Button look="quiet" onPress={props.onClose}>
          {a('cancel')}
        </Button>
      </div>
    </Dialog>
  )
}

import { staffDecideCard, type OutputOf, type staffCards } from '@anqu/contract'
import { Button, Facts, Notice, useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { Panel, ProblemNotice, When } from '../../features/parts.tsx'
import { useTask } from '../../features/use-task.ts'
import { cardTexts } from './card-texts.ts'

type CardRequest = OutputOf<typeof staffCards>['requests'][number]
type Props = { requests: readonly CardRequest[]; onDecided: () => void }

/** What about cards waits for a second person; nothing at all when nothing does. */
export const CardRequests = ({ requests, onDecided }: Props) => {
  const k = useTexts(cardTexts)
  if (requests.length === 0) return null
  return (
    <Panel title={k('requests')}>
      <div className="co-proposals">
        {requests.map((request) => (
          <Request key={request.requestId} request={request} onDecided={onDecided} />
        ))}
      </div>
    </Panel>
  )
}

const Request = ({ request, onDecided }: { request: CardRequest; onDecided: () => void }) => {
  const { api } = useConsole()
  const k = useTexts(cardTexts)
  const { busy, problem, run } = useTask()
  const { requestId, order, notApprovable } = request
  const decide = (decision: 'approve' | 'reject') =>
    run(async () => {
      await api.call(staffDecideCard, { requestId, decision })
      onDecided()
    })
  return (
    <article className="co-request">
      <p className="co-byline">
        <b>{k(order === 'unlock' ? 'requestUnlock' : 'requestDelete')}</b>
        <span>{k('requestedBy', { name: request.requestedBy.name })}</span>
        <When atMs={request.requestedAtMs} />
      </p>
      <Facts
        facts={[
          { label: k('cardId'), value: <code className="co-id">{request.cardId}</code> },
          { label: k('reason'), value: request.reason },
          { label: k('expiresAt'), value: <When atMs={request.expiresAtMs} /> },
        ]}
      />
      {problem && <ProblemNotice problem={problem} />}
      {notApprovable === 'own' && <Notice tone="info">{k('own')}</Notice>}
      {notApprovable === 'role' && <Notice tone="info">{k('roleText')}</Notice>}
      {notApprovable !== 'role' && (
        <div className="co-actions">
          {notApprovable === null && (
            <Button
              busy={busy}
              look={order === 'delete' ? 'danger' : 'primary'}
              onPress={() => void decide('approve')}
            >
              {k('approve')}
            </Button>
          )}
          <Button busy={busy} look="secondary" onPress={() => void decide('reject')}>
            {k(notApprovable === 'own' ? 'takeBack' : 'reject')}
          </Button>
        </div>
      )}
    </article>
  )
}

import {
  refusals,
  staffCampaignFailures,
  staffRetryCampaign,
  type OutputOf,
  type staffCampaigns,
} from '@anqu/contract'
import { Button, useBilingual, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { DataTable, LoadedView, ProblemNotice, Short, When } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { cardTexts } from './card-texts.ts'

type Campaign = OutputOf<typeof staffCampaigns>['campaigns'][number]
type Props = { campaign: Campaign; onRetried: () => void }
const pageLength = 50

/** Cards that did not get their version, why, and another try for one or all of them. */
export const FailedCards = (props: Props) => {
  const k = useTexts(cardTexts)
  const [open, setOpen] = useState(false)
  return (
    <>
      <div className="co-actions">
        <Button look="quiet" onPress={() => setOpen(!open)}>
          {k(open ? 'hideFailed' : 'showFailed')}
        </Button>
      </div>
      {open && <FailedList {...props} />}
    </>
  )
}

const FailedList = ({ campaign, onRetried }: Props) => {
  const { api } = useConsole()
  const staff = useStaff()
  const k = useTexts(cardTexts)
  const bilingual = useBilingual()
  const { busy, problem, run } = useTask()
  const [after, setAfter] = useState<string>()
  const { campaignId, state } = campaign
  const { loaded, reload } = useLoad(`failed-${campaignId}-${after ?? ''}`, () =>
    api.call(staffCampaignFailures, {
      campaignId,
      limit: pageLength,
      ...(after === undefined ? {} : { cursor: after }),
    }),
  )
  const mayRetry = staff.role !== 'auditor' && ['running', 'paused', 'finished'].includes(state)
  const retry = (cardId: string | null) =>
    run(async () => {
      await api.call(staffRetryCampaign, { campaignId, cardId })
      onRetried()
    })
  return (
    <LoadedView loaded={loaded} onRetry={reload}>
      {({ failures, nextCursor }) => (
        <div className="co-form">
          {problem && <ProblemNotice problem={problem} />}
          <DataTable
            label={k('failedCards')}
            rows={failures}
            rowKey={({ cardId }) => cardId}
            empty={k('noFailed')}
            columns={[
              { title: k('cardId'), cell: ({ cardId }) => <Short id={cardId} /> },
              { title: k('failedReason'), cell: ({ reason }) => bilingual(refusals[reason]) },
              { title: k('attempts'), cell: ({ attempts }) => attempts, align: 'end' },
              { title: k('lastAttempt'), cell: ({ lastAttemptAtMs }) => <When atMs={lastAttemptAtMs} /> },
              {
                title: '',
                cell: ({ cardId }) =>
                  mayRetry && (
                    <button
                      type="button"
                      className="co-link"
                      disabled={busy}
                      onClick={() => void retry(cardId)}
                    >
                      {k('retry')}
                    </button>
                  ),
              },
            ]}
          />
          <div className="co-actions">
            {mayRetry && (
              <Button busy={busy} look="secondary" onPress={() => void retry(null)}>
                {k('retryAll')}
              </Button>
            )}
            {nextCursor !== null && (
              <Button look="quiet" onPress={() => setAfter(nextCursor)}>
                {k('next')}
              </Button>
            )}
          </div>
          {mayRetry && <p className="co-empty">{k('retryText')}</p>}
        </div>
      )}
    </LoadedView>
  )
}
